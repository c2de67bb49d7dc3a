"""Sweeps on a deployment that runs: what comes back is what a local sweep gives, however its trials were launched."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import pytest

from ml_assets.cli.main import main
from ml_assets.client import submit_sweep, trials
from ml_assets.core.result import run_config
from ml_assets.errors import RefusedError, RemoteError
from ml_assets_tests import surfaces
from ml_assets_tests.browser import wait_for

GIVEN = {"lookback_days": 120}
OWN = {"grid": {"C": "0.1,1"}}
WORDS = ("sweep", "--lookback-days", "120", "--grid", "C=0.1,1", "--json")
DAY, DAY_OF_RUNS, DAY_ALONE = "2025-10-10", "2025-10-11", "2025-10-12"
SENSOR = "leaderboard_after_sweep"
CANCEL = """mutation($run: String!) {
  terminateRun(runId: $run, terminatePolicy: MARK_AS_CANCELED_IMMEDIATELY) { __typename } }"""
RELAUNCH = """mutation($parent: String!) {
  launchRunReexecution(reexecutionParams: {parentRunId: $parent, strategy: ALL_STEPS}) { __typename } }"""
RUNS = """{ runsOrError { ... on Runs { results { runId jobName status tags { key value } } } } }"""


def runs(live, **tags):
    """The runs of a deployment that have these tags, by id: the tags of each, its job and status."""
    found = {
        run["runId"]: {
            **{tag["key"].rpartition("/")[2]: tag["value"] for tag in run["tags"]},
            "job": run["jobName"],
            "status": run["status"],
        }
        for run in live.ask(RUNS)["runsOrError"]["results"]
    }
    return {name: run for name, run in found.items() if tags.items() <= run.items()}


def sweep_here(day, capsys):
    """The result of the sweep in this process."""
    assert main([*WORDS, "--as-of", day]) == 0
    return json.loads(capsys.readouterr().out)


def same(there, here):
    """Whether a result from far away is the local one, but for what only a local store can tell."""
    told = ("run_id", "as_of", "environment", "parameters", "metrics", "summary")
    return (
        list(there) == list(here)
        and [there[name] for name in told] == [here[name] for name in told]
        and there["artifacts"]["leaderboard"]["sha256"] == here["artifacts"]["leaderboard"]["sha256"]
    )


def test_a_submitted_sweep_gives_the_run_id_and_bytes_of_a_local_one(live, capsys):
    told = []
    here = sweep_here(DAY, capsys)

    there = submit_sweep(live.url, parameters=GIVEN, sweep=OWN, as_of=DAY, on_progress=told.append)
    code = main([*WORDS, "--as-of", DAY, "--on", live.url])

    again = json.loads(capsys.readouterr().out)
    assert code == 0
    assert same(there, here)
    assert same(again, here)
    assert there["leaderboard"] == {}
    assert str(live.artifacts) in there["artifacts"]["leaderboard"]["uri"]
    launched = runs(live, job="sweep", run_id=here["run_id"])
    assert set(launched) == {there["dagster_run_id"], again["dagster_run_id"]}
    assert any("success" in line for line in told)


AS_RUNS = {"parameters": GIVEN, "sweep": OWN, "as_of": DAY_OF_RUNS, "as_runs": True}


@pytest.fixture(scope="module")
def as_runs(live):
    """A sweep whose trials are runs of their own, ranked by the sensor: what came, what was told, and all of its runs."""
    told, ended = [], Event()

    def tell(line):
        told.append(line)
        if SENSOR in line:
            ended.set()

    with ThreadPoolExecutor() as pool:
        first = pool.submit(submit_sweep, live.url, **AS_RUNS, on_progress=tell)
        assert ended.wait(timeout=400), told
        with surfaces.sensor(live, SENSOR):
            result = first.result(timeout=400)
    return Ranked(result=result, told=told, runs=runs(live, sweep=result["run_id"]))


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """What came of a sweep with runs of its own."""

    result: dict
    told: list
    runs: dict

    def of(self, job):
        """Its runs of a job."""
        return {name: run for name, run in self.runs.items() if run["job"] == job}


def test_trials_as_runs_give_the_run_id_and_bytes_of_a_local_sweep(as_runs, capsys):
    here = sweep_here(DAY_OF_RUNS, capsys)

    assert same(as_runs.result, here)
    assert "2 of 2 runs ended" in as_runs.told
    ((ranking, run),) = as_runs.of("sweep").items()
    assert ranking == as_runs.result["dagster_run_id"]
    assert run["sensor_name"] == SENSOR


def test_each_trial_and_day_is_a_run_whose_tags_say_what_it_is_part_of(as_runs, live):
    launched = as_runs.of("train").values()

    rows = [line for line in as_runs.result["summary"].splitlines() if line.endswith("` |")]
    trials = {row.split("`")[1] for row in rows}
    assert len(launched) == len(trials) == 2
    assert {run["run_id"] for run in launched} == trials
    for run in launched:
        assert (run["status"], run["partition"], run["sweep_size"]) == ("SUCCESS", DAY_OF_RUNS, "2")
        assert json.loads(run["sweep_request"]) == {
            "given": GIVEN,
            "own": OWN,
            "as_of": DAY_OF_RUNS,
            "environment": "default",
        }
    made = live.artifacts.glob(f"evaluation/*/*/as_of={DAY_OF_RUNS}/run=*/manifest.json")
    assert {manifest.parent.name for manifest in made} == {f"run={name}" for name in trials}


def test_the_same_sweep_again_launches_nothing_and_has_its_leaderboard_at_once(as_runs, live, capsys):
    code = main([*WORDS, "--as-of", DAY_OF_RUNS, "--on", live.url, "--as-runs"])

    assert code == 0
    assert json.loads(capsys.readouterr().out) == as_runs.result
    assert runs(live, sweep=as_runs.result["run_id"]) == as_runs.runs
    assert len(as_runs.runs) == 3


def test_a_leaderboard_of_before_a_trial_was_launched_again_is_not_taken_for_the_new_one(
    as_runs, live, monkeypatch
):
    monkeypatch.setattr(trials, "SENSOR_SECONDS", 0)
    trial, *_ = as_runs.of("train")
    live.ask(RELAUNCH, parent=trial)

    with pytest.raises(RemoteError, match=f"nothing ranks them on .* Turn on the sensor {SENSOR}, or "):
        submit_sweep(live.url, **AS_RUNS)


def cancel(live, run):
    """End a run. The daemon does not look twice: a run that is ended while it is taken from the queue runs all the same."""
    wait_for(lambda: runs(live)[run]["status"] != "QUEUED")
    live.ask(CANCEL, run=run)


@pytest.fixture
def launch(live):
    """Launch the trials of a sweep with runs of their own and do not wait; its runs. None of them goes on afterwards."""
    names = set()

    def call(**asked):
        told = submit_sweep(live.url, **{**AS_RUNS, "as_of": DAY_ALONE, **asked}, wait=False)
        assert told["artifacts"] == {}
        names.add(told["run_id"])
        return runs(live, sweep=told["run_id"])

    yield call
    for name in names:
        for run in runs(live, sweep=name):
            cancel(live, run)


def test_of_trials_that_were_launched_before_only_those_that_failed_are_launched_again(launch, live):
    first = launch()
    stopped, *_ = first
    cancel(live, stopped)

    second = launch()

    (again,) = set(second) - set(first)
    assert second[again]["run_id"] == first[stopped]["run_id"]
    assert len(first) == 2


def test_trials_of_another_environment_are_runs_of_their_own(launch):
    first = launch()

    second = launch(environment="blue")

    added = [run for name, run in second.items() if name not in first]
    assert len(added) == 2
    assert {json.loads(run["sweep_request"])["environment"] for run in added} == {"blue"}


def test_the_days_of_a_sweep_begin_with_the_first_day_of_the_deployment(launch):
    launched = launch(as_of="2025-01-02", sweep={"grid": {"C": "0.1"}, "window_days": 5})

    assert {(run["partition"], run["sweep_size"]) for run in launched.values()} == {
        ("2025-01-01", "2"),
        ("2025-01-02", "2"),
    }


BAD = [
    ({"grid": {"C": "0,1"}}, GIVEN, "C: too small."),
    ({"grid": {"max_depth": "2,3"}}, GIVEN, "max_depth: not used by model_version v1."),
    ({"grid": {"c": "1,2"}}, GIVEN, "c: unknown parameter. Did you mean C?"),
    ({"metric": "f1"}, GIVEN, "metric: unknown."),
    (OWN, {"holdout_days": 500}, "holdout_days: too large."),
    ({**OWN, "search": "tpe"}, GIVEN, "search: its trials depend on results"),
]


@pytest.mark.parametrize(("own", "given", "line"), BAD)
def test_a_bad_sweep_is_refused_without_a_request(own, given, line):
    nobody = "http://127.0.0.1:9"

    with pytest.raises(RefusedError) as refusal:
        submit_sweep(nobody, parameters=given, sweep=own, as_of=DAY, as_runs=True)

    assert refusal.value.problems[0].startswith(line)


def test_every_problem_of_parameters_days_and_sweep_is_told_at_once():
    own = {"grid": {"C": "0,1"}, "metric": "f1"}

    with pytest.raises(RefusedError) as refusal:
        submit_sweep("http://127.0.0.1:9", parameters={"seed": -1}, sweep=own, as_of="2999-01-01")

    assert [line.split(":")[0] for line in refusal.value.problems] == ["seed", "metric", "C", "as_of"]


@pytest.mark.parametrize(
    ("own", "line"),
    [
        ({"grid": {"C": "0,1"}}, "C: too small."),
        ({"metric": "f1"}, "metric: unknown."),
        ({"window_day": 3}, "window_day: unknown parameter. Did you mean window_days?"),
    ],
)
def test_a_bad_sweep_that_is_launched_by_hand_is_refused_in_the_same_words_and_makes_no_run(own, line, live):
    before = set(runs(live))

    outcome = surfaces.launch(live, run_config(GIVEN, own={"leaderboard": own}), job="sweep")

    assert isinstance(outcome, surfaces.Outcome)
    assert "Refused: 1 problem. Nothing was started.\n" + line in outcome.told
    assert set(runs(live)) == before


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"parameters": {"source": "nowhere"}}, "source: unknown. Known: sample, shop."),
        ({"as_of": "2024-12-31"}, "as_of: before the first day. Allowed: 2025-01-01 to "),
    ],
)
def test_what_only_the_deployment_can_refuse_launches_no_trial(asked, line, live):
    before = set(runs(live))

    with pytest.raises(RefusedError) as refusal:
        submit_sweep(live.url, **{**AS_RUNS, **asked})

    assert refusal.value.problems[0].startswith(line)
    assert set(runs(live)) == before


def test_a_sweep_that_makes_no_leaderboard_says_why(live):
    with pytest.raises(RemoteError, match=r"made no leaderboard on .* Stopped early: 2 of 2 trials failed, "):
        submit_sweep(live.url, parameters={"dataset": "customers", **GIVEN}, sweep=OWN, as_of=DAY)
