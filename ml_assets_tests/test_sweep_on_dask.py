"""Days and trials on a Dask cluster: a real scheduler and real workers, the bytes of this machine, and what ends."""

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ml_assets.errors import RefusedError, TrainingError
from ml_assets.pipeline import parallel
from ml_assets.pipeline.days import attempts
from ml_assets.pipeline.leaderboard import leaderboard_draft
from ml_assets.pipeline.parallel import side_by_side
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import check_sweep
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.conftest import REPO

pytest.importorskip("distributed")

pytestmark = pytest.mark.slow

DAYS = (dt.date(2025, 8, 5), dt.date(2025, 8, 6))
PARAMETERS = TrainingParameters(source="shop", lookback_days=91, holdout_days=10)
OWN = check_sweep({"grid": {"C": "0.1,0.5,1,2,5,10"}, "window_days": 2})


@dataclass
class Cluster:
    """A scheduler and its workers, each in a process group of its own."""

    place: Path
    environ: dict[str, str]
    processes: list[subprocess.Popen] = field(default_factory=list)

    def start(self, program: str, *words: str) -> subprocess.Popen:
        """Start the scheduler or a worker; they find each other by a file."""
        file = ("--scheduler-file", str(self.place / "scheduler.json"))
        command = [sys.executable, "-m", f"distributed.cli.{program}", *file, "--no-dashboard", *words]
        with (self.place / "log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self.environ, cwd=self.place, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen:
        """Start a worker of two threads, which must not get into each other's way."""
        return self.start("dask_worker", "--no-nanny", "--nthreads", "2", "--host", "127.0.0.1")

    @property
    def engine(self) -> str:
        """What names it to a run, as soon as its scheduler listens."""
        file = self.place / "scheduler.json"
        while not (file.exists() and file.stat().st_size):
            assert self.processes[0].poll() is None, (self.place / "log").read_text()
            time.sleep(0.05)
        return json.loads(file.read_text())["address"].replace("tcp://", "dask://")


@contextlib.contextmanager
def dask(place: Path, *, workers: int, **more: str) -> Iterator[Cluster]:
    """A cluster on 127.0.0.1; every process that it started is ended afterwards."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("ML_ASSETS_")}
    cluster = Cluster(place, {**known, "PYTHONPATH": str(REPO), **more})
    try:
        cluster.start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        for _ in range(workers):
            cluster.worker()
        yield cluster
    finally:
        for process in reversed(cluster.processes):
            end(process)


def end(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask(tmp_path_factory.mktemp("dask"), workers=2) as started:
        yield started


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Where the rows are, and a store in which two processes of this machine have carried out the sweep."""
    place = tmp_path_factory.mktemp("here")
    zone = write_landing(place / "zone", rows_by_day=order_days(DAYS[0] - dt.timedelta(91), DAYS[1]))
    found = Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(place / "store")),
        environment="dev",
        sources={"shop": str(zone)},
        workers=2,
    )
    for _ in sweep(found):
        pass
    return found


def sweep(workspace):
    """Each outcome of the sweep as it is there; the leaderboard in the end."""
    found = Sweep(parameters=PARAMETERS, own=OWN, days=DAYS, workspace=workspace, pipeline=tabular)
    yield from found.run()
    leaderboard_draft(found, found.leaderboard()).commit()


def files(workspace):
    """Every file of every artifact, by its digest."""
    return {key.path: workspace.store.verify(key).files for key in workspace.store.keys(None)}


@pytest.fixture
def there(here, cluster, tmp_path):
    """An empty store, and the cluster."""
    return replace(here, store=ArtifactStore(str(tmp_path / "store")), engine=cluster.engine)


def test_a_sweep_on_dask_has_the_bytes_of_this_machine(here, there):
    outcomes = list(sweep(there))

    assert [tried.attempt.error for tried in outcomes] == [None] * 14
    assert files(there) == files(here)
    assert len(list(there.store.keys("leaderboard"))) == 1


def test_a_worker_that_is_killed_in_mid_sweep_changes_no_byte(here, there, cluster):
    outcomes = sweep(there)
    while "model" not in [made.key.asset for made in next(outcomes).attempt.made]:
        pass

    end(cluster.processes[1])
    rest = list(outcomes)
    cluster.worker()  # for the tests that follow

    assert [tried.attempt.error for tried in rest] == [None] * len(rest)
    assert rest
    assert files(there) == files(here)


def test_days_on_dask_have_the_bytes_of_this_process(here, there, tmp_path):
    alone = replace(here, store=ArtifactStore(str(tmp_path / "alone")))

    for workspace in (alone, there):
        done = attempts(PARAMETERS, DAYS, workspace=workspace, workers=1)
        assert [attempt.error for attempt in done] == [None, None]

    assert files(there) == files(alone)
    assert len(files(alone)) == 4 * 2


MEETING = threading.Barrier(2)


def meet(_name):
    """Whether another task runs in this process at the same time."""
    try:
        MEETING.wait(timeout=0.5)
    except threading.BrokenBarrierError:
        return False
    return True


def test_the_threads_of_a_worker_do_one_thing_at_a_time(cluster):
    done = side_by_side(meet, {name: (name,) for name in range(4)}, workers=2, engine=cluster.engine)

    assert dict(done) == dict.fromkeys(range(4), False)


def die(_name):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_task_that_ends_each_of_its_workers_is_an_error_and_not_waited_for(tmp_path):
    with dask(tmp_path, workers=1, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as cluster:
        ((name, error),) = side_by_side(die, {"only": ("only",)}, workers=2, engine=cluster.engine)

    assert name == "only"
    assert isinstance(error, TrainingError)
    assert "Its process was ended from outside" in str(error)


def test_a_cluster_without_scheduler_or_worker_is_refused_with_what_to_do(tmp_path, there, monkeypatch):
    monkeypatch.setattr(parallel, "TIMEOUT", 1)
    with dask(tmp_path, workers=0) as cluster:
        engine = cluster.engine
        with pytest.raises(RefusedError, match=r"has no worker\. Start one, with ml_assets as it is here\."):
            list(sweep(replace(there, engine=engine)))

    with pytest.raises(RefusedError) as error:
        list(sweep(replace(there, engine=engine)))

    address = engine.removeprefix("dask://")
    assert f"engine: no Dask scheduler answers at {address}. Start it, or correct the address." in str(
        error.value
    )
    assert files(there) == {}
