"""A pipeline of somebody's own beside the project's in one code location: reports, views, and what it does not have."""

import pytest

from ml_assets.adapter.days import PARTITION
from ml_assets.definitions import defs as ours
from ml_assets.errors import DefinitionError
from ml_assets_tests.in_process import launch, location
from ml_assets_tests.scenario import failure_of, materializations
from ml_assets_tests.small_pipeline import SOURCE, load

DAY, BEFORE = "2025-12-14", "2025-12-13"
SPAN = {"dagster/asset_partition_range_start": BEFORE, "dagster/asset_partition_range_end": DAY}
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
BARE = """
bare = Pipeline("bare", Series)


@bare.asset
def counted(params: Series, as_of: dt.date) -> dict[str, Any]:
    \"\"\"Days.\"\"\"
    return {"days": params.days}
"""
BOTH = """
import dagster as dg
import ml_assets.definitions as ours
from small_shop import bare, small

defs = dg.Definitions.merge(
    ours.defs, small.definitions(), small.definitions(prefix="north", pinned={"shop": "north"}), bare.definitions()
)
"""


@pytest.fixture
def both(tmp_path, monkeypatch):
    """The module of one code location with the project's pipelines, two of somebody's own, and a view."""
    load(tmp_path, monkeypatch, source=SOURCE.replace("defs = small", BARE + "\n\ndefs = small"))
    return load(tmp_path, monkeypatch, name="both", source=BOTH)


def run(both, job, instance, *, config, own=None, tags=None):
    return both.defs.resolve_job_def(job).execute_in_process(
        run_config={"resources": config, "ops": own or {}, "loggers": QUIET},
        partition_key=None if tags else DAY,
        tags=tags,
        instance=instance,
        raise_on_error=False,
    )


def names(definitions):
    shown = definitions.get_repository_def()
    jobs = {job.name for job in shown.get_all_jobs() if not job.name.startswith("__")}
    return jobs | {sensor.name for sensor in shown.sensor_defs} | {item.name for item in shown.schedule_defs}


def test_pipelines_and_views_of_one_code_location_have_everything_under_names_of_their_own(both):
    mine = names(both.defs) - names(ours)

    assert {name for name in mine if name.startswith("small")} == {
        "small",
        "small_report",
        "small_sweep",
        "small_promote",
        "small_reproduce",
        "small_reproduce_daily",
        "small_report_after_backfill",
        "small_leaderboard_after_sweep",
        "small_daily",
        "small_catch_up",
        "small_failure_notice",
        "small_request_files",
        "small_verify",
    }
    assert {f"north_{name}" for name in mine if name.startswith("small")} <= mine
    keys = {key.to_user_string() for key in both.defs.resolve_asset_graph().get_all_asset_keys()}
    assert {"leaderboard", "small/leaderboard", "north/small/leaderboard", "demand/leaderboard"} <= keys


def test_without_metrics_there_is_no_leaderboard_and_without_what_is_promoted_no_promotion(both):
    mine = {name for name in names(both.defs) if name.startswith("bare")}

    assert {"bare_report", "bare_reproduce", "bare_report_after_backfill"} <= mine
    assert not any("sweep" in name or "promote" in name for name in mine)


def test_a_report_without_metrics_counts_days(both, instance):
    config = {"bare_params": {"config": {"days": 3}}}
    assert run(both, "bare", instance, config=config).success

    done = run(
        both,
        "bare_report",
        instance,
        config=config,
        own={"bare__backfill_report": {"config": {"window_days": 2}}},
    )

    assert done.success, failure_of(done)
    told = materializations(done)["bare/backfill_report", DAY].metadata
    assert (told["days_made"].value, told["days_missing"].value, told["success_rate"].value) == (1, 1, 0.5)
    assert "## Metrics" not in told["summary"].value
    assert "days" not in told  # no picture of a metric that nobody declares


def test_a_report_says_why_a_day_failed_and_a_report_of_a_view_is_of_its_own_runs(both, instance):
    config = {"north_small_params": {"config": {"bad_day": 13}}}
    assert not run(both, "north_small", instance, config=config, tags=SPAN).success
    own = {"north__small__backfill_report": {"config": {"window_days": 2}}}

    done = run(both, "north_small_report", instance, config=config, own=own)

    assert done.success, failure_of(done)
    told = materializations(done)["north/small/backfill_report", DAY].metadata
    assert (told["days_made"].value, told["days_failed"].value) == (1, 1)
    assert "the shop was closed" in told["summary"].value
    assert "small/backfill_report/shop=north/as_of=2025-12-14/run=" in told["path"].value


def test_what_a_view_pins_can_neither_be_given_nor_varied(both, home):
    with location(home, module="both") as place:
        given = launch(
            place,
            job="north_small_report",
            tags={PARTITION: DAY},
            config={"resources": {"north_small_params": {"config": {"shop": "south"}}}},
        )
        varied = launch(
            place,
            job="north_small_sweep",
            tags={PARTITION: DAY},
            config={"ops": {"north__small__leaderboard": {"config": {"grid": {"shop": "north,south"}}}}},
        )

    assert (given.runs, varied.runs) == (0, 0)
    assert '\nshop: is "north" in north_small. Leave it out.' in given.said
    assert "\nshop: cannot vary in north_small, where it is pinned. Leave it out." in varied.said


@pytest.mark.parametrize("name", ["leaderboard", "backfill_report", "promotion", "failed_trial"])
def test_what_is_beside_every_pipeline_is_no_name_for_an_asset_of_ones_own(tmp_path, monkeypatch, name):
    source = SOURCE.replace("def history(", f"def {name}(").replace(
        "history: dict[str, Any]", f"{name}: dict[str, Any]"
    )

    with pytest.raises(
        DefinitionError, match=f"{name}: its name is taken by Python, by Dagster or by the library"
    ):
        load(tmp_path, monkeypatch, name="taken", source=source)
