"""Every number of a leaderboard can be made again from stored files and `docs/numbers.md`, without this project."""

import datetime as dt

import dagster as dg
import pytest

from ml_assets.core.result import run_config
from ml_assets.definitions import defs
from ml_assets_tests import recomputed, recomputed_leaderboard
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.recomputed_rows import assert_same, training_facts
from ml_assets_tests.scenario import failure_of

METRICS = ("roc_auc", "average_precision", "lift_at_10pct", "skill", "calibration_error", "log_loss")
GRID = {"max_depth": "2,3", "learning_rate": "0.05..0.5 log"}
TEXTS = ("notes",)
FEW = {"source": "shop", "lookback_days": 71, "holdout_days": 10}  # too few rows of a class to calibrate on


def sweep(given, *, day="2025-12-01", **own):
    """The job `sweep`; the same trials are used again, whatever ranks them."""
    config = run_config(given, own={"leaderboard": own})
    result = defs.resolve_job_def("sweep").execute_in_process(
        run_config=config | {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        partition_key=day,
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )
    assert result.success, failure_of(result)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """By metric, the leaderboard of the same five trials on two days; under `failed`, one of which half failed."""
    root = tmp_path_factory.mktemp("board")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(root))
        patch.setenv("ML_ASSETS_WORKERS", "1")
        given = {"model_version": "v2", "max_iter": 5}
        for metric in METRICS:
            sweep(given, grid=GRID, search="random", trials=5, window_days=2, metric=metric)
        zone = write_landing(root / "zone", rows_by_day=order_days(dt.date(2025, 5, 20), dt.date(2025, 8, 6)))
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
        sweep(FEW, grid={"C": "0.1,1", "calibrate": "true,false"}, window_days=2, day="2025-08-06")
    found = {}
    for folder in recomputed.folders(root, "leaderboard"):
        manifest = recomputed.manifest_of(folder)
        found[
            "failed" if manifest["facts"]["failed_trials"] else manifest["parameters"]["sweep"]["metric"]
        ] = folder
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


def test_every_number_is_made_again_where_trials_failed_and_rows_are_too_few_to_compare(stored):
    root, folders = stored

    found = recomputed_leaderboard.leaderboard(folders["failed"], root)

    told = recomputed.document(folders["failed"], "leaderboard.json")
    assert_same({key: value for key, value in told.items() if key not in TEXTS}, found)
    assert told["failed"]
    assert told["rows"]["missing"]


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
