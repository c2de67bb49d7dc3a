"""Landed rows: new days are trained, changed ones retrain what they touch, and each only once."""

import datetime as dt
import json
import os
import shutil

import dagster as dg
import polars as pl
import pytest

from ml_assets.adapter.launching import landing_plan
from ml_assets.core.problems import check
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets_tests.builders import ORDERS_TOML, land, order_day, order_days, write_landing
from ml_assets_tests.shown import landed_days
from ml_assets_tests.ticks import days, keys, launch, preset, record, tick, ticks

FIRST, LAST = dt.date(2025, 6, 1), dt.date(2025, 7, 20)
BEGIN = FIRST - dt.timedelta(days=31)  # of rows to train on
GIVEN = {"source": "shop", "lookback_days": 91, "holdout_days": 7}
TOML = 'source = "shop"\nlookback_days = 91\nholdout_days = 7\n'


def day(number):
    """The landed day of that number, from 0."""
    return FIRST + dt.timedelta(days=number)


@pytest.fixture
def zone(tmp_path, monkeypatch):
    """A landing zone with no day yet, and one preset that listens to it."""
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(tmp_path / "shop"))
    preset("shop_orders", TOML, landing=True)
    return write_landing(tmp_path / "shop", rows_by_day={})


def land_days(zone, first, last):
    for when, table in order_days(first, last).items():
        land(zone, when, table)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which two days were trained on eighty landed ones, and the cursor of a sensor that has dealt with that."""
    place = tmp_path_factory.mktemp("trained")
    write_landing(place / "shop", rows_by_day=order_days(BEGIN, LAST))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(place / "shop"))
        patch.setenv("ML_ASSETS_FIRST_AS_OF", "2025-07-15")
        for when in (dt.date(2025, 7, 15), dt.date(2025, 7, 20)):
            outcome = attempt(
                check(GIVEN, TrainingParameters),
                when,
                workspace=open_workspace(load_settings(), pipeline=tabular),
            )
            assert outcome.error is None
        preset("shop_orders", TOML, landing=True)
        patch.setenv("ML_ASSETS_REQUESTS_PER_TICK", "1000")
        patch.setattr("ml_assets.adapter.launching.landing_plan.LOOKED_AT", 1000)
        _, cursor = ticks(landed_days)
    return place, cursor


@pytest.fixture
def settled(zone, trained, monkeypatch):
    """Eighty days landed, the first as_of and the last trained, and the cursor of a sensor that has dealt with that."""
    place, cursor = trained
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", "2025-07-15")
    for day in (place / "shop/orders").glob("date=*"):
        shutil.copytree(
            day, zone / "orders" / day.name, copy_function=os.link
        )  # as the files that the cursor knows
    shutil.copytree(place / "artifacts", "artifacts")
    return cursor


def test_a_landed_day_requests_a_run_of_each_preset_that_subscribes_to_its_zone_and_dataset(zone):
    preset("shop_orders_2", TOML + "C = 2", landing=True)
    preset("not_listening", TOML + "C = 3")
    preset("elsewhere", "C = 4", landing=True)
    preset("other_dataset", TOML + 'dataset = "customers"', landing=True)
    land_days(zone, FIRST, FIRST)

    requests = tick(landed_days).run_requests

    assert [request.tags["ml_assets/preset"] for request in requests] == ["shop_orders", "shop_orders_2"]
    assert days(requests) == ["2025-06-01", "2025-06-01"]
    assert requests[0].run_config == {"resources": {"params": {"config": GIVEN}}}
    assert requests[0].run_key.endswith(f":2025-06-01:{requests[0].tags['ml_assets/run_id']}")
    assert requests[0].run_key.startswith("landed:")


def test_presets_with_the_same_parameters_share_one_run(zone):
    preset("twin", TOML + "C = 1", landing=True)
    land_days(zone, FIRST, FIRST)

    assert len(tick(landed_days).run_requests) == 1


def test_thirty_days_at_once_are_all_requested_ten_a_tick_oldest_first(zone):
    land_days(zone, day(0), day(29))

    found, _ = ticks(landed_days)

    assert [len(requests) for requests in found] == [10, 10, 10]
    assert [as_of for requests in found for as_of in days(requests)] == [str(day(n)) for n in range(30)]


@pytest.mark.kind("rows of a day")
def test_a_day_with_a_file_that_is_not_read_stops_no_other_and_is_requested_to_say_why(zone):
    land_days(zone, day(0), day(2))
    land(zone, day(1), b"PK", name="more.csv.zip")
    (zone / "orders" / f"date={day(2)}" / "more.csv").symlink_to("nowhere")

    assert days(tick(landed_days).run_requests) == [str(day(n)) for n in range(3)]


def test_a_day_that_has_been_dealt_with_is_not_requested_again(zone):
    land_days(zone, day(0), day(4))
    first = tick(landed_days)

    second = tick(landed_days, cursor=first.cursor)

    assert len(first.run_requests) == 5
    assert not second.run_requests
    assert second.cursor == first.cursor


def test_only_new_days_are_requested(zone):
    land_days(zone, day(0), day(4))
    first = tick(landed_days)
    land_days(zone, day(5), day(6))

    assert days(tick(landed_days, cursor=first.cursor).run_requests) == [str(day(5)), str(day(6))]


def test_a_daemon_restarted_before_the_cursor_was_saved_asks_under_the_same_run_keys(zone):
    land_days(zone, day(0), day(29))
    first = tick(landed_days)
    second = tick(landed_days, cursor=first.cursor)

    assert keys(tick(landed_days).run_requests) == keys(first.run_requests)
    assert keys(tick(landed_days, cursor=first.cursor).run_requests) == keys(second.run_requests)


def test_a_sensor_that_forgot_everything_goes_on_where_runs_are_missing(zone):
    instance = dg.DagsterInstance.ephemeral()
    land_days(zone, day(0), day(29))
    for request in tick(landed_days, instance=instance).run_requests:
        record(request, instance=instance)

    assert days(tick(landed_days, instance=instance).run_requests) == [str(day(n)) for n in range(10, 20)]


def test_a_failed_run_is_not_requested_again_by_the_same_rows(zone):
    instance = dg.DagsterInstance.ephemeral()
    land_days(zone, day(0), day(0))
    (request,) = tick(landed_days, instance=instance).run_requests
    record(request, instance=instance, status=dg.DagsterRunStatus.FAILURE)

    assert not tick(landed_days, instance=instance).run_requests


def test_a_day_whose_own_run_failed_is_requested_again_once_its_rows_are_corrected(zone):
    instance = dg.DagsterInstance.ephemeral()
    land(zone, FIRST, b"not parquet")
    first = tick(landed_days, instance=instance)
    record(first.run_requests[0], instance=instance, status=dg.DagsterRunStatus.FAILURE)
    land_days(zone, FIRST, FIRST)

    (request,) = tick(landed_days, cursor=first.cursor, instance=instance).run_requests

    assert request.partition_key == "2025-06-01"
    assert request.run_key != first.run_requests[0].run_key


@pytest.mark.slow
def test_a_changed_day_retrains_just_what_knew_it_and_says_how_much_changed(zone, settled):
    """Orders of 18 June close on 18 July: the model of 15 July never saw them, that of 20 July did."""
    land(zone, dt.date(2025, 6, 18), order_day(dt.date(2025, 6, 18), rows=11))

    data = tick(landed_days, cursor=settled)

    (request,) = data.run_requests
    assert request.partition_key == "2025-07-20"
    assert request.tags["ml_assets/changed_days"] == "1"
    assert request.tags["ml_assets/changed_rows"] == "+3"
    assert not tick(landed_days, cursor=data.cursor).run_requests


def test_a_changed_day_under_a_changed_contract_retrains_what_knew_it(zone, settled):
    write_landing(zone, rows_by_day={}, toml=ORDERS_TOML.replace('"n_lines", ', ""))
    land(zone, dt.date(2025, 6, 18), order_day(dt.date(2025, 6, 18)).drop("n_lines"))

    assert days(tick(landed_days, cursor=settled).run_requests) == ["2025-07-20"]


def test_a_changed_day_whose_column_is_all_empty_is_compared_with_what_the_column_was(zone, settled):
    nothing = pl.lit(None, dtype=pl.Null).alias("n_lines")
    land(zone, dt.date(2025, 6, 18), order_day(dt.date(2025, 6, 18)).with_columns(nothing))

    assert days(tick(landed_days, cursor=settled).run_requests) == ["2025-07-20"]


def test_several_changed_days_retrain_a_model_once(zone, settled):
    for when in (dt.date(2025, 6, 5), dt.date(2025, 6, 6)):
        land(zone, when, order_day(when, rows=6))

    requests = tick(landed_days, cursor=settled).run_requests

    assert days(requests) == ["2025-07-15", "2025-07-20"]
    assert {request.tags["ml_assets/changed_days"] for request in requests} == {"2"}
    assert {request.tags["ml_assets/changed_rows"] for request in requests} == {"-4"}


def test_a_retrained_model_is_made_of_the_changed_rows_and_then_all_is_quiet(zone, settled):
    instance = dg.DagsterInstance.ephemeral()
    land(zone, dt.date(2025, 6, 18), order_day(dt.date(2025, 6, 18), rows=11))
    data = tick(landed_days, cursor=settled, instance=instance)

    result = launch(data.run_requests[0], instance=instance)

    made = {event.asset_key.to_user_string(): event for event in _materialized(result)}
    assert result.success
    assert made["training_set"].metadata["why"].value == (
        "input rows changed on 1 of 51 days (2025-06-18; +3 rows)"
    )
    assert not tick(landed_days, cursor=data.cursor, instance=instance).run_requests
    assert not tick(landed_days, instance=instance, cursor=_without(data.cursor, "2025-06-18")).run_requests


@pytest.mark.parametrize("how", ["written again", "outcomes that were not known", "a column of no contract"])
def test_a_day_whose_known_rows_are_the_same_retrains_nothing(how, zone, settled):
    when = dt.date(2025, 7, 10) if how == "outcomes that were not known" else dt.date(2025, 6, 18)
    change = {
        "written again": pl.col("extra"),
        "outcomes that were not known": 1 - pl.col("returned_30d"),
        "a column of no contract": pl.lit("other").alias("extra"),
    }[how]
    land(zone, when, order_day(when).with_columns(change))

    data = tick(landed_days, cursor=settled)

    assert not data.run_requests
    assert data.cursor != settled


def test_a_day_that_lands_late_retrains_what_would_have_known_it(zone, settled):
    land(zone, dt.date(2025, 4, 30), order_day(dt.date(2025, 4, 30)))

    requests = tick(landed_days, cursor=settled).run_requests

    assert days(requests) == ["2025-07-15", "2025-07-20"]
    assert {request.tags["ml_assets/changed_rows"] for request in requests} == {"+8"}


def test_a_day_that_is_taken_away_retrains_what_knew_it(zone, settled):
    (zone / "orders/date=2025-06-18/part.parquet").unlink()

    (request,) = tick(landed_days, cursor=settled).run_requests

    assert request.partition_key == "2025-07-20"
    assert request.tags["ml_assets/changed_rows"] == "-8"


def test_one_changed_day_retrains_a_bounded_number_of_models(zone, settled, monkeypatch):
    monkeypatch.setattr(landing_plan, "REMADE", 1)
    land(zone, dt.date(2025, 6, 5), order_day(dt.date(2025, 6, 5), rows=9))

    assert days(tick(landed_days, cursor=settled).run_requests) == ["2025-07-20"]


def test_a_change_during_a_run_waits_for_its_end_and_is_not_forgotten(zone, settled):
    instance = dg.DagsterInstance.ephemeral()
    first = dt.date(2025, 6, 18)
    land(zone, first, order_day(first, rows=11))
    data = tick(landed_days, cursor=settled, instance=instance)
    run = record(data.run_requests[0], instance=instance)
    land(zone, first, order_day(first, rows=12))

    during = tick(landed_days, cursor=data.cursor, instance=instance)
    instance.report_run_canceled(run)
    after = tick(landed_days, cursor=during.cursor, instance=instance)

    assert not during.run_requests
    assert days(after.run_requests) == ["2025-07-20"]
    assert after.run_requests[0].tags["ml_assets/changed_rows"] == "+4"


def test_late_rows_that_could_not_be_compared_are_compared_once_that_can_be_done(zone, settled):
    late, other = dt.date(2025, 6, 18), dt.date(2025, 6, 19)
    before = (zone / "orders" / f"date={other}" / "part.parquet").read_bytes()
    land(zone, late, order_day(late, rows=11))
    land(zone, other, b"broken")
    during = tick(landed_days, cursor=settled)
    land(zone, other, before)

    after = tick(landed_days, cursor=during.cursor)

    assert not during.run_requests
    assert "2025-07-20" in days(after.run_requests)


def test_what_was_trained_before_the_first_day_of_now_is_left_as_it_is(zone, settled, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", "2025-07-16")
    late = dt.date(2025, 6, 18)
    land(zone, late, order_day(late, rows=11))

    assert days(tick(landed_days, cursor=settled).run_requests) == ["2025-07-20"]


def _break_contract(root):
    (root / "orders/dataset.toml").write_text("event_time = ")


def _empty(root):
    (root / "orders/dataset.toml").unlink()


def _misname(root):
    (root / "orders/date=2025-06-01").rename(root / "orders/date=soon")


@pytest.mark.parametrize("break_it", [_break_contract, _empty, _misname])
def test_a_broken_zone_does_not_stop_the_others_and_is_taken_up_once_it_is_mended(
    break_it, zone, tmp_path, monkeypatch
):
    other = write_landing(tmp_path / "other", rows_by_day={FIRST: order_day(FIRST)})
    monkeypatch.setenv("ML_ASSETS_SOURCES__OTHER", str(other))
    preset("another", 'source = "other"', landing=True)
    land_days(zone, FIRST, FIRST)
    break_it(zone)

    broken = tick(landed_days)
    write_landing(zone, rows_by_day={FIRST: order_day(FIRST)})
    if (zone / "orders/date=soon").exists():
        (zone / "orders/date=soon").rename(tmp_path / "aside")
    mended = tick(landed_days, cursor=broken.cursor)

    assert [request.tags["ml_assets/preset"] for request in broken.run_requests] == ["another"]
    assert [request.tags["ml_assets/preset"] for request in mended.run_requests] == ["shop_orders"]


def test_a_source_that_is_not_there_keeps_what_is_remembered_of_it(zone, settled, tmp_path):
    zone.rename(tmp_path / "away")

    data = tick(landed_days, cursor=settled)

    assert not data.run_requests
    assert json.loads(data.cursor) == json.loads(settled)


def test_a_file_that_cannot_be_read_is_left_to_the_run_of_its_day(zone, settled):
    land(zone, dt.date(2025, 6, 18), b"not parquet")
    land(zone, dt.date(2025, 7, 21), order_day(dt.date(2025, 7, 21)))

    assert days(tick(landed_days, cursor=settled).run_requests) == ["2025-07-21"]


def test_a_preset_that_cannot_be_used_does_not_stop_the_others(zone):
    preset("bad", TOML + "seed = -1", landing=True)
    preset("nowhere", 'source = "nowhere"', landing=True)
    land_days(zone, FIRST, FIRST)

    requests = tick(landed_days).run_requests

    assert [request.tags["ml_assets/preset"] for request in requests] == ["shop_orders"]


def test_days_that_are_no_partition_are_not_requested(zone, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", "2025-06-02")
    land_days(zone, day(0), day(2))
    land(zone, dt.date(2999, 1, 1), order_day(FIRST))

    found, cursor = ticks(landed_days)

    assert [days(requests) for requests in found] == [[str(day(1)), str(day(2))]]
    assert "2999" not in cursor


def test_the_cursor_remembers_a_bounded_number_of_days(zone, monkeypatch):
    monkeypatch.setattr(landing_plan, "WATCHED", 5)
    land_days(zone, day(0), day(19))

    found, cursor = ticks(landed_days)
    land_days(zone, day(20), day(21))
    later = tick(landed_days, cursor=cursor)

    assert [days(requests) for requests in found] == [[str(day(n)) for n in range(15, 20)]]
    assert days(later.run_requests) == [str(day(20)), str(day(21))]
    assert len(json.loads(later.cursor)["memory"]["shop/orders"]) == 5


def test_more_changed_days_than_one_tick_looks_at_are_dealt_with_by_the_next_ones(zone, monkeypatch):
    monkeypatch.setattr(landing_plan, "LOOKED_AT", 4)
    land_days(zone, day(0), day(9))

    found, _ = ticks(landed_days)

    assert [len(requests) for requests in found] == [4, 4, 2]


def test_without_any_landing_zone_nothing_happens():
    assert tick(landed_days).skip_message == "0 landing zones, nothing new"


def _materialized(result):
    return [e.step_materialization_data.materialization for e in result.get_asset_materialization_events()]


def _without(cursor, when):
    """The cursor of a sensor that has not dealt with one day."""
    held = json.loads(cursor)
    del held["memory"]["shop/orders"][when]
    return json.dumps(held)
