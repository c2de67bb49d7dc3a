"""A view for each preset that is made daily: its pages have its days alone, with one line of a file."""

import dagster as dg
import pytest

from ml_assets_tests.scenario import failure_of
from ml_assets_tests.small_pipeline import load
from ml_assets_tests.test_launchpad import opened

DAY, NEXT = "2025-12-01", "2025-12-02"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
NORTH = 'description = "North"\n[subscribe]\ndaily = true\n[parameters]\nshop = "north"\nlevel = 0.25\n'
SOUTH = 'description = "South"\n[subscribe]\ndaily = true\n[parameters]\nshop = "south"\n'
RARE = 'description = "Now and then"\n[parameters]\nshop = "south"\n'


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The module of a small pipeline with two daily presets, one that is not, and one that cannot be used."""
    module = load(tmp_path, monkeypatch)
    folder = tmp_path / "presets" / "small"
    folder.mkdir(parents=True)
    monkeypatch.setenv("ML_ASSETS_PRESETS", str(folder.parent))
    for name, text in (("north-slow", NORTH), ("south", SOUTH), ("rare", RARE), ("odd", "description = 1\n")):
        (folder / f"{name}.toml").write_text(text)
    module.both = dg.Definitions.merge(module.defs, module.small.daily_views())
    return module


def run(shop, job, day, *, instance, config=QUIET, tags=None):
    result = shop.both.resolve_job_def(job).execute_in_process(
        run_config=config, partition_key=day, instance=instance, raise_on_error=False, tags=tags
    )
    assert result.success, failure_of(result)
    return result


def days_of(instance, *path):
    return instance.get_materialized_partitions(dg.AssetKey(path))


def test_each_daily_preset_has_assets_a_job_a_report_and_a_schedule_that_is_off(shop):
    repository = shop.both.get_repository_def()
    keys = {key.to_user_string() for key in shop.both.resolve_asset_graph().get_all_asset_keys()}
    names = ("history", "forecast", "backfill_report")
    own = {f"{prefix}/small/{name}" for prefix in ("north_slow", "south") for name in names}

    assert {key for key in keys if key.count("/") == 2} == own
    assert {f"south_small{end}" for end in ("", "_report", "_verify")} <= {
        job.name for job in repository.get_all_jobs()
    }
    assert repository.get_schedule_def("south_small_daily").default_status is dg.DefaultScheduleStatus.STOPPED


def test_the_days_of_a_view_are_its_own_and_what_is_stored_is_shared(shop):
    given = {"resources": {"small_params": {"config": {"shop": "north", "level": 0.25}}}, **QUIET}
    with dg.DagsterInstance.ephemeral() as instance:
        run(shop, "north_slow_small", DAY, instance=instance)
        run(shop, "south_small", NEXT, instance=instance)
        made = run(shop, "small", DAY, instance=instance, config=given)

        assert days_of(instance, "north_slow", "small", "forecast") == {DAY}
        assert days_of(instance, "south", "small", "forecast") == {NEXT}
        assert days_of(instance, "small", "forecast") == {DAY}
        reused = [
            event.step_materialization_data.materialization
            for event in made.get_asset_materialization_events()
        ]
        assert all(item.metadata["reused"].value for item in reused)


def test_its_launchpad_asks_for_no_parameter_and_its_backfills_must_state_none(shop):
    config, _ = opened(shop.both, "south_small")

    with dg.DagsterInstance.ephemeral() as instance:
        assert config["resources"].get("south_small_params", {"config": {}}) == {"config": {}}
        run(shop, "south_small", DAY, instance=instance, tags={"dagster/backfill": "abcdefgh"})


def test_its_schedule_asks_for_the_last_complete_day_of_the_preset(shop):
    repository = shop.both.get_repository_def()
    schedule = repository.get_schedule_def("north_slow_small_daily")

    (request,) = schedule.evaluate_tick(dg.build_schedule_context(repository_def=repository)).run_requests

    assert request.run_config == {"resources": {"north_slow_small_params": {"config": {}}}}
    assert request.tags["ml_assets/preset"] == "north_slow"
    assert request.tags["ml_assets/shop"] == "north"
