"""Formats: what is stored comes back, and equal values give equal bytes."""

import datetime as dt
import hashlib
import math
import os
import pickle  # noqa: TID251 - as worker processes do with errors
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pydantic import BaseModel, computed_field
from sklearn.preprocessing import StandardScaler

import ml_assets
from ml_assets.core import value_types
from ml_assets.core.value_types import format_of
from ml_assets.errors import CorruptArtifactError, RefusedError, UnstorableError, UntrustedTypesError
from ml_assets.storage import formats
from ml_assets.storage.arrays import NUMBERS
from ml_assets.storage.formats import FORMATS, Format, check_equal, read_back, register

HOME = str(Path(ml_assets.__file__).parents[1])
START = dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def table() -> pl.DataFrame:
    n = 3000
    return pl.DataFrame(
        {
            "when": [START + dt.timedelta(hours=i) for i in range(n)],
            "country": [("NL", "BE", None)[i % 3] for i in range(n)],
            "split": pl.Series(["train" if i % 5 else "holdout" for i in range(n)], dtype=pl.Categorical),
            "value": [i * 0.1 for i in range(n)],
            "label": pl.Series([i % 2 for i in range(n)], dtype=pl.Int8),
        }
    )


def run_python(script: str, seed: str) -> str:
    environment = os.environ | {"PYTHONPATH": HOME, "PYTHONHASHSEED": seed, "POLARS_MAX_THREADS": seed}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_formats_are_these():
    assert {name: entry.extension for name, entry in FORMATS.items()} == {
        "parquet": "parquet",
        "skops": "skops",
        "json": "json",
        "md": "md",
        "png": "png",
        "safetensors": "safetensors",
        "file": "bin",
    }


def test_a_table_comes_back_with_its_types():
    frame = table()

    again = FORMATS["parquet"].decode(FORMATS["parquet"].encode(frame))

    assert again.equals(frame)
    assert again.schema == frame.schema


def test_a_table_without_rows_comes_back():
    frame = table().clear()

    assert FORMATS["parquet"].decode(FORMATS["parquet"].encode(frame)).schema == frame.schema


def test_how_a_table_was_put_together_does_not_change_its_bytes():
    frame = table()
    pieces = pl.concat([frame[:7], frame[7:1000], frame[1000:]], rechunk=False)

    assert pieces.n_chunks() > 1
    assert FORMATS["parquet"].encode(pieces) == FORMATS["parquet"].encode(frame)


def test_two_processes_give_one_table_the_same_bytes():
    script = """
import hashlib
from ml_assets_tests import test_formats
print(hashlib.sha256(test_formats.FORMATS["parquet"].encode(test_formats.table())).hexdigest())
"""
    here = hashlib.sha256(FORMATS["parquet"].encode(table())).hexdigest()

    assert {run_python(script, seed).strip() for seed in ("1", "2")} == {here}


@given(json_values)
@settings(max_examples=100)
def test_json_comes_back(value):
    data = FORMATS["json"].encode(value)

    assert FORMATS["json"].decode(data) == value
    assert FORMATS["json"].encode(FORMATS["json"].decode(data)) == data


def test_the_order_of_keys_does_not_change_json():
    assert FORMATS["json"].encode({"b": 1.0, "a": "é"}) == FORMATS["json"].encode({"a": "é", "b": 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_numbers_it_cannot_say(value):
    with pytest.raises(ValueError):
        FORMATS["json"].encode({"auc": value})


@pytest.mark.parametrize("text", ["# Card", "# Card\n", "# Card\n\n\n"])
def test_text_ends_with_one_newline(text):
    assert FORMATS["md"].encode(text) == b"# Card\n"


def test_a_picture_is_stored_as_it_is():
    assert FORMATS["png"].decode(FORMATS["png"].encode(b"\x89PNG")) == b"\x89PNG"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *(("parquet", data) for data in (b"", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1", b"text")),
        *(("json", data) for data in (b"", b"\xff\xfe", b"{", b"[" * 100_000, b"1" + b"0" * 400, b"NaN")),
        ("md", b"\xff\xfe"),
        *(("skops", data) for data in (b"", b"\xff\xfe", b"PK\x05\x06" + b"\0" * 18)),
    ],
)
def test_bytes_of_another_kind_are_refused_in_plain_words(name, data):
    with pytest.raises(CorruptArtifactError, match=r"These bytes are not|This is not a model"):
        FORMATS[name].decode(data)


def test_naming_formats_imports_nothing_heavy():
    script = """
import sys
import ml_assets.storage.artifact_store
print(sorted({"sklearn", "skops", "polars", "numpy", "dagster"} & set(sys.modules)))
"""

    assert run_python(script, "1").strip() == "[]"


class Reading(BaseModel):
    day: dt.date
    low: float | None = None
    codes: tuple[int, ...] = ()

    @computed_field
    @property
    def year(self) -> int:
        return self.day.year


class Tagged(BaseModel):
    tags: set[str] = set()


def came_back(value, format_name, annotation=Any):
    """What was loaded of a value, and where it is another."""
    data = FORMATS[format_name].encode(value)
    loaded = read_back(format_name, data, annotation=annotation)
    assert FORMATS[format_name].encode(loaded) == data
    return loaded, check_equal(value, loaded, format_name=format_name, data=data)


numbers = st.one_of(arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0)) for dtype in NUMBERS)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), numbers, max_size=3))
@settings(max_examples=100, deadline=None)
def test_arrays_by_name_come_back(value):
    loaded, difference = came_back(value, "safetensors")

    assert difference == ""
    assert {name: (array.dtype, array.shape) for name, array in loaded.items()} == {
        name: (array.dtype, array.shape) for name, array in value.items()
    }


WHOLE = np.arange(12.0).reshape(3, 4)
SHAPES = {
    "transposed": WHOLE.T,
    "strided": WHOLE[:, ::2],
    "backwards": WHOLE[::-1],
    "in columns": np.asfortranarray(WHOLE),
    "big-endian": WHOLE.astype(">f8"),
    "of no rows": WHOLE[:0],
    "one number": np.array(1.5),
    "broadcast": np.broadcast_to(np.float32(2), (2, 3)),
    "truths": WHOLE > 4,
    "not numbers": np.array([np.nan, np.inf, -0.0]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_an_array_comes_back_however_it_lies_in_memory(name):
    loaded, difference = came_back(SHAPES[name], "safetensors")

    assert difference == ""
    np.testing.assert_array_equal(loaded, SHAPES[name])
    assert loaded.dtype == SHAPES[name].dtype.newbyteorder("=")


def test_the_order_of_arrays_does_not_change_their_bytes():
    one, other = {"b": WHOLE, "a": WHOLE > 1}, {"a": WHOLE > 1, "b": np.asfortranarray(WHOLE)}

    assert FORMATS["safetensors"].encode(one) == FORMATS["safetensors"].encode(other)
    assert list(FORMATS["safetensors"].decode(FORMATS["safetensors"].encode(one))) == ["a", "b"]


def test_what_was_loaded_is_not_written_into():
    loaded, _ = came_back(WHOLE, "safetensors")

    with pytest.raises(ValueError, match="read-only"):
        loaded += 1


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            {"words": np.array([1, "a"], dtype=object)},
            r"value\.words: an array of object\. Arrays are stored of",
        ),
        ({"my words": np.array(["a"])}, r'value\["my words"\]: an array of str32'),
        (np.array(["2025-01-01"], dtype="M8[D]"), r"value: an array of datetime64\[D\]"),
        (np.zeros(2, np.complex128), "an array of complex128"),
        ({"a": [1, 2]}, r"value\.a: not an array of NumPy but list"),
        (np.ma.masked_array([1, 2], [True, False]), "not an array of NumPy but MaskedArray"),
        ({1: WHOLE}, "a name of an array is no text"),
        ({"": WHOLE}, 'an array cannot have the name ""'),
        ({"__metadata__": WHOLE}, "an array cannot have the name"),
        (7, "not an array of NumPy but int"),
    ],
)
def test_an_array_that_cannot_be_stored_is_refused_with_its_place(value, told):
    with pytest.raises(UnstorableError, match=told):
        FORMATS["safetensors"].encode(value)


@given(json_values)
@settings(max_examples=100)
def test_what_json_takes_comes_back_equal(value):
    assert came_back(value, "json")[1] == ""


def test_scalars_of_numpy_become_those_of_python_and_tuples_lists():
    value = {"a": np.float64(0.5), "b": (np.int64(3), [np.bool_(True), np.str_("x")]), "c": np.float32(0.25)}

    loaded, difference = came_back(value, "json")

    assert (loaded, difference) == ({"a": 0.5, "b": [3, [True, "x"]], "c": 0.25}, "")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"days": [{}, {"low": math.nan}]}, r"value\.days\[1\]\.low: not a number"),
        ({"a b": [np.float32("nan")]}, r'value\["a b"\]\[0\]: not a number'),
        ({"a": -math.inf}, r"value\.a: an infinite number"),
        ([dt.date(2025, 1, 1)], r"value\[0\]: JSON has no date: \.isoformat\(\) makes text of it"),
        ({"a": np.datetime64("2025-01-01")}, r"value\.a: JSON has no date"),
        ({"a": {1: "x"}}, r"value\.a: a key is no text but int"),
        ({"a": {"x"}}, r"value\.a: JSON has no set: sorted"),
        ({"a": 2**53}, r"value\.a: a whole number beyond 2\*\*53"),
        ({"a": np.uint64(2**60)}, r"value\.a: a whole number beyond 2\*\*53"),
        ({"a": np.zeros(2)}, r"value\.a: JSON has no ndarray: \.tolist"),
        ({"a": b"x"}, r"value\.a: JSON has no bytes"),
        ({"a": "\udcff"}, r"value\.a: holds half a character"),
        ({"\udcff": 1}, r"value: a key holds half a character"),
        ([Reading(day=dt.date(2025, 1, 1), low=math.nan)], r"value\[0\]\.low: not a number"),
        (Tagged(tags={"a"}), r"value\.tags: JSON has no set"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_place(value, told):
    with pytest.raises(UnstorableError, match=told):
        FORMATS["json"].encode(value)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (Reading(day=dt.date(2025, 1, 1), low=0.5, codes=(1, 2)), Reading),
        ([Reading(day=dt.date(2025, 1, 1))], list[Reading]),
        ({"a": Reading(day=dt.date(2025, 1, 1))}, dict[str, Reading]),
        ({"a": None}, dict[str, Reading | None]),
    ],
)
def test_a_model_is_loaded_by_its_annotation(value, annotation):
    loaded, difference = came_back(value, "json", annotation)

    assert loaded == value
    assert difference == ""


def test_without_an_annotation_a_model_is_what_json_says():
    reading = Reading(day=dt.date(2025, 1, 1))

    assert came_back(reading, "json") == ({"day": "2025-01-01", "low": None, "codes": []}, "")


def test_a_model_of_another_shape_is_told_with_its_place():
    with pytest.raises(CorruptArtifactError, match=r"not the JSON of Reading \(day\)"):
        read_back("json", b'{"day":"never"}', annotation=Reading)


frames = st.integers(0, 20).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            "number": st.lists(st.none() | st.floats(width=64), min_size=rows, max_size=rows),
            "count": st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows),
            "text": st.lists(
                st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=rows, max_size=rows
            ),
            "day": st.lists(st.none() | st.dates(), min_size=rows, max_size=rows),
            "parts": st.lists(st.none() | st.lists(st.booleans(), max_size=3), min_size=rows, max_size=rows),
        }
    )
)
SCHEMA = {
    "number": pl.Float64,
    "count": pl.Int64,
    "text": pl.String,
    "day": pl.Date,
    "parts": pl.List(pl.Boolean),
}


@given(frames)
@settings(max_examples=50, deadline=None)
def test_tables_come_back(columns):
    frame = pl.DataFrame(columns, schema=SCHEMA)

    loaded, difference = came_back(frame, "parquet")

    assert loaded.schema == frame.schema
    assert difference == ""


@pytest.mark.parametrize(
    ("loaded", "told"),
    [
        (pl.DataFrame({"b": [1.0, 2.0]}), ": the columns ['a'] came back as ['b']"),
        (pl.DataFrame({"a": [1, 2]}), '["a"]: the type Float64 came back as Int64'),
        (pl.DataFrame({"a": [1.0]}), ": 2 rows came back as 1"),
        (pl.DataFrame({"a": [1.0, 2.5]}), '["a"]: row 1 came back as another'),
        (pl.DataFrame({"a": [2.0, 1.0]}), '["a"]: row 0 came back as another'),
        (pl.DataFrame({"a": [1.0, None]}), '["a"]: row 1 came back as another'),
    ],
)
def test_the_first_difference_of_a_table_is_told(loaded, told):
    value = pl.DataFrame({"a": [1.0, 2.0]})

    assert check_equal(value, loaded, format_name="parquet", data=b"") == told


@pytest.mark.parametrize(
    ("format_name", "value", "loaded", "told"),
    [
        (
            "json",
            {"a": [1, {"b": 2}]},
            {"a": [1, {"b": 3}]},
            ".a[1].b: a value of type int came back as another",
        ),
        ("json", {"a": 1}, {"a": "1"}, ".a: a value of type int came back as one of type str"),
        ("json", {"a": 1}, {}, ".a: did not come back"),
        ("json", [1], [1, 2], "[1]: was not there, and came back"),
        ("json", {"a": (1,)}, {"a": {}}, ".a: a value of type tuple came back as one of type dict"),
        ("json", (True,), [1], "[0]: a value of type bool came back as one of type int"),
        (
            "json",
            Reading(day=dt.date(2025, 1, 1)),
            Tagged(),
            ": a value of type Reading came back as one of type Tagged",
        ),
        ("json", Tagged(tags={"a"}), Tagged(), ".tags: a value of type set came back as another"),
        (
            "safetensors",
            {"a": WHOLE},
            {"a": WHOLE.T.copy()},
            ".a: an array of float64 (3, 4) came back as one of",
        ),
        ("safetensors", WHOLE, WHOLE + 1, ": its numbers came back as others"),
        ("safetensors", {"a": WHOLE}, {}, ": the names ['a'] came back as []"),
        ("safetensors", {"a": WHOLE}, WHOLE, ": a value of type dict came back as one of type ndarray"),
        ("md", "a\n", "b\n", ": its text came back as another"),
        ("file", b"a", b"b", ": its bytes came back as others"),
        (
            "skops",
            StandardScaler(),
            StandardScaler(with_mean=False),
            ": stored again, what was loaded of this",
        ),
    ],
)
def test_the_first_difference_is_told_with_its_place(format_name, value, loaded, told):
    data = FORMATS[format_name].encode(StandardScaler()) if format_name == "skops" else b""

    assert check_equal(value, loaded, format_name=format_name, data=data).startswith(told)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back(text):
    loaded, difference = came_back(text, "md")

    assert (loaded, difference) == (text.rstrip("\n") + "\n", "")


@given(st.binary())
def test_bytes_come_back(value):
    assert came_back(value, "file") == (value, "")


def test_a_file_comes_back_as_a_file_that_cannot_be_written(tmp_path):
    given = tmp_path / "net.onnx"
    given.write_bytes(b"weights" * 1000)

    loaded, difference = came_back(given, "file", Path)

    assert difference == ""
    assert loaded != given
    assert loaded.read_bytes() == given.read_bytes()
    assert loaded.stat().st_mode & 0o222 == 0
    assert came_back(given, "file", Path)[0] == loaded


def test_files_that_were_loaded_go_with_their_process():
    script = """
import multiprocessing
from pathlib import Path
from ml_assets.storage.formats import read_back

def load(data):
    print(read_back("file", data, annotation=Path), flush=True)

load(b"here")
worker = multiprocessing.get_context("fork").Process(target=load, args=(b"there",))
worker.start()
worker.join()
"""
    here, there = run_python(script, "1").split()

    assert here != there
    assert not Path(here).exists()
    assert not Path(there).exists()


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UnstorableError, match=r"net\.onnx cannot be read: No such file"):
        FORMATS["file"].encode(tmp_path / "net.onnx")


@pytest.mark.parametrize(
    ("format_name", "value", "told"),
    [
        ("parquet", pl.LazyFrame({"a": [1]}), "not a polars DataFrame but LazyFrame"),
        ("parquet", pl.DataFrame({"a": [object()]}), "Parquet cannot take its columns a of Object"),
        ("md", 7, "not text but int"),
        ("file", 7, "not bytes but int"),
        ("png", "text", "not bytes but str"),
    ],
)
def test_a_value_of_another_kind_is_refused(format_name, value, told):
    with pytest.raises(UnstorableError, match=told):
        FORMATS[format_name].encode(value)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_arrays_are_refused(data):
    with pytest.raises(CorruptArtifactError, match="These bytes are not arrays"):
        FORMATS["safetensors"].decode(data)


def test_every_format_has_a_version():
    assert {name: entry.version for name, entry in FORMATS.items()} == dict.fromkeys(FORMATS, 1)


def test_a_format_of_ones_own_is_registered_with_its_type(monkeypatch):
    monkeypatch.setattr(value_types, "_registered", {})
    monkeypatch.setattr(formats, "_FORMATS", known := dict(FORMATS))
    monkeypatch.setattr(formats, "FORMATS", known)
    shape = Format(
        extension="shape",
        version=2,
        takes="a fraction",
        encode=lambda value: str(value).encode(),
        decode=lambda data: Fraction(data.decode()),
    )

    register(Fraction, shape)

    assert format_of(Fraction) == "shape"
    assert formats.by_extension()["shape"] == "shape"
    data = shape.encode(Fraction(1, 3))
    assert check_equal(Fraction(1, 3), read_back("shape", data), format_name="shape", data=data) == ""
    assert "gives other bytes" in check_equal(Fraction(1), Fraction(2), format_name="shape", data=data)


def test_what_cannot_be_registered_is_refused():
    with pytest.raises(RefusedError, match=r"formats: onnx is unknown\. Allowed: parquet, skops, json"):
        register(Fraction, "onnx")
    with pytest.raises(RefusedError, match="formats: json is a format of ml_assets"):
        register(Fraction, FORMATS["json"])


def test_a_refusal_survives_the_way_back_from_a_worker():
    for error in (UnstorableError("not a number", ".low"), UntrustedTypesError(["a.B"])):
        again = pickle.loads(pickle.dumps(error))

        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
