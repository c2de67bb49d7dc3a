"""What Dagster tells of a run ends in a launchpad that is filled in: launched from there, it is the same run again."""

import datetime as dt

import dagster as dg
import pytest

from ml_assets.adapter.days import END, PARTITION, START
from ml_assets.adapter.launch_again import LABEL
from ml_assets_tests.in_process import launch, location
from ml_assets_tests.links import markdown_links, opened
from ml_assets_tests.scenario import materializations
from ml_assets_tests.small_pipeline import SOURCE, load

DAY, BAD = "2025-12-01", "2025-12-13"
GIVEN = {"shop": "south", "days": 5}
USED = {**GIVEN, "level": 0.5, "bad_day": 0}
PLACE = """
import dagster as dg
from small_shop import alert, small


@dg.asset(partitions_def=alert.partitions_def, io_manager_key="small_io_manager")
def beside_all() -> dict:
    return {}


defs = dg.Definitions.merge(
    small.definitions(assets=[alert]),
    small.definitions(prefix="north", pinned={"shop": "north"}),
    dg.Definitions(assets=[beside_all]),
)
"""


@pytest.fixture
def place(home, tmp_path, monkeypatch):
    """A code location with a small pipeline, a view of it, an asset beside it that has a job, and one that has none."""
    load(tmp_path, monkeypatch)
    load(tmp_path, monkeypatch, name="small_place", source=PLACE)
    with location(home, "small_place") as context:
        yield context


def params(values, key="small_params", **options):
    resources = {key: {"config": values}, **({"options": {"config": options}} if options else {})}
    return {"resources": resources}


def told(place, *path, day=DAY):
    """The metadata of the latest materialization of an asset's day."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(path), asset_partitions=[day])
    (record,) = place.instance.fetch_materializations(wanted, limit=1).records
    return record.asset_materialization.metadata


def again(place, *path, day=DAY):
    """What the link of that opens."""
    (links,) = markdown_links(told(place, *path, day=day)[LABEL].value).values()
    return opened(links[0])


def launch_from(place, pad):
    """Launch what a launchpad is filled in with, as its button does."""
    return launch(place, job=pad.job, tags=pad.tags, config=pad.config)


def test_each_asset_of_a_run_can_be_launched_again_with_what_it_used_in_the_order_of_the_schema(place):
    assert launch(place, job="small", tags={PARTITION: DAY}, config=params(GIVEN)).succeeded

    for asset in ("history", "forecast"):
        pad = again(place, "small", asset)
        assert (pad.job, pad.day, pad.base) == ("small", DAY, "")
        assert pad.repository == f"__repository__@{place.code_locations[0].name}"
        assert list(pad.given("small_params").items()) == list(USED.items())
        assert set(pad.config["resources"]) == {"small_params"}
    before = told(place, "small", "forecast")["run_id"].value
    answer = launch_from(place, pad)
    assert answer.succeeded, answer.said
    assert told(place, "small", "forecast")["run_id"].value == before
    assert told(place, "small", "forecast")["reused"].value is True


def test_each_day_of_a_batch_has_its_own_link_and_a_failed_one_too(place):
    span = {START: "2025-12-12", END: BAD}

    answer = launch(place, job="small", tags=span, config=params({**GIVEN, "bad_day": 13}))

    assert not answer.succeeded
    assert again(place, "small", "forecast", day="2025-12-12").day == "2025-12-12"
    (failed,) = failures(place)
    (links,) = [markdown_links(failed.metadata[LABEL].value)]
    assert list(links) == [BAD]
    pad = opened(links[BAD][0])
    assert (pad.job, pad.day) == ("small", BAD)
    assert pad.given("small_params") == {**USED, "bad_day": 13}


def failures(place):
    (run,) = place.instance.get_runs(limit=1)
    events = place.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return [entry.dagster_event.step_failure_data.user_failure_data for entry in events]


def test_a_whole_batch_has_a_link_for_each_day(place):
    span = {START: "2025-12-01", END: "2025-12-02"}

    assert launch(place, job="small", tags=span, config=params({})).succeeded

    assert [again(place, "small", "history", day=day).day for day in ("2025-12-01", "2025-12-02")] == [
        "2025-12-01",
        "2025-12-02",
    ]


def test_the_link_of_an_asset_that_was_materialized_by_its_button_is_to_the_job_of_the_pipeline(place):
    selected = launch_assets(place, [["small", "history"]], config=params(GIVEN))

    assert selected.succeeded, selected.said
    pad = again(place, "small", "history")
    assert (pad.job, pad.day) == ("small", DAY)
    assert pad.given("small_params") == USED


def launch_assets(place, keys, *, config, tags=None):
    """Launch assets by their keys, as their pages do."""
    return launch(place, tags=tags or {PARTITION: DAY}, config=config, paths=keys)


def test_an_asset_beside_a_pipeline_has_a_job_of_its_own_and_its_config_in_the_link(place):
    assert launch(place, job="small", tags={PARTITION: DAY}, config=params(GIVEN)).succeeded
    config = {**params(GIVEN), "ops": {"small__alert": {"config": {"threshold": 2.5}}}}
    assert launch_assets(place, [["small", "alert"]], config=config).succeeded

    pad = again(place, "small", "alert")

    assert (pad.job, pad.day) == ("small__alert_job", DAY)
    assert pad.given("small_params") == USED
    assert pad.config["ops"] == {"small__alert": {"config": {"threshold": 2.5}}}
    answer = launch_from(place, pad)
    assert answer.succeeded, answer.said
    assert told(place, "small", "alert")["reused"].value is True


def test_values_that_nobody_gave_stand_at_their_default_in_the_link(place):
    assert launch(place, job="small", tags={PARTITION: DAY}, config=params(GIVEN)).succeeded
    assert launch_assets(place, [["small", "alert"]], config=params(GIVEN)).succeeded

    assert again(place, "small", "alert").config["ops"] == {"small__alert": {"config": {"threshold": 0.5}}}


def test_what_no_job_makes_has_no_link(place):
    assert launch_assets(place, [["beside_all"]], config=params({})).succeeded

    assert LABEL not in told(place, "beside_all")


def test_a_view_leaves_out_what_is_pinned_there(place):
    config = params({"days": 5}, key="north_small_params")
    assert launch(place, job="north_small", tags={PARTITION: DAY}, config=config).succeeded

    pad = again(place, "north", "small", "forecast")

    assert (pad.job, pad.day) == ("north_small", DAY)
    assert pad.given("north_small_params") == {"days": 5, "level": 0.5, "bad_day": 0}
    answer = launch_from(place, pad)
    assert answer.succeeded, answer.said


def test_options_that_are_not_at_their_default_are_kept(place):
    config = params(GIVEN, environment="staging", reuse=False)
    assert launch(place, job="small", tags={PARTITION: DAY}, config=config).succeeded

    assert again(place, "small", "forecast").given("options") == {"environment": "staging", "reuse": False}


def test_the_environment_of_the_settings_needs_no_word(place):
    assert launch(
        place, job="small", tags={PARTITION: DAY}, config=params(GIVEN, environment="dev")
    ).succeeded

    assert again(place, "small", "forecast").given("options") == {}


def test_what_an_environment_does_not_let_a_launch_give_is_left_out(place, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__OVERRIDES", '["shop"]')
    assert launch(place, job="small", tags={PARTITION: DAY}, config=params({"shop": "south"})).succeeded

    pad = again(place, "small", "forecast")

    assert pad.given("small_params") == {"shop": "south"}
    answer = launch_from(place, pad)
    assert answer.succeeded, answer.said


def test_links_name_the_address_of_the_pages_where_the_settings_do(place, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_DAGSTER_URL", "https://dagster.example")
    assert launch(place, job="small", tags={PARTITION: DAY}, config=params(GIVEN)).succeeded

    assert again(place, "small", "forecast").base == "https://dagster.example"


def test_a_run_beside_any_code_location_takes_its_name_from_the_settings(tmp_path, monkeypatch, instance):
    shop = load(tmp_path, monkeypatch)
    monkeypatch.setenv("ML_ASSETS_CODE_LOCATION", "my shop")

    result = shop.defs.resolve_job_def("small").execute_in_process(
        run_config=params(GIVEN), partition_key=DAY, instance=instance
    )

    (links,) = markdown_links(materializations(result)["small/forecast", DAY].metadata[LABEL].value).values()
    assert opened(links[0]).repository == "__repository__@my shop"


@pytest.mark.slow
def test_trials_and_rows_of_a_leaderboard_can_be_run_on_other_days_and_promoted(place):
    own = {"small__leaderboard": {"config": {"grid": {"level": "0.2,0.5"}}}}
    config = {**params(GIVEN, environment="staging"), "ops": own}
    answer = launch(place, job="small_sweep", tags={PARTITION: DAY}, config=config)
    assert answer.succeeded, answer.said

    board = told(place, "small", "leaderboard")
    links = markdown_links(board["launch a trial"].value)
    runs, promotions = (list(map(opened, links[words])) for words in ("run on other days", "promote"))

    assert [(pad.job, pad.day) for pad in (*runs, *promotions)] == [
        *[("small", "")] * 2,
        *[("small_promote", "")] * 2,
    ]
    assert [pad.given("small_params")["level"] for pad in runs] == [0.5, 0.2]
    rows = [record.data for record in board["ranking"].records]
    promoted = [pad.config["ops"]["small__promotion"]["config"] for pad in promotions]
    assert promoted == [{"model": row["run_id"]} for row in rows]
    assert {pad.given("options")["environment"] for pad in (*runs, *promotions)} == {"staging"}
    sweep = again(place, "small", "leaderboard")
    assert (sweep.job, sweep.day) == ("small_sweep", DAY)
    assert sweep.config["ops"]["small__leaderboard"]["config"] == {
        "grid": {"level": "0.2,0.5"},
        "search": "grid",
        "metric": "mae",
        "window_days": 1,
        "max_failure_rate": 0.5,
    }
    trial = again(place, "small", "forecast")
    assert (trial.job, trial.given("small_params")["level"] in (0.2, 0.5)) == ("small", True)


def test_a_report_has_a_link_for_each_day_that_is_missing_and_its_own(place):
    assert launch(place, job="small", tags={PARTITION: DAY}, config=params(GIVEN)).succeeded
    own = {"small__backfill_report": {"config": {"window_days": 3}}}
    answer = launch(place, job="small_report", tags={PARTITION: DAY}, config={**params(GIVEN), "ops": own})
    assert answer.succeeded, answer.said

    report = told(place, "small", "backfill_report")
    missing = markdown_links(report["launch what is missing"].value)

    days = [str(dt.date.fromisoformat(DAY) - dt.timedelta(days=n)) for n in (2, 1)]
    assert list(missing) == days
    assert [opened(links[0]).day for links in missing.values()] == days
    assert again(place, "small", "backfill_report").config["ops"]["small__backfill_report"]["config"] == {
        "window_days": 3,
        "metric": "mae",
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"shop": "south", "days": 99}, {**USED, "days": 7}),
        ({"shop": "AKIAIOSFODNN7EXAMPLE", "days": 9}, {**USED, "shop": "north", "days": 9}),
        ({"dasy": 3, "level": 0.25}, {**USED, "shop": "north", "days": 7, "level": 0.25}),
    ],
)
def test_a_refused_launch_ends_in_a_launchpad_with_what_was_not_refused(place, typed, kept):
    answer = launch(place, job="small", tags={PARTITION: DAY}, config=params(typed))

    assert answer.runs == 0
    *_, head, link = answer.said.strip().splitlines()
    assert head == "The launchpad, with what is not refused:"
    assert opened(link).job == "small"
    assert opened(link).given("small_params") == kept
    assert "99" not in answer.said
    assert "AKIAIOSFODNN7EXAMPLE" not in answer.said
    assert launch(place, job="small", tags={PARTITION: DAY}, config=opened(link).config).succeeded


def test_a_run_without_a_day_ends_in_the_launchpad_of_its_job_with_all_that_was_given(place):
    config = {
        **params(GIVEN, environment="staging"),
        "ops": {"small__backfill_report": {"config": {"window_days": 3}}},
    }

    answer = launch(place, job="small_report", config=config)

    assert not answer.succeeded
    pad = opened(answer.said.strip().splitlines()[-1])
    assert (pad.job, pad.day) == ("small_report", "")
    assert pad.given("small_params") == USED
    assert pad.given("options") == {"environment": "staging"}
    assert pad.config["ops"] == config["ops"]


def test_a_mistyped_resource_ends_in_a_launchpad_with_the_day(place):
    config = {"resources": {"smal_params": {"config": GIVEN}}}

    answer = launch_assets(place, [["small", "history"], ["small", "forecast"]], config=config)

    assert not answer.succeeded
    pad = opened(answer.said.strip().splitlines()[-1])
    assert (pad.job, pad.day, set(pad.config["resources"])) == ("small", DAY, {"small_params"})


def test_a_pipeline_without_a_job_of_its_name_has_the_link_of_one_that_makes_it(home, tmp_path, monkeypatch):
    load(tmp_path, monkeypatch, source=SOURCE.replace("defs = small.definitions(assets=[alert])", ""))
    other = """
import dagster as dg
from small_shop import small

from ml_assets.adapter.definitions import resources_of
from ml_assets.adapter.view import View

mine = small.assets()
defs = dg.Definitions(
    assets=[mine],
    jobs=[dg.define_asset_job("nightly", selection=dg.AssetSelection.assets(mine))],
    resources=resources_of(View(pipeline=small), steps=()),
    executor=dg.in_process_executor,
)
"""
    load(tmp_path, monkeypatch, name="small_nightly", source=other)

    with location(home, "small_nightly") as context:
        answer = launch_assets(context, [["small", "history"], ["small", "forecast"]], config=params(GIVEN))
        assert answer.succeeded, answer.said
        assert again(context, "small", "forecast").job == "nightly"
