"""A day that cannot be learned is refused before any work, whichever job is asked and whoever asks."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from ml_assets.adapter import days as partition
from ml_assets.adapter import io_manager, reproduction
from ml_assets.adapter.days import BACKWARDS, END, HALF, MISSING, PARTITION, START
from ml_assets.adapter.launching.failure_text import failure_text
from ml_assets.adapter.launching.launched import days_of
from ml_assets.adapter.partitions import daily
from ml_assets.client import submit
from ml_assets.core.as_of import last_complete_day
from ml_assets.definitions import defs
from ml_assets.defs.configs import TrainingConfig
from ml_assets.defs.training import VIEW
from ml_assets.errors import RefusedError
from ml_assets.pipeline.run import make, resolve
from ml_assets.pipeline.workspace import utc_now
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.in_process import launch, location
from ml_assets_tests.scenario import failure_of, train

kind = pytest.mark.kind("days that cannot be learned")
REFUSED = "Refused: 1 problem. Nothing was started.\n"
NOT_OVER = "as_of: not a complete day yet (UTC). Allowed: at most "
TOO_EARLY = "as_of: before the first day. Allowed: 2025-01-01 to "
NO_DAY = "as_of: not a real day. Allowed: YYYY-MM-DD"
MODEL = {"config": {"model": "0123456789ab"}}
JOBS = {
    "train": {},
    "report": {},
    "sweep": {},
    "score": {"predictions": MODEL},
    "monitor": {"monitoring": MODEL},
    "compare": {"kpi_comparison": {"config": {"candidate": "0123456789ab", "reference": "ba9876543210"}}},
}


def today():
    return str(utc_now().date())


BAD = {
    "the future": ({PARTITION: "2030-01-01"}, NOT_OVER),
    "today": (lambda: {PARTITION: today()}, NOT_OVER),
    "a range in the future": ({START: "2030-01-01", END: "2030-01-02"}, NOT_OVER),
    "a range into today": (lambda: {START: str(last_complete_day(utc_now())), END: today()}, NOT_OVER),
    "before the first day": ({PARTITION: "2024-12-31"}, TOO_EARLY),
    "a range before the first day": ({START: "2024-12-01", END: "2024-12-02"}, TOO_EARLY),
    "a range from before the first day": ({START: "2024-12-30", END: "2025-01-02"}, TOO_EARLY),
    "a range backwards": ({START: "2025-12-02", END: "2025-12-01"}, BACKWARDS),
    "no day": ({PARTITION: "2025-12-1"}, NO_DAY),
    "a range to no day": ({START: "2025-12-01", END: "2025-12-1"}, NO_DAY),
    "none": ({}, MISSING),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A code location of this process."""
    with location(tmp_path_factory.mktemp("home")) as context:
        yield context


@kind
@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("job", JOBS)
def test_each_job_of_a_day_refuses_it_before_any_work_in_our_words_first(place, job, case):
    tags, words = BAD[case]

    answer = launch(place, job=job, tags=tags() if callable(tags) else tags, config={"ops": JOBS[job]})

    assert (answer.runs, answer.succeeded) == (1, False)
    assert answer.said.startswith(REFUSED + words)
    assert not answer.steps
    assert not answer.materialized
    assert not Path("artifacts").exists()


@kind
@pytest.mark.parametrize(
    "tags",
    [
        {PARTITION: "9999-12-31"},
        {PARTITION: "x"},
        {PARTITION: ""},
        {START: "x", END: "y"},
        {START: "2025-12-01"},
        {END: "2025-12-01"},
    ],
)
def test_what_dagster_itself_cannot_read_never_starts(place, tags):
    answer = launch(place, job="train", tags=tags)

    assert answer.said
    assert not answer.steps
    assert not Path("artifacts").exists()


@kind
@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({START: "2025-12-01"}, HALF),
        ({END: "2025-12-01"}, HALF),
        ({PARTITION: "2025-12-01", START: "2025-12-01"}, HALF),
        ({PARTITION: "2025-12-01", START: "2025-12-01", END: "2025-12-01"}, HALF),
        ({PARTITION: ""}, NO_DAY),
        ({PARTITION: "\uff12\uff10\uff12\uff15-12-01"}, NO_DAY),
        ({PARTITION: "2025-02-29"}, NO_DAY),
        ({START: "x", END: "2030-01-01"}, NO_DAY),
    ],
)
def test_tags_that_name_no_days_are_refused_and_tell_a_sensor_of_none(tags, words):
    with pytest.raises(ValueError) as refusal:
        partition.days_of(tags, now=utc_now(), first=None)

    assert words in str(refusal.value)
    assert days_of(dg.DagsterRun("train", tags=tags)) == []


def test_a_day_is_taken_from_the_moment_it_is_over_and_from_then_on():
    day, tags = dt.date(2025, 12, 1), {PARTITION: "2025-12-01"}
    midnight = dt.datetime(2025, 12, 2, tzinfo=dt.timezone.utc)

    with pytest.raises(RefusedError, match="not a complete day yet"):
        partition.days_of(tags, now=midnight - dt.timedelta(microseconds=1), first=None)

    assert partition.days_of(tags, now=midnight, first=day) == [day]
    assert partition.days_of(tags, now=midnight + dt.timedelta(days=400), first=day) == [day]


@pytest.mark.slow
def test_the_latest_day_and_the_first_are_still_trained(place):
    config = {"resources": {"params": {"config": {"lookback_days": 120}}}}
    last = str(last_complete_day(utc_now()))

    for day in ("2025-01-01", last):
        assert launch(place, job="train", tags={PARTITION: day}, config=config).succeeded, day


def own(body_ran, **definition):
    """The definitions with an asset of somebody's own."""

    @dg.asset(metadata={"format": "json"}, **definition)
    def mine(params: TrainingConfig) -> dict:
        body_ran.append(params.seed)
        return {"seed": params.seed}

    job = dg.define_asset_job("own", dg.AssetSelection.assets("mine"))
    return dg.Definitions.merge(defs, dg.Definitions(assets=[mine], jobs=[job]))


def run_own(body_ran, tags, **definition):
    job = own(body_ran, **definition).resolve_job_def("own")
    return job.execute_in_process(tags=tags, raise_on_error=False)


@kind
@pytest.mark.parametrize("case", ["the future", "today", "a range into today", "a range backwards"])
def test_an_own_asset_of_such_a_day_is_not_even_begun(case):
    tags, words = BAD[case]
    body_ran = []
    with pytest.raises(ValueError) as refusal:
        own(body_ran, partitions_def=daily()).resolve_job_def("own").execute_in_process(
            tags=tags() if callable(tags) else tags
        )

    assert words in str(refusal.value)
    assert body_ran == []
    assert not Path("artifacts").exists()


@kind
def test_an_own_asset_with_a_first_day_of_its_own_keeps_it():
    body_ran = []
    earlier = dg.DailyPartitionsDefinition("2024-06-01", timezone="UTC")

    assert run_own(body_ran, {PARTITION: "2024-07-01"}, partitions_def=earlier).success
    assert list(Path("artifacts/dev/mine").rglob("as_of=2024-07-01"))


@kind
def test_the_io_manager_writes_no_day_that_is_not_over(monkeypatch):
    monkeypatch.setattr(io_manager, "refuse_days", lambda run, steps, launch: None)
    open_ended = dg.DailyPartitionsDefinition("2025-01-01", timezone="UTC", end_offset=1)
    body_ran = []

    result = run_own(body_ran, {PARTITION: today()}, partitions_def=open_ended)

    assert body_ran == [0]
    assert f"mine: nothing was committed. {NOT_OVER}" in failure_of(result)
    assert not Path("artifacts").exists()


def test_runs_without_a_day_and_of_other_partitions_are_none_of_its_business():
    for tags in ({}, {PARTITION: "red"}, {PARTITION: "2025-12-01-03:00"}):
        partition.refuse_days(dg.DagsterRun("own", tags=tags), steps=("training",))


@kind
def test_the_notice_of_such_a_run_says_why_and_gives_no_command_that_would_be_refused(place):
    launch(place, job="train", tags={PARTITION: "2030-01-01"})
    run = place.instance.get_runs(limit=1)[0]
    events = [entry.dagster_event for entry in place.instance.all_logs(run.run_id) if entry.is_dagster_event]

    text = failure_text(run, [event for event in events if event.is_failure], view=VIEW)

    assert NOT_OVER in text
    assert "ml-assets run" not in text


@kind
def test_a_run_that_an_engine_hands_on_is_refused_as_well():
    sound = resolve(tabular, {"lookback_days": 120}, as_of="2025-12-01")

    with pytest.raises(RefusedError, match="not a complete day yet"):
        make(sound.model_copy(update={"as_of": dt.date(2030, 1, 1)}))

    assert not Path("artifacts").exists()


@kind
def test_a_promotion_through_a_day_that_is_not_over_is_refused_before_a_run_exists(place):
    config = {"ops": {"promotion": {"config": {"model": "0123456789ab", "through": "2030-01-01"}}}}

    answer = launch(place, job="promote", config=config)

    assert answer.runs == 0
    assert answer.said.startswith(REFUSED + "through: not a complete day yet (UTC).")


@kind
def test_the_shell_says_of_a_promotion_that_the_day_is_not_over_before_it_looks_for_the_model(shell):
    done = shell("promote", "0123456789ab", "--to", "blue", "--through", "2030-01-01")

    assert done.returncode == 2
    assert "through: not a complete day yet (UTC)." in done.stderr


@kind
@pytest.mark.parametrize("asked", [5, 2025.5, True, b"2025-12-01", [], None, "", "2030-01-01"])
def test_what_is_no_day_that_is_over_is_refused_before_a_deployment_is_asked(asked):
    with pytest.raises(RefusedError, match="as_of: not a "):
        submit("http://127.0.0.1:1", parameters={}, as_of=asked)


@kind
def test_a_reproduction_draws_no_model_of_a_day_that_is_not_over(monkeypatch):
    """As one that was stored before such days were refused."""
    assert train("2025-12-01", lookback_days=120).success
    early, opened = dt.datetime(2025, 12, 1, 12, tzinfo=dt.timezone.utc), reproduction.open_workspace
    monkeypatch.setattr(
        reproduction, "open_workspace", lambda *a, **k: replace(opened(*a, **k), now=lambda: early)
    )
    monkeypatch.setattr(reproduction, "reproduce", lambda *a, **k: pytest.fail("it was drawn"))

    result = defs.resolve_job_def("reproduce").execute_in_process(raise_on_error=False)

    assert result.success
