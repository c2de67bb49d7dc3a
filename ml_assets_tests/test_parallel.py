"""Work in processes of this machine: a process that dies takes nothing with it but the task that killed it."""

import datetime as dt
import importlib.util
import os
import pickle  # noqa: TID251 - what sends a pipeline to a worker process
import subprocess
import sys
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


def die(*_):
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
    monkeypatch.setattr(processes, "load", die)

    with processes.processes():
        loading = start_workers(2, ["polars"])

        assert dict(side_by_side(fine, {n: (n,) for n in range(3)}, workers=2)) == {0: 0, 1: 1, 2: 2}
        assert list(loading) == []


@pytest.mark.slow
@pytest.mark.parametrize("fatal", [{0}, {5, 6}])
def test_a_task_that_kills_its_process_fails_alone(tmp_path, fatal):
    tasks = {n: (n, tmp_path / "log", fatal) for n in range(7)}

    done = dict(side_by_side(work, tasks, workers=2))

    assert {n for n, value in done.items() if isinstance(value, TrainingError)} == fatal
    assert {n for n, value in done.items() if value == n} == set(tasks) - fatal
    assert "with nothing beside it" in str(done[min(fatal)])


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_process_that_joblib_replaces_for_its_memory_loses_nothing_though_warnings_are_errors():
    pytest.importorskip("psutil")  # by which joblib knows

    done = dict(side_by_side(grow, {n: (n,) for n in range(6)}, workers=2))

    assert len(done) == 6
    assert len(set(done.values())) > 2


SCRIPT = """
import datetime as dt
import importlib.util
from typing import Any

from ml_assets import Field, Parameters, Pipeline
from ml_assets.pipeline.days import attempts
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.settings import load_settings


class Count(Parameters):
    n: int = Field(3, ge=1, le=9, description="How many")


counts = Pipeline("counts", Count)


@counts.asset
def numbers(params: Count, as_of: dt.date) -> dict[str, Any]:
    if as_of.day == 3:
        raise ValueError("the third")
    return {"day": str(as_of), "numbers": list(range(params.n))}


GUARD
    workspace = open_workspace(load_settings(), pipeline=counts)
    days = [dt.date(2025, 8, day) for day in range(1, 6)]
    done = list(attempts(Count(n=4), days, workspace=workspace, workers=2))
    print([str(day.error) for day in done if day.error])
    run = counts.resolve({"n": 4}, as_of="2025-08-01")
    print(len(done), [made.reused for made in counts.make(run).values()])
"""


def test_a_script_makes_its_days_in_several_processes(tmp_path):
    script = tmp_path / "counts.py"
    script.write_text(SCRIPT.replace("GUARD", 'if __name__ == "__main__":'))

    answer = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)

    failed, made = answer.stdout.splitlines()
    assert "the third" in failed
    assert failed.count("numbers of ") == 1
    assert made == "5 [True]"


def test_a_script_that_starts_work_whenever_it_is_loaded_is_told_so(tmp_path):
    script = tmp_path / "counts.py"
    script.write_text(SCRIPT.replace("GUARD", "if True:"))

    answer = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)

    assert answer.stderr.splitlines()[-1] == (
        "ml_assets.errors.TrainingError: The processes that do the work cannot load it: counts: its file starts work whenever "
        'it is loaded, in the processes that do this work too. Write what starts it under `if __name__ == "__main__":`.'
    )


def test_a_pipeline_of_a_file_that_is_on_no_path_is_found_by_its_file(tmp_path, monkeypatch):
    (tmp_path / "apart.py").write_text(SCRIPT.partition("GUARD")[0])
    spec = importlib.util.spec_from_file_location("apart", tmp_path / "apart.py")
    made = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "apart", made)
    spec.loader.exec_module(made)
    sent = pickle.dumps(made.counts)

    monkeypatch.delitem(sys.modules, "apart")
    found = pickle.loads(sent)

    assert found.reference == "apart:counts"
    assert found is not made.counts
    sys.modules.pop("apart")
