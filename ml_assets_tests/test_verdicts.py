"""Checks of a training set warn in words, and fail no run."""

import datetime as dt

import dagster as dg
import polars as pl
import pytest

from ml_assets.pipeline.verdicts import check_descriptions
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.builders import land, order_day, order_days, write_landing
from ml_assets_tests.scenario import failure_of, train

DAY = dt.date(2025, 8, 10)
ODD = dt.date(2025, 5, 20)


def _checks(zone, monkeypatch, **given):
    """What each check of the training set says, by name, of a run over the zone."""
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    given = {"source": "shop", "lookback_days": 91, "holdout_days": 7, **given}
    result = train(str(DAY), selection=[dg.AssetKey("training_set")], **given)
    assert result.success, failure_of(result)
    events = result.get_asset_check_evaluations()
    return {event.check_name: event for event in events}


@pytest.fixture
def zone(tmp_path):
    return write_landing(tmp_path / "zone", rows_by_day=order_days(dt.date(2025, 5, 12), DAY))


def test_of_a_small_holdout_the_numbers_are_told_and_the_run_goes_on(zone, monkeypatch):
    check = _checks(zone, monkeypatch, holdout_days=1)["enough_rows"]

    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert list(check.metadata) == ["reason"]
    reason = check.metadata["reason"].value
    assert reason.startswith("The holdout has 8 rows, fewer than 100. The holdout has ")
    assert reason.endswith("rows with outcome 0, fewer than 10. The holdout has 8 entities, fewer than 50.")


def test_rows_that_cannot_be_right_are_told_and_the_run_goes_on(zone, monkeypatch):
    rows = order_day(ODD)
    late = (
        pl.when(pl.col("order_id").str.ends_with("-003")).then(pl.duration(days=2)).otherwise(pl.duration())
    )
    land(zone, ODD, pl.concat([rows.with_columns(pl.col("order_ts") + late), rows.head(2)]))
    check = _checks(zone, monkeypatch)["rows_can_be_right"]

    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.metadata["reason"].value == (
        "Of 490 rows: 2 with ids, event time and end of the outcome's window of another row; 1 with an event on a later "
        "day than that under which they were landed."
    )


def test_sound_rows_of_which_there_are_enough_pass(tmp_path, monkeypatch):
    days = order_days(dt.date(2025, 5, 12), DAY, rows=30)
    found = _checks(write_landing(tmp_path / "zone", rows_by_day=days), monkeypatch)

    assert {name for (asset, name) in check_descriptions(tabular) if asset == "training_set"} == set(found)
    assert all(check.passed for check in found.values())
