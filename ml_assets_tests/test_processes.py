"""Processes end with what started them: a step's with the step, a run's with the run."""

import multiprocessing
import os
import time

import psutil
import pytest

from ml_assets.pipeline.parallel import side_by_side
from ml_assets.pipeline.processes import processes
from ml_assets_tests.live import deployment
from ml_assets_tests.surfaces import ENDED, LAUNCH, SELECTOR

RUNS, DAYS = 3, [f"2025-12-0{n}" for n in (1, 2, 3)]
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
SECONDS = 10  # after the last run has ended


def who(_):
    """Which process does this."""
    time.sleep(0.2)
    return os.getpid()


def run_of_a_deployment():
    """What the process of a run does, as Dagster's default launcher starts it."""
    list(side_by_side(who, {n: (n,) for n in range(4)}, workers=2))


def stop_after_two(work, pids):
    """Raise while the rest is under way, and close nothing."""
    pids += [next(work)[1], next(work)[1]]
    raise KeyError


def left(pids):
    """Those that are still there within five seconds."""
    end = time.monotonic() + 5
    while (there := [pid for pid in pids if psutil.pid_exists(pid)]) and time.monotonic() < end:
        time.sleep(0.1)
    return there


@pytest.mark.slow
@pytest.mark.kind("processes")
def test_processes_end_with_the_work_that_they_were_started_for():
    pids = set(dict(side_by_side(who, {n: (n,) for n in range(4)}, workers=2)).values())

    assert os.getpid() not in pids
    assert left(pids) == []


@pytest.mark.slow
@pytest.mark.kind("processes")
def test_processes_are_used_again_as_long_as_somebody_keeps_them():
    with processes():
        first, again = (
            set(dict(side_by_side(who, {n: (n,) for n in range(6)}, workers=2)).values()) for _ in range(2)
        )

    assert first == again
    assert left(first) == []


@pytest.mark.kind("processes")
def test_processes_that_are_at_work_end_where_an_error_leads_out():
    pids = []

    with pytest.raises(KeyError), processes():
        stop_after_two(side_by_side(who, {n: (n,) for n in range(200)}, workers=2), pids)

    assert left(pids) == []


@pytest.mark.slow
@pytest.mark.kind("processes")
def test_the_process_of_a_run_ends_with_its_work():
    run = multiprocessing.get_context("spawn").Process(target=run_of_a_deployment)
    run.start()

    run.join(timeout=300)

    assert run.exitcode == 0


def processes_of_runs(pid):
    """The processes of runs and those that they started, by the process of the run."""
    found = {}
    for process in psutil.Process(pid).children(recursive=True):
        try:
            words, parents = " ".join(process.cmdline()), [parent.pid for parent in process.parents()]
        except psutil.Error:
            continue
        if "spawn_main" in words:
            found.setdefault(process.pid, []).append(process.pid)
        for parent in parents:
            if parent in found:
                found[parent].append(process.pid)
    return found


def launch(live, seed):
    """One run of several days; the id of the run."""
    days = {"start": f"{DAYS[0]}", "end": f"{DAYS[-1]}"}
    params = {
        "selector": {**SELECTOR, "pipelineName": "train"},
        "runConfigData": {"resources": {"params": {"config": {"seed": seed}}}},
        "executionMetadata": {
            "tags": [
                {"key": f"dagster/asset_partition_range_{end}", "value": day} for end, day in days.items()
            ]
        },
    }
    return live.ask(LAUNCH, params=params)["launchRun"]["run"]["runId"]


@pytest.mark.slow
@pytest.mark.kind("processes", inputs=RUNS)
def test_runs_of_several_days_leave_no_process_behind(tmp_path):
    seen = []
    with deployment(tmp_path, ML_ASSETS_WORKERS="2") as live:
        for seed in range(RUNS):
            run = launch(live, seed)
            while status_of(live, run) not in ENDED:
                seen.append(processes_of_runs(live.pid))
                time.sleep(0.5)
            assert status_of(live, run) == "SUCCESS"
        end = time.monotonic() + SECONDS
        while (there := processes_of_runs(live.pid)) and time.monotonic() < end:
            time.sleep(0.2)

    assert there == {}
    assert (
        max(len(own) for found in seen for own in found.values()) > 2
    )  # its own, and two that worked for it


def status_of(live, run):
    """What became of a run so far."""
    return live.ask(STATUS, id=run)["runOrError"]["status"]
