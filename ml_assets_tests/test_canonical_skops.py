"""Models as bytes: the same bytes for the same model everywhere, and nothing untrusted is ever loaded."""

import functools
import hashlib
import io
import json
import os
import pickle  # noqa: TID251 - to show that it is refused
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from skops import io as skops_io
from threadpoolctl import threadpool_limits

import ml_assets
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.storage import canonical_skops

NUMBERS = [
    0,
    1,
]  # by place, as our models choose theirs: not every scikit-learn knows the names of a Polars frame
CATEGORIES = [2, 3]
FAMILIES = ["linear", "linear calibrated", "boosting", "boosting calibrated"]


def rows() -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(7)
    features = pl.DataFrame(
        {
            "lines": rng.normal(size=200),
            "value": [None if i % 17 == 0 else float(i) for i in range(200)],
            "country": rng.choice(["NL", "BE", "DE"], 200),
            "channel": rng.choice(["web", "shop"], 200),
        }
    )
    return features, (rng.random(200) < 0.4).astype(int)


def columns(encoder) -> ColumnTransformer:
    numbers = Pipeline([("fill", SimpleImputer(strategy="median")), ("scale", StandardScaler())])
    categories = Pipeline([("fill", SimpleImputer(strategy="most_frequent")), ("encode", encoder)])
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("categories", categories, CATEGORIES)])


@functools.cache
def fitted(family: str, ensemble: bool = False):
    if family.startswith("linear"):
        encoder, classifier = OneHotEncoder(handle_unknown="ignore"), LogisticRegression(C=0.5)
    else:
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
        classifier = HistGradientBoostingClassifier(max_iter=3, categorical_features=[2, 3], random_state=0)
    model = Pipeline([("columns", columns(encoder)), ("classifier", classifier)])
    if family.endswith("calibrated"):
        model = CalibratedClassifierCV(model, ensemble=ensemble, cv=3)
    with threadpool_limits(1):  # many small fits: threads cost more than they give
        return model.fit(*rows())


def digests() -> list[str]:
    return [hashlib.sha256(canonical_skops.dumps(fitted(family))).hexdigest() for family in FAMILIES]


def rewritten(data: bytes, change) -> bytes:
    """The same file with another schema."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["schema.json"] = json.dumps(change(json.loads(members["schema.json"]))).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("ensemble", [False, True])
def test_a_loaded_model_predicts_exactly_as_before(family, ensemble):
    model = fitted(family, ensemble)
    features, _ = rows()

    again = canonical_skops.loads(canonical_skops.dumps(model))

    assert np.array_equal(again.predict_proba(features), model.predict_proba(features))


def test_equal_models_give_equal_bytes_in_processes_with_different_hash_seeds():
    home = str(Path(ml_assets.__file__).parents[1])
    script = "from ml_assets_tests import test_canonical_skops as here; print(*here.digests())"
    seed = "4242" if os.environ.get("PYTHONHASHSEED") != "4242" else "1"
    environment = os.environ | {"PYTHONPATH": home, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", script]
    other = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert other.split() == digests()


@pytest.mark.parametrize("family", FAMILIES)
def test_storing_a_loaded_model_gives_the_same_bytes(family):
    data = canonical_skops.dumps(fitted(family))

    assert canonical_skops.dumps(canonical_skops.loads(data)) == data


def test_the_way_through_a_worker_process_does_not_change_the_bytes():
    model = fitted("boosting calibrated")

    assert canonical_skops.dumps(pickle.loads(pickle.dumps(model))) == canonical_skops.dumps(model)


def test_another_model_gives_other_bytes():
    assert len(set(digests())) == len(FAMILIES)


def test_names_and_dates_inside_tell_nothing_of_the_process():
    with zipfile.ZipFile(io.BytesIO(canonical_skops.dumps(fitted("linear")))) as archive:
        entries = archive.infolist()

    assert [entry.filename for entry in entries[:3]] == ["schema.json", "1.npy", "2.npy"]
    assert {(entry.date_time, entry.compress_type) for entry in entries} == {((1980, 1, 1, 0, 0, 0), 0)}


def test_the_file_is_smaller_than_skops_own():
    model = fitted("boosting")

    assert len(canonical_skops.dumps(model)) < len(skops_io.dumps(model)) / 2


def test_a_shared_object_is_still_one_object():
    shared = {"rates": np.arange(3.0)}
    step = FunctionTransformer(kw_args={"one": shared, "two": shared, "other": {"rates": np.arange(3.0)}})

    loaded = canonical_skops.loads(canonical_skops.dumps(step)).kw_args

    assert loaded["one"] is loaded["two"]
    assert loaded["one"] is not loaded["other"]
    assert loaded["two"]["rates"].tolist() == [0.0, 1.0, 2.0]


def test_arrays_with_equal_content_stay_two_arrays():
    step = FunctionTransformer(kw_args={"one": np.zeros(2), "two": np.zeros(2)})

    loaded = canonical_skops.loads(canonical_skops.dumps(step)).kw_args
    loaded["one"][0] = 1.0

    assert loaded["two"].tolist() == [0.0, 0.0]


def test_the_order_inside_a_set_does_not_change_the_bytes():
    one = FunctionTransformer(kw_args={"names": {"a", "b", "c", "d", "e", "f", "g"}, "n": {0, 8}})
    other = FunctionTransformer(kw_args={"names": {"g", "f", "e", "d", "c", "b", "a"}, "n": {8, 0}})

    assert canonical_skops.dumps(one) == canonical_skops.dumps(other)
    assert canonical_skops.loads(canonical_skops.dumps(one)).kw_args == one.kw_args


def test_a_function_of_another_library_is_refused_and_not_run(tmp_path):
    data = canonical_skops.dumps(FunctionTransformer(func=os.system, kw_args={"command": "true"}))

    with pytest.raises(CorruptArtifactError, match=r"types this project does not trust: (posix|nt)\.system"):
        canonical_skops.loads(data)


def test_a_file_that_names_a_module_does_not_import_it():
    def change(schema):
        return schema | {"__module__": "antigravity", "__class__": "Anything"}

    data = rewritten(canonical_skops.dumps(fitted("linear")), change)

    with pytest.raises(CorruptArtifactError, match=r"antigravity\.Anything"):
        canonical_skops.loads(data)
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: {},
        lambda schema: [],
        lambda schema: schema | {"protocol": 99},
        lambda schema: schema | {"__loader__": "NoSuchNode"},
        lambda schema: (
            schema
            | {"content": {"__loader__": "CachedNode", "__class__": "x", "__module__": "y", "__id__": 9}}
        ),
        lambda schema: {name: schema[name] for name in schema if name != "protocol"},
    ],
)
def test_a_broken_schema_is_refused_in_plain_words(change):
    data = rewritten(canonical_skops.dumps(fitted("linear")), change)

    with pytest.raises(CorruptArtifactError, match="Nothing of it was run"):
        canonical_skops.loads(data)


class Bomb:
    def __reduce__(self):
        return Path.touch, (Path(self.target),)


def test_a_pickle_is_refused_and_not_run(tmp_path):
    bomb = Bomb()
    bomb.target = str(tmp_path / "ran")

    with pytest.raises(CorruptArtifactError, match="not a zip archive"):
        canonical_skops.loads(pickle.dumps(bomb))
    assert not (tmp_path / "ran").exists()


def test_an_array_of_pickled_objects_is_refused_and_not_run(tmp_path):
    bomb = Bomb()
    bomb.target = str(tmp_path / "ran")
    crafted = io.BytesIO()
    np.save(crafted, np.array([bomb], dtype=object), allow_pickle=True)
    buffer = io.BytesIO()
    data = canonical_skops.dumps(FunctionTransformer(kw_args={"a": np.zeros(2)}))
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        new.writestr("schema.json", old.read("schema.json"))
        new.writestr("1.npy", crafted.getvalue())

    with pytest.raises(CorruptArtifactError, match="cannot be read"):
        canonical_skops.loads(buffer.getvalue())
    assert not (tmp_path / "ran").exists()


def test_a_file_cut_short_anywhere_is_refused():
    data = canonical_skops.dumps(fitted("linear"))

    for length in range(0, len(data), len(data) // 40):
        with pytest.raises(CorruptArtifactError):
            canonical_skops.loads(data[:length])


def test_a_file_that_would_grow_beyond_the_limit_is_refused_unread(monkeypatch):
    monkeypatch.setattr(canonical_skops, "MAX_BYTES", 10_000_000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * 6_000_000)
        archive.writestr("1.npy", b"\0" * 6_000_000)

    with pytest.raises(CorruptArtifactError, match="declares more than"):
        canonical_skops.loads(buffer.getvalue())


def test_the_limit_is_one_gibibyte():
    assert canonical_skops.MAX_BYTES == 2**30


def test_compressed_members_are_refused():
    data = skops_io.dumps(fitted("linear"), compression=zipfile.ZIP_DEFLATED)

    with pytest.raises(CorruptArtifactError, match="compressed"):
        canonical_skops.loads(data)


def test_a_refusal_is_an_error_of_the_store():
    with pytest.raises(StoreError):
        canonical_skops.loads(b"")
