"""The schedules ask for yesterday, and for what is missing of the days before."""

import datetime as dt
import shutil

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from ml_assets.adapter.launching import schedules
from ml_assets.core.problems import check
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets_tests.shown import catch_up, daily_training
from ml_assets_tests.ticks import at, days, keys, preset, record

MORNING = "2025-12-02T03:00:00"
SHORT = "lookback_days = 120"


@pytest.fixture
def presets():
    """Two daily presets, and one that is not."""
    preset("first", SHORT, daily=True)
    preset("second", 'model_version = "v2"\nmax_iter = 5', daily=True)
    preset("third", 'dataset = "customers"')


@pytest.fixture(scope="module")
def disk(tmp_path_factory, made_home):
    """An instance without any run."""
    home = shutil.copytree(made_home, tmp_path_factory.mktemp("instance") / "home")
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield instance


def trained(*texts):
    for text in texts:
        outcome = attempt(
            check({"lookback_days": 120}, TrainingParameters),
            dt.date.fromisoformat(text),
            workspace=open_workspace(load_settings(), pipeline=tabular),
        )
        assert outcome.error is None


@pytest.mark.usefixtures("presets")
def test_each_day_yesterday_is_requested_for_each_daily_preset():
    requests = at(daily_training, MORNING)

    assert [(r.partition_key, r.tags["ml_assets/preset"]) for r in requests] == [
        ("2025-12-01", "first"),
        ("2025-12-01", "second"),
    ]
    assert requests[0].run_config == {"resources": {"params": {"config": {"lookback_days": 120}}}}
    assert requests[0].run_key == f"daily:2025-12-01:{requests[0].tags['ml_assets/run_id']}"


@pytest.mark.usefixtures("presets")
def test_a_tick_that_is_evaluated_again_asks_under_the_same_run_keys():
    assert keys(at(daily_training, MORNING)) == keys(at(daily_training, MORNING))
    assert set(keys(at(daily_training, MORNING))).isdisjoint(keys(at(daily_training, "2025-12-03T03:00:00")))


def test_presets_with_the_same_parameters_are_one_run():
    preset("one", SHORT, daily=True)
    preset("two", SHORT + "\nC = 1", daily=True)

    assert len(at(daily_training, MORNING)) == 1


@pytest.mark.usefixtures("presets")
def test_a_preset_that_cannot_be_used_does_not_stop_the_others():
    preset("bad", "seed = -1", daily=True)
    preset("nowhere", 'source = "nowhere"', daily=True)

    assert len(at(daily_training, MORNING)) == 2


@pytest.mark.parametrize("schedule", [daily_training, catch_up])
def test_without_presets_nothing_is_requested(schedule, disk):
    assert at(schedule, MORNING, instance=disk) == []


@pytest.mark.usefixtures("presets")
def test_before_the_first_day_nothing_is_requested():
    assert at(daily_training, "2025-01-01T03:00:00") == []


def test_catching_up_requests_the_days_of_the_window_that_are_not_stored_oldest_first(disk):
    preset("first", SHORT, daily=True)
    trained("2025-11-20", "2025-12-01")

    requests = at(catch_up, MORNING, instance=disk)

    window = [dt.date(2025, 11, 18) + dt.timedelta(days=n) for n in range(14)]
    assert days(requests) == [str(d) for d in window if str(d) not in ("2025-11-20", "2025-12-01")]


def test_a_stored_day_of_other_parameters_counts_as_missing(monkeypatch, disk):
    monkeypatch.setenv("ML_ASSETS_CATCH_UP_DAYS", "1")
    preset("first", SHORT + "\nC = 0.5", daily=True)
    trained("2025-12-01")

    assert days(at(catch_up, MORNING, instance=disk)) == ["2025-12-01"]


def test_a_failed_day_is_requested_again_and_one_in_progress_is_not(monkeypatch, instance):
    monkeypatch.setenv("ML_ASSETS_CATCH_UP_DAYS", "3")
    preset("first", SHORT, daily=True)
    failed, busy, _ = at(catch_up, MORNING, instance=instance)
    record(failed, instance=instance, status=dg.DagsterRunStatus.FAILURE)
    record(busy, instance=instance, status=dg.DagsterRunStatus.STARTED)

    assert days(at(catch_up, MORNING, instance=instance)) == ["2025-11-29", "2025-12-01"]


def test_what_a_backfill_or_a_page_makes_now_is_not_requested_and_what_another_environment_makes_is(
    monkeypatch, instance
):
    monkeypatch.setenv("ML_ASSETS_CATCH_UP_DAYS", "5")
    preset("first", SHORT, daily=True)
    params = {"params": {"config": {"lookback_days": 120}}}
    span = {
        "dagster/asset_partition_range_start": "2025-11-27",
        "dagster/asset_partition_range_end": "2025-11-28",
    }
    elsewhere = {**params, "options": {"config": {"environment": "staging"}}}
    for resources, tags in (
        (params, span),
        (params, {"dagster/partition": "2025-11-29"}),
        (elsewhere, {"dagster/partition": "2025-11-30"}),
    ):
        create_run_for_test(
            instance,
            job_name="train",
            run_config={"resources": resources},
            tags=tags,
            status=dg.DagsterRunStatus.NOT_STARTED,
        )

    assert days(at(catch_up, MORNING, instance=instance)) == ["2025-11-30", "2025-12-01"]


@pytest.mark.usefixtures("presets")
def test_catching_up_is_capped_and_takes_the_oldest_days_of_all_presets_first(monkeypatch, disk):
    monkeypatch.setattr(schedules, "AT_MOST", 3)

    assert days(at(catch_up, MORNING, instance=disk)) == ["2025-11-18", "2025-11-18", "2025-11-19"]


@pytest.mark.usefixtures("presets")
def test_the_window_does_not_reach_before_the_first_day(monkeypatch, disk):
    monkeypatch.setenv("ML_ASSETS_FIRST_AS_OF", "2025-11-30")

    assert sorted(set(days(at(catch_up, MORNING, instance=disk)))) == ["2025-11-30", "2025-12-01"]
