"""The sensor `leaderboard_after_sweep`: a sweep whose trials are runs of their own is ranked once all have ended."""

import datetime as dt
import json

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from ml_assets.core.problems import check
from ml_assets.core.sweep import sweep_parameters
from ml_assets.core.sweep.as_runs import REQUEST_TAG, SIZE_TAG, trial_tags
from ml_assets.core.sweep.result import sweep_run_id
from ml_assets.core.sweep.search import trials_of
from ml_assets.definitions import defs
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.beside import check_sweep
from ml_assets_tests.scenario import failure_of, materializations, train
from ml_assets_tests.shown import leaderboard_after_sweep
from ml_assets_tests.ticks import tick

DAY = "2025-12-01"
GIVEN = {"lookback_days": 120}
OWN = {"grid": {"C": "0.1,1"}}
OTHER = {"grid": {"C": "0.5,2"}}
SUCCESS, FAILURE = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE
STARTED, QUEUED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.QUEUED
ENDED = {SUCCESS, FAILURE, dg.DagsterRunStatus.CANCELED}


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def name_of(own=OWN):
    """The run_id of the leaderboard."""
    return sweep_run_id(
        check(GIVEN, TrainingParameters), check_sweep(own, cls=TrainingParameters), dt.date.fromisoformat(DAY)
    )


def asked(own=OWN, **changed):
    """What the client writes into the tag of a request."""
    return {"given": GIVEN, "own": own, "as_of": DAY, "environment": "default", **changed}


def trials(own=OWN):
    """The two trials of a sweep."""
    return trials_of(check(GIVEN, TrainingParameters), check_sweep(own, cls=TrainingParameters))


def tags_of(trial, *, own=OWN, **changed):
    """The tags of the run of a trial, as the client writes them."""
    request = asked(own, **changed)
    return trial_tags(
        trial, dt.date.fromisoformat(DAY), pipeline=tabular, sweep=name_of(own), size=2, request=request
    )


def launched(instance, *statuses, own=OWN, tags=None, **changed):
    """Leave a run of one trial after another, as if the client had launched it; the runs."""
    return [
        create_run_for_test(
            instance,
            job_name="train",
            tags={**tags_of(trial, own=own, **changed), **(tags or {})},
            status=status,
        )
        for trial, status in zip(trials(own), statuses, strict=False)
    ]


def end(instance, run, status=SUCCESS):
    """Let a run end."""
    kind = {SUCCESS: dg.DagsterEventType.RUN_SUCCESS, FAILURE: dg.DagsterEventType.RUN_FAILURE}[status]
    instance.report_dagster_event(dg.DagsterEvent(kind.value, job_name="train"), run_id=run.run_id)


def look(instance, before=None):
    """One tick of the sensor, after another one if given."""
    return tick(leaderboard_after_sweep, instance=instance, cursor=before.cursor if before else None)


def asked_for(data):
    """The sweeps whose leaderboards a tick asks for."""
    return [request.tags["ml_assets/sweep"] for request in data.run_requests or []]


def test_a_sweep_of_another_pipeline_gets_the_leaderboard_of_that_one(instance):
    given, grid = {"weeks": 9}, {"grid": {"method": "naive,ets", "season": "7,14"}}
    own = sweep_parameters.check_sweep(grid, pipeline=demand)
    parameters, day = check(given, demand.parameters), dt.date.fromisoformat(DAY)
    name, found = sweep_run_id(parameters, own, day), trials_of(parameters, own)
    request = {"given": given, "own": grid, "as_of": DAY, "environment": "blue"}
    for trial in found:
        tags = trial_tags(trial, day, pipeline=demand, sweep=name, size=len(found), request=request)
        create_run_for_test(instance, job_name="demand", tags=tags, status=SUCCESS)

    sensor = defs.get_repository_def().get_sensor_def("demand_leaderboard_after_sweep")
    (asked_of_demand,) = tick(sensor, instance=instance).run_requests

    assert (len(found), sensor.job_name) == (3, "demand_sweep")
    assert asked_of_demand.run_config == {
        "resources": {
            "demand_params": {"config": given},
            "options": {"config": {"environment": "blue"}},
        },
        "ops": {"demand__leaderboard": {"config": grid}},
    }
    assert not asked_for(look(instance))


def test_a_sweep_whose_runs_have_all_ended_gets_a_leaderboard_of_what_was_asked(instance):
    *_, last = launched(instance, SUCCESS, SUCCESS, environment="blue")

    (request,) = look(instance).run_requests

    assert request.partition_key == DAY
    assert request.run_config == {
        "resources": {
            "params": {"config": GIVEN},
            "options": {"config": {"environment": "blue"}},
        },
        "ops": {"leaderboard": {"config": OWN}},
    }
    assert request.tags["ml_assets/sweep"] == request.tags["ml_assets/run_id"] == name_of()
    assert request.tags["ml_assets/sweep_last_run"] == last.run_id
    assert request.run_key == f"sweep:{name_of()}:{last.run_id}"


@pytest.mark.parametrize(
    "status", [status for status in dg.DagsterRunStatus if status != QUEUED]
)  # that needs a deployment
def test_the_leaderboard_waits_for_the_last_run_and_however_that_ends(status, instance):
    launched(instance, SUCCESS, status)

    assert bool(asked_for(look(instance))) is (status in ENDED)


def test_the_leaderboard_waits_until_as_many_runs_exist_as_the_sweep_has(instance):
    launched(instance, SUCCESS)

    assert not asked_for(look(instance))


def test_a_leaderboard_is_requested_once(instance):
    launched(instance, SUCCESS, FAILURE)
    first = look(instance)

    second = look(instance, first)

    assert asked_for(first) == [name_of()]
    assert asked_for(second) == []
    assert second.cursor == first.cursor


def test_a_run_that_is_launched_again_counts_by_its_latest_run_and_brings_a_new_leaderboard(instance):
    launched(instance, FAILURE, SUCCESS)
    first = look(instance)
    (again,) = launched(instance, STARTED)

    waiting = look(instance, first)
    end(instance, again)
    second = look(instance, waiting)

    assert [asked_for(data) for data in (first, waiting, second)] == [[name_of()], [], [name_of()]]
    assert first.run_requests[0].run_key != second.run_requests[0].run_key
    assert second.run_requests[0].tags["ml_assets/sweep_last_run"] == again.run_id
    assert second.run_requests[0].run_config == first.run_requests[0].run_config


def test_two_sweeps_wait_for_their_own_runs_only(instance):
    launched(instance, SUCCESS, SUCCESS)
    *_, last = launched(instance, SUCCESS, STARTED, own=OTHER)
    first = look(instance)
    end(instance, last, FAILURE)

    second = look(instance, first)

    assert asked_for(first) == [name_of()]
    assert asked_for(second) == [name_of(OTHER)]
    assert asked_for(look(instance, second)) == []


def test_a_sweep_in_one_environment_does_not_wait_for_the_same_one_in_another(instance):
    launched(instance, SUCCESS, STARTED, environment="staging")
    launched(instance, SUCCESS, SUCCESS)

    (request,) = look(instance).run_requests

    assert (
        request.run_config["resources"].get("options", {"config": {}})["config"].get("environment")
        != "staging"
    )


def test_runs_of_no_sweep_are_left_alone(instance):
    create_run_for_test(instance, job_name="train", tags={"ml_assets/run_id": "0" * 12}, status=SUCCESS)

    assert not asked_for(look(instance))


DAMAGED = {
    "no JSON": {REQUEST_TAG: "{"},
    "nothing": {REQUEST_TAG: ""},
    "another shape": {REQUEST_TAG: json.dumps([asked()])},
    "a part is missing": {REQUEST_TAG: json.dumps({"given": GIVEN})},
    "parameters that are none": {REQUEST_TAG: json.dumps(asked(given=3))},
    "a sweep that is none": {REQUEST_TAG: json.dumps(asked(own=["C"]))},
    "another sweep": {REQUEST_TAG: json.dumps(asked(OTHER))},
    "no size": {SIZE_TAG: ""},
    "a size that is no number": {SIZE_TAG: "²"},
}
UNSOUND = {
    "lookback_day: unknown parameter.": asked(given={"lookback_day": 60}),
    "source: unknown.": asked(given={"source": "nowhere"}),
    "source: looks like a credential.": asked(given={"source": "AKIAIOSFODNN7EXAMPLE"}),
    "C: too small.": asked({"grid": {"C": "0,1"}}),
    "environment: unknown.": asked(environment="nowhere"),
    "as_of: not a real day.": asked(as_of="2025-13-01"),
    "as_of: not a complete day yet": asked(as_of="2999-01-01"),
    "as_of: before the first day.": asked(as_of="2024-12-31"),
}
CASES = [
    *((tags, "the tags of the run") for tags in DAMAGED.values()),
    *(({REQUEST_TAG: json.dumps(request)}, told) for told, request in UNSOUND.items()),
]


@pytest.mark.parametrize(("tags", "told"), CASES, ids=[*DAMAGED, *UNSOUND])
def test_tags_that_tell_no_sound_sweep_are_warned_of_once_and_hold_up_no_other(tags, told, instance, capfd):
    launched(instance, SUCCESS, SUCCESS, tags=tags)
    launched(instance, SUCCESS, SUCCESS, own=OTHER)

    first = look(instance)
    warned = "".join(capfd.readouterr())
    second = look(instance, first)

    assert asked_for(first) == [name_of(OTHER)]
    assert f"WARNING - sweep {name_of()} gets no leaderboard: {told}" in warned
    assert "AKIA" not in warned + first.cursor
    assert asked_for(second) == []
    assert "WARNING" not in "".join(capfd.readouterr())


def carry_out(request, instance):
    """The requested run."""
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return defs.resolve_job_def("sweep").execute_in_process(
        run_config={**request.run_config, **quiet},
        partition_key=request.partition_key,
        tags={**request.tags, "dagster/run_key": request.run_key},
        instance=instance,
        raise_on_error=False,
    )


@pytest.mark.slow
def test_the_requested_run_ranks_the_trials_and_is_not_requested_again_even_without_the_cursor(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for trial in trials():
            tags = {**tags_of(trial), "dagster/partition": DAY}
            assert train(tags=tags, instance=instance, **GIVEN, C=trial.C).success
        (request,) = look(instance).run_requests

        result = carry_out(request, instance)

        assert result.success, failure_of(result)
        found = materializations(result)
        metadata = found["leaderboard", DAY].metadata
        assert metadata["run_id"].value == name_of()
        assert (metadata["ranked_trials"].value, metadata["failed_trials"].value) == (2, 0)
        assert found["model", DAY].metadata["reused"].value is True
        kept = instance.get_run_by_id(result.run_id).tags
        assert {name: kept[name] for name in request.tags} == request.tags
        assert not asked_for(look(instance))
