"""What was stored, named or written before still holds: descriptions of releases, and a store that one of them wrote."""

import copy
import json
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
import pytest
from pydantic import Field

from ml_assets.cli.main import main
from ml_assets.core.parameters import Parameters, from_identity, used_when
from ml_assets.core.run_id import hash_identity
from ml_assets.core.upgrade import changes, describe
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.verifying import verify_all
from ml_assets_tests.keys import described, key_of

STORES = sorted(Path(__file__).with_name("vectors").glob("store_*"))
"""A store that each schema version of manifests has written. They are never written again."""


def test_nothing_that_was_released_is_broken(capsys):
    assert main(["contract"]) == 0, capsys.readouterr().out


def changed(*path, to):
    """The description as a release would be with one thing other than now."""
    found = copy.deepcopy(described())
    place = found
    for name in path[:-1]:
        place = place[name]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return found


def renamed(name, before):
    """The description of before another name was given to a parameter."""
    found = copy.deepcopy(described())
    found["parameters"][before] = found["parameters"].pop(name)
    return found


NEW = {"type": "int", "default": 3, "choices": None, "minimum": 1, "maximum": 9}
P = "parameters"
CASES = {
    "another scheme": (changed("scheme", to=0), "scheme", "run_ids"),
    "another length": (changed("run_id_length", to=16), "run_id_length", "run_ids"),
    "another manifest": (
        changed("manifest_schema_version", to=0),
        "manifest_schema_version",
        "stored artifacts",
    ),
    "a parameter was there": (changed(P, "depth", to=NEW), "depth", "stored artifacts"),
    "a parameter that is omitted is new": (changed(P, "calibrate", to=None), "calibrate", "nothing"),
    "a parameter that is by default not what is omitted is new": (
        changed(P, "purged", to=None),
        "purged",
        "launches",
    ),
    "a parameter that is not omitted is new": (changed(P, "seed", to=None), "seed", "run_ids"),
    "another default": (changed(P, "holdout_days", "default", to=7), "holdout_days", "launches"),
    "another type": (changed(P, "max_depth", "type", to="float"), "max_depth", "stored artifacts"),
    "more was allowed": (changed(P, "max_depth", "maximum", to=99), "max_depth", "stored artifacts"),
    "less was allowed at the low end": (
        changed(P, "max_depth", "minimum", to=0),
        "max_depth",
        "stored artifacts",
    ),
    "when it is omitted": (changed(P, "calibrate", "omitted_when", to=True), "calibrate", "run_ids"),
    "a model version was there": (
        changed(P, "model_version", "choices", to=["v0", "v1", "v2"]),
        "model_version",
        "stored artifacts",
    ),
    "another version uses it": (
        changed(P, "C", "used_when", to={"model_version": ["v2"]}),
        "C",
        "run_ids",
    ),
    "it is used always": (changed(P, "seed", "used_when", to={"model_version": ["v2"]}), "seed", "run_ids"),
    "it has another name": (
        renamed("max_depth", "depth"),
        "depth",
        "run_ids",
    ),
    "it is defined in a base class": (
        changed("classes", to={"DatasetParameters": ["dataset"], "TrainingParameters": ["purged"]}),
        "purged",
        "nothing",
    ),
    "a parameter decides an asset no more": (
        changed("slices", "training_set", to=sorted([*described()["slices"]["training_set"], "seed"])),
        "training_set",
        "run_ids",
    ),
    "a parameter decides an asset now": (
        changed("slices", "model_card", to=[n for n in described()["slices"]["model_card"] if n != "seed"]),
        "model_card",
        "run_ids",
    ),
    "an asset was there": (changed("slices", "scaler", to=["seed"]), "scaler", "stored artifacts"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_change_is_told_with_what_it_breaks(case):
    before, name, breaks = CASES[case]

    assert [(change.name, change.breaks) for change in changes(before, described())] == [(name, breaks)]


def told(before, after):
    return [(change.name, change.told, change.breaks) for change in changes(before, after)]


def test_a_new_parameter_that_only_new_model_versions_use_breaks_nothing():
    now = described()
    before = changed(P, "model_version", "choices", to=["v1"])
    for name in [name for name in now[P] if now[P][name].get("used_when") == {"model_version": ["v2"]}]:
        before[P].pop(name)
    found = told(before, now)

    assert ("max_depth", "a new parameter that only new values of model_version use", "nothing") in found
    assert {breaks for _, _, breaks in found} == {"nothing"}
    both = copy.deepcopy(now)
    both[P]["max_depth"]["used_when"] = {"model_version": ["v1", "v2"]}
    assert ("max_depth", "run_ids") in [(name, breaks) for name, _, breaks in told(before, both)]


def test_a_new_parameter_that_by_default_is_not_what_artifacts_without_it_stand_for_changes_launches():
    before, after = changed(P, "calibrate", to=None), changed(P, "calibrate", "default", to=True)

    assert told(before, after) == [
        (
            "calibrate",
            "a new parameter, by default True, which is not what artifacts without it stand for",
            "launches",
        )
    ]


def test_a_hyperparameter_that_a_version_is_given_breaks_nothing_where_it_is_omitted_at_its_default():
    after = changed(P, "smoothing", to={**NEW, "omitted_when": 3, "used_when": {"model_version": ["v2"]}})
    for slice_ in after["slices"].values():
        slice_.append("smoothing")

    assert told(described(), after) == [("smoothing", "a new parameter, omitted at its default", "nothing")]
    after[P]["smoothing"]["omitted_when"] = 4
    assert {breaks for _, _, breaks in told(described(), after)} == {"launches"}


def test_a_parameter_that_more_runs_use_breaks_nothing_where_it_is_omitted_at_its_default():
    before = changed(P, "calibrate", "used_when", to={"model_version": ["v2"]})

    assert told(before, described()) == [
        ("calibrate", "is used always, and was with model_version v2", "nothing")
    ]
    assert [breaks for _, _, breaks in told(described(), before)] == ["run_ids"]


def test_all_that_is_gone_and_all_that_is_used_is_told():
    before = changed(P, "model_version", "choices", to=["v1", "v2", "trips", "boats"])
    before[P]["seed"]["used_when"] = {"model_version": ["v1"]}
    after = changed(P, "max_iter", "used_when", to={"model_version": ["v1", "v2"]})

    assert told(before, after) == [
        ("max_iter", "is used with model_version v1, v2, and was with model_version v2", "run_ids"),
        ("seed", "is used always, and was with model_version v1", "run_ids"),
        ("model_version", "no longer allowed: boats, trips", "stored artifacts"),
    ]


def test_an_asset_that_another_parameter_decides_is_told_with_it():
    before, _, _ = CASES["a parameter decides an asset no more"]

    assert told(before, described()) == [("training_set", "seed decides it no more", "run_ids")]
    assert told(described(), before) == [("training_set", "seed decides it now", "run_ids")]


def test_the_worst_comes_first_and_equals_by_name():
    before = changed(P, "depth", to=NEW)
    before["scheme"] = 0
    before[P]["holdout_days"]["default"] = 7
    before[P]["area"] = NEW
    del before[P]["calibrate"]

    assert [(name, breaks) for name, _, breaks in told(before, described())] == [
        ("scheme", "run_ids"),
        ("area", "stored artifacts"),
        ("depth", "stored artifacts"),
        ("holdout_days", "launches"),
        ("calibrate", "nothing"),
    ]


@pytest.mark.parametrize(
    ("was", "now", "narrower"),
    [
        ((1, 16), (1, 16), False),
        ((1, 16), (2, 16), True),
        ((1, 16), (1, 15), True),
        ((1, 16), (0, 17), False),
        ((None, None), (1, None), True),
        ((None, None), (None, 9), True),
        ((1, 16), (None, None), False),
    ],
)
def test_a_range_is_narrower_where_something_is_no_longer_in_it(was, now, narrower):
    before, after = described(), described()
    for side, (low, high) in ((before, was), (after, now)):
        side[P]["max_depth"] = {**side[P]["max_depth"], "minimum": low, "maximum": high}

    expected = f"range {was[0]} to {was[1]} -> {now[0]} to {now[1]}"
    assert told(before, after) == ([("max_depth", expected, "stored artifacts")] if narrower else [])


def test_a_description_has_what_a_field_takes():
    found = described()[P]

    assert found["max_depth"] == {
        "type": "int",
        "default": found["max_depth"]["default"],
        "choices": None,
        "minimum": 1,
        "maximum": 16,
        "used_when": {"model_version": ["v2"]},
    }
    assert found["model_version"]["choices"] == ["v1", "v2", "v3"]
    assert (found["dataset"]["type"], found["dataset"]["choices"]) == ("str", None)
    assert found["calibrate"]["omitted_when"] is False
    assert "omitted_when" not in found["seed"]


def test_more_choices_and_a_wider_range_break_nothing():
    for before in (
        changed(P, "model_version", "choices", to=["v1"]),
        changed(P, "max_depth", "maximum", to=8),
    ):
        assert changes(before, described()) == []


def test_the_shell_tells_what_breaks_and_ends_with_1(tmp_path, capsys):
    file = tmp_path / "released.json"
    file.write_text(json.dumps(CASES["another default"][0]))

    assert main(["contract", "--against", str(file)]) == 1
    told = capsys.readouterr().out
    assert "default 7 -> 56: whoever leaves it out gets another model" in told
    assert main(["contract", "--against", str(file), "--json"]) == 1
    (change,) = json.loads(capsys.readouterr().out)
    assert change["told"] in " ".join(told.split())
    assert main(["contract", "--describe"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(described()))


def test_any_class_of_parameters_is_described():
    class Series(Parameters):
        weeks: int = Field(52, ge=8, le=520)
        hidden: list[Annotated[int, Field(ge=1, le=512)]] = Field([12, 6])

    class Forecast(Series):
        method: Literal["naive", "ets"] = Field("naive")
        season: Annotated[int, used_when(method="ets")] = Field(7, ge=2, le=366)

    found = describe(Forecast, slices={"history": Series, "forecast": Forecast})

    assert found["classes"] == {"Forecast": ["method", "season"], "Series": ["hidden", "weeks"]}
    assert found["slices"]["history"] == ["hidden", "weeks"]
    assert found["parameters"]["hidden"]["type"] == "list[int]"
    assert found["parameters"]["season"]["used_when"] == {"method": ["ets"]}
    assert changes(json.loads(json.dumps(found)), found) == []

    class Again(Series):
        method: Literal["naive", "ets"] = Field("naive")
        season: Annotated[int, used_when(method="ets")] = Field(7, ge=2, le=366)
        weeks: int = Field(52, ge=8, le=100)

    Again.__name__ = "Forecast"
    assert told(found, describe(Again, slices={"history": Series, "forecast": Again})) == [
        ("weeks", "range 8 to 520 -> 8 to 100", "stored artifacts"),
        ("weeks", "defined again in Forecast", "nothing"),
    ]


@pytest.mark.parametrize("text", ["", "{}", "[]", "nonsense", '{"scheme": 1}'])
def test_what_is_no_description_is_refused(tmp_path, text, capsys):
    file = tmp_path / "file.json"
    file.write_text(text)

    assert main(["contract", "--against", str(file)]) == 2
    assert "--against: not a description." in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")  # on Python 3.10
@pytest.mark.parametrize("root", STORES, ids=lambda root: root.name)
def test_a_store_of_each_schema_version_is_read_whole(root):
    store = ArtifactStore(str(root))

    assert verify_all(store).findings == ()
    keys = {key.asset: key for key in store.keys(None)}
    assert set(keys) == set(tabular.assets)
    for asset, key in keys.items():
        manifest = store.manifest(key)
        assert hash_identity(manifest.parameters, manifest.as_of) == key.run_id
        assert (
            key_of(asset, from_identity(manifest.parameters, cls=TrainingParameters), manifest.as_of) == key
        )
    table, model = store.load(keys["training_set"]), store.load(keys["model"])
    assert isinstance(table, pl.DataFrame)
    assert hasattr(model, "predict_proba")


def test_a_run_of_a_stored_manifest_is_named_by_the_command_that_makes_it_again(capsys):
    root = STORES[0]
    (model,) = root.glob("model/model_version=*/dataset=*/as_of=*/run=*")

    assert main(["show", str(model)]) == 0

    told = capsys.readouterr().out
    assert (
        "ml-assets run --dataset orders --as-of 2025-12-01 --lookback-days 45 --holdout-days 7"
        in " ".join(told.split())
    )


def test_the_description_names_every_parameter():
    assert set(described()["parameters"]) == set(TrainingParameters.model_fields)
