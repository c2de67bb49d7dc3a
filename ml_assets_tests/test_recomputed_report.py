"""Every number of a report can be made again from stored files and `docs/numbers.md`, without this project."""

import ast
import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from ml_assets.definitions import defs
from ml_assets_tests import (
    recomputed,
    recomputed_confidence_set,
    recomputed_importance,
    recomputed_leaderboard,
    recomputed_report,
    recomputed_rows,
)
from ml_assets_tests.builders import land, order_day, write_landing
from ml_assets_tests.recomputed_rows import assert_same
from ml_assets_tests.scenario import failure_of, train_days

pytestmark = pytest.mark.slow

GIVEN = {"source": "shop", "lookback_days": 75, "holdout_days": 2}
FLIPPED = dt.date(2025, 8, 13)  # a day of rows that only the last holdout has
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def rows_of(day):
    """Orders of customers who return; on one day the outcomes are the wrong way round."""
    customer = pl.format("customer {}", (pl.int_range(pl.len()) * 7 + day.toordinal() * 3) % 90)
    outcome = 1 - pl.col("returned_30d") if day == FLIPPED else pl.col("returned_30d")
    return order_day(day, rows=24).with_columns(order_id=customer, returned_30d=outcome)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The root, and the report over a day never tried, eight made, two made and reused, one that failed."""
    place = tmp_path_factory.mktemp("report")
    first = dt.date(2025, 6, 20)
    zone = write_landing(
        place / "zone", rows_by_day={day: rows_of(day) for n in range(85) if (day := first + dt.timedelta(n))}
    )
    land(zone, dt.date(2025, 9, 13), b"not parquet")
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.local_temp(str(place)) as instance:
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
        patch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(place / "artifacts"))
        made = train_days("2025-09-03", "2025-09-12", instance=instance, **GIVEN)
        assert made.success, failure_of(made)
        assert train_days("2025-09-11", "2025-09-12", instance=instance, **GIVEN).success
        assert train_days("2025-09-12", "2025-09-12", instance=instance, **GIVEN, C=0.1).success
        assert not train_days("2025-09-13", "2025-09-13", instance=instance, **GIVEN).success
        config = {"resources": {"params": {"config": GIVEN}}, "loggers": QUIET}
        result = defs.resolve_job_def("report").execute_in_process(
            run_config=config
            | {"ops": {"backfill_report": {"config": {"window_days": 12, "metric": "log_loss"}}}},
            partition_key="2025-09-13",
            instance=instance,
            raise_on_error=False,
        )
        assert result.success, failure_of(result)
    (folder,) = recomputed.folders(place / "artifacts", "backfill_report")
    return place / "artifacts", folder


def numbers_alone(told):
    """Without the texts: a note, commands, and the short names of parameter sets."""
    sets = [{key: of[key] for key in ("parameters", "values")} for of in told["coverage"]["sets"]]
    kept = {key: value for key, value in told.items() if key not in ("note", "retry")}
    return kept | {"coverage": told["coverage"] | {"sets": sets}}


def test_every_number_of_a_report_is_made_again_from_stored_files_alone(stored):
    root, folder = stored
    told = recomputed.document(folder, "backfill_report.json")

    assert_same(numbers_alone(told), recomputed_report.report(folder, root))

    assert told["counts"] == {"made": 8, "reused": 2, "failed": 1, "missing": 1}
    assert [day["as_of"] for day in told["days"]] == recomputed_report.window(recomputed.manifest_of(folder))
    assert len(told["coverage"]["sets"]) == 2
    assert told["pooled"]["rows"] > told["pooled"]["entities"]


def test_the_report_that_is_made_again_has_trends_and_outliers_of_every_kind(stored):
    told = recomputed.document(stored[1], "backfill_report.json")

    summaries = [*told["metrics"].values(), *told["rows"].values()]
    assert {"no clear trend", "window too short"} <= {of["trend"]["direction"] for of in summaries}
    scores = [day["score"] for of in summaries for day in of["outliers"]]
    assert None in scores
    assert [score for score in scores if score is not None]


def test_the_manifest_of_a_report_says_what_its_document_says(stored):
    told, manifest = recomputed.document(stored[1], "backfill_report.json"), recomputed.manifest_of(stored[1])

    loss = told["metrics"]["log_loss"]
    assert manifest["metrics"] == {
        "success_rate": told["success_rate"],
        "log_loss_mean": loss["mean"],
        "log_loss_std": loss["std"],
        "log_loss_slope_per_day": loss["trend"]["slope"],
    }
    assert manifest["facts"] == {
        "first_day": told["first"],
        "last_day": told["last"],
        "days_asked": told["asked"],
        "days_done": told["done"],
        **{f"days_{status}": many for status, many in told["counts"].items()},
    }


MODULES = (
    recomputed_report,
    recomputed_leaderboard,
    recomputed_rows,
    recomputed_importance,
    recomputed_confidence_set,
)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_what_makes_the_numbers_again_imports_nothing_of_the_project(module):
    nodes = list(ast.walk(ast.parse(Path(module.__file__).read_text())))
    names = [item.name for node in nodes if isinstance(node, ast.Import) for item in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]

    assert names
    assert not [name for name in names if name.split(".")[0] == "ml_assets"]
