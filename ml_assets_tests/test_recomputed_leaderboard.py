"""Every number of a leaderboard can be made again from stored files and `docs/numbers.md`, without this project."""

import datetime as dt

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.core.leaderboard import importance
from ml_assets.core.result import run_config
from ml_assets.core.statistics import confidence_set
from ml_assets.definitions import defs
from ml_assets_tests import (
    recomputed,
    recomputed_confidence_set,
    recomputed_importance,
    recomputed_leaderboard,
    recomputed_rows,
)
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.recomputed_rows import assert_same, training_facts
from ml_assets_tests.scenario import failure_of

pytestmark = pytest.mark.slow

METRICS = ("roc_auc", "average_precision", "lift_at_10pct", "skill", "calibration_error", "log_loss")
GRID = {"max_depth": "2,3", "learning_rate": "0.05..0.5 log"}
TEXTS = ("notes",)
FEW = {"source": "shop", "lookback_days": 71, "holdout_days": 10}  # too few rows of a class to calibrate on


def sweep(shared, *, day="2025-12-01", **own):
    """The job `sweep`; the same trials are used again, whatever ranks them."""
    config = run_config(shared, own={"leaderboard": own})
    result = defs.resolve_job_def("sweep").execute_in_process(
        run_config=config | {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        partition_key=day,
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )
    assert result.success, failure_of(result)


def name_of(folder):
    """What is special about a leaderboard: that trials failed, its search, its single day, or else its metric."""
    manifest = recomputed.manifest_of(folder)
    own = manifest["parameters"]["sweep"]
    if manifest["facts"]["failed_trials"]:
        return "failed"
    if own["search"] == "halving":
        return "halving"
    return "one day" if own["window_days"] == 1 else own["metric"]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """By metric, the leaderboard of the same five trials on two days; under `failed`, one of which half failed."""
    root = tmp_path_factory.mktemp("board")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(root))
        shared = {"model_version": "v2", "max_iter": 5}
        for metric in METRICS:
            sweep(shared, grid=GRID, search="random", trials=5, window_days=2, metric=metric)
        sweep(shared, grid=GRID, search="random", trials=5)
        sweep(shared, grid=GRID, search="halving", trials=5, window_days=2, reduction=2)
        zone = write_landing(root / "zone", rows_by_day=order_days(dt.date(2025, 5, 20), dt.date(2025, 8, 6)))
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
        sweep(FEW, grid={"C": "0.1,1", "calibrate": "true,false"}, window_days=2, day="2025-08-06")
    found = {name_of(folder): folder for folder in recomputed.folders(root, "leaderboard")}
    return root, found


@pytest.mark.parametrize("name", METRICS)
def test_every_number_of_a_leaderboard_is_made_again_from_its_files_alone(stored, name):
    root, folders = stored
    folder = folders[name]

    found = recomputed_leaderboard.leaderboard(folder, root)

    told = recomputed.document(folder, "leaderboard.json")
    assert_same({key: value for key, value in told.items() if key not in TEXTS}, found)
    assert told["rows"]["missing"] == []
    assert all(trial["p_value"] is not None for trial in told["trials"][1:])
    assert {share["binned"] for share in told["importance"]["shares"]} == {True, False}


SPECIAL = {
    "failed": lambda told: told["failed"] and told["rows"]["missing"],
    "one day": lambda told: told["trials"][0]["low"] and told["importance"]["agreement"] is None,
    "halving": lambda told: not told["trials"][-1]["complete"],
}


@pytest.mark.parametrize("name", SPECIAL)
def test_every_number_is_made_again_where_trials_failed_or_have_few_days(stored, name):
    root, folders = stored

    found = recomputed_leaderboard.leaderboard(folders[name], root)

    told = recomputed.document(folders[name], "leaderboard.json")
    assert_same({key: value for key, value in told.items() if key not in TEXTS}, found)
    assert SPECIAL[name](told)


def test_the_confidence_set_is_made_again_where_entities_are_more_than_columns():
    random = np.random.default_rng(5)
    day, entity = random.integers(739_000, 739_070, 30_000), random.integers(0, 20_000, 30_000)
    values = (
        random.normal(size=(4, 30_000))
        + np.linspace(0, 0.02, 4)[:, None] * random.normal(1, 1, 20_000)[entity]
    )
    of = recomputed_rows.Sample(day=day, entity=entity, y=np.ones(30_000), places={"": np.arange(30_000)})

    place, shape = recomputed_confidence_set.cells(of)
    own = confidence_set.cells(day=day, entity=entity)

    assert shape == (own.blocks, own.groups)
    assert own.groups < len(np.unique(entity))
    sums = np.array([recomputed_confidence_set.by_cell(value / 30_000, place, shape) for value in values])
    shares = recomputed_confidence_set.by_cell(of.weight, place, shape)
    found = recomputed_confidence_set.confidence_set(sums, shares)
    assert found == pytest.approx(confidence_set.p_values(sums, shares=shares))
    assert found.min() < 0.5


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_the_importance_is_made_again_whatever_values_trials_have(data):
    trials = data.draw(st.integers(4, 18))
    kinds = (
        st.floats(0, 1),
        st.integers(0, 3),
        st.sampled_from("abc"),
        st.text("abcdef", min_size=3, max_size=3),
    )
    columns = [data.draw(st.lists(kind, min_size=trials, max_size=trials)) for kind in kinds]
    values = [dict(zip("pqrs", row, strict=True)) for row in zip(*columns, strict=True)]
    days = [dt.date(2025, 12, n) for n in (1, 2, 3)]
    metric = {day: data.draw(st.lists(st.floats(0, 1), min_size=trials, max_size=trials)) for day in days}

    own = importance.importance(values, metric)

    again = recomputed_importance.importance(
        pd.DataFrame(values), pd.DataFrame({str(day): numbers for day, numbers in metric.items()})
    )
    assert_same(own and own.model_dump(mode="json"), again)


@pytest.mark.parametrize("name", METRICS)
def test_table_and_manifest_of_a_leaderboard_say_what_its_document_says(stored, name):
    folder = stored[1][name]
    told, manifest = recomputed.document(folder, "leaderboard.json"), recomputed.manifest_of(folder)

    rows = recomputed.table(folder, "leaderboard.parquet").to_dict("records")
    sets = recomputed_leaderboard.training_sets(folder, stored[0])
    assert manifest["facts"] == {
        "trials": 5,
        "ranked_trials": 5,
        "failed_trials": 0,
        "days": len(told["days"]),
        "best_run_id": told["trials"][0]["run_id"],
        "rows_until": max(training_facts(of)["last_day"] for of in sets),
    }
    assert manifest["metrics"] == {
        f"best_{name}": told["trials"][0]["mean"],
        f"nested_{name}": told["nested"]["value"],
    }
    for row, trial in zip(rows, told["trials"], strict=True):
        values = trial | trial["values"] | {f"mean_{of}": number for of, number in trial["metrics"].items()}
        for column in set(row) & set(values) - {"as_of"}:
            assert row[column] == values[column] or values[column] is None, column
