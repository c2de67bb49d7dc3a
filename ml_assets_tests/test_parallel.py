"""Work in processes of this machine: a process that dies takes nothing with it but the task that killed it."""

import datetime as dt
import os
import time
from collections import Counter

import pytest

from ml_assets.errors import TrainingError
from ml_assets.pipeline import processes, trials
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.parallel import TRIES_BESIDE_OTHERS, side_by_side
from ml_assets.pipeline.processes import start_workers
from ml_assets.pipeline.trials import tries
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore


def die():
    """End this process as the kernel does where memory runs out."""
    os._exit(9)


def fine(name):
    return name


def work(name, log, fatal):
    """Note the try; die where the name is one of `fatal`."""
    with log.open("a") as file:
        file.write(f"{name}\n")
    if name in fatal:
        time.sleep(0.1)  # the task beside it is under way
        die()
    time.sleep(0.2)
    return name


def die_at_first(name, mark):
    """Die where nothing did so before."""
    if not mark.exists():
        mark.touch()
        die()
    return name


def grow(name, kept=[]):  # noqa: B006  (what this process has kept)
    """Keep more memory from the second time on than joblib lets a process gain; which process it was."""
    time.sleep(1.1)  # joblib looks once a second
    kept.append(b"x" * 350 * 2**20 if kept else b"")
    return os.getpid()


def test_a_process_that_dies_while_it_loads_modules_fails_nothing(monkeypatch):
    monkeypatch.setattr(processes, "_load", die)

    with processes.processes():
        loading = start_workers(2)

        assert dict(side_by_side(fine, {n: (n,) for n in range(3)}, workers=2)) == {0: 0, 1: 1, 2: 2}
        assert list(loading) == []


@pytest.mark.parametrize("fatal", [{0}, {5, 6}])
def test_a_task_that_kills_its_process_fails_alone(tmp_path, fatal):
    tasks = {n: (n, tmp_path / "log", fatal) for n in range(7)}

    done = dict(side_by_side(work, tasks, workers=2))

    assert {n for n, value in done.items() if isinstance(value, TrainingError)} == fatal
    assert {n for n, value in done.items() if value == n} == set(tasks) - fatal
    assert "with nothing beside it" in str(done[min(fatal)])


def test_tasks_that_all_kill_their_processes_are_each_tried_a_few_times(tmp_path):
    log = tmp_path / "log"

    done = dict(side_by_side(work, {n: (n, log, {0, 1, 2}) for n in range(3)}, workers=2))

    assert all(isinstance(value, TrainingError) for value in done.values())
    tries = Counter(log.read_text().split())
    assert set(tries) == {"0", "1", "2"}
    assert max(tries.values()) <= 1 + TRIES_BESIDE_OTHERS


def die_of_two(trials, day, workspace, assets, retry_failed):
    """Stands for the trials of one task: that of C=2 ends its process."""
    if 2.0 in [trial.C for trial, _ in trials]:
        die()
    return [Attempt(as_of=day) for _ in trials]


def test_a_trial_that_kills_its_process_fails_without_those_that_share_its_task(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "_try_all", die_of_two)
    place = Workspace(pipeline=tabular, store=ArtifactStore(str(tmp_path)), environment="dev", sources={})
    day, wanted = dt.date(2025, 8, 6), [TrainingParameters(C=c) for c in range(1, 10)]

    done = {
        tried.parameters.C: tried.attempt.error
        for tried in tries({day: wanted}, shared={}, pipeline=tabular, workspace=place, workers=2)
    }

    assert sorted(done) == list(range(1, 10))
    assert [c for c, error in done.items() if error] == [2.0]


def test_a_process_that_is_ended_once_fails_no_task(tmp_path):
    tasks = {n: (n, tmp_path / "mark") for n in range(4)}

    assert dict(side_by_side(die_at_first, tasks, workers=2)) == {n: n for n in range(4)}


@pytest.mark.timeout(120)
def test_a_process_that_joblib_replaces_for_its_memory_loses_nothing_though_warnings_are_errors():
    pytest.importorskip("psutil")  # by which joblib knows

    done = dict(side_by_side(grow, {n: (n,) for n in range(6)}, workers=2))

    assert len(done) == 6
    assert len(set(done.values())) > 2
