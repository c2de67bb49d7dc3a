"""Every test has its own working directory, artifact root and Dagster home, and no settings but its own."""

import contextlib
import fcntl
import functools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

REPO = Path(__file__).parent.parent
REAL_DATA = REPO.parent / "shared" / "data" / "uci_online_retail"

# Workers share the cores: each thread of one would wait for those of the others, and spin meanwhile. OpenBLAS goes by it too.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Other processes take longer to start than the few small days of most tests take to make.
WORKERS = {"ML_ASSETS_WORKERS": "1"}
os.environ.update(WORKERS)

settings.register_profile("ml_assets", deadline=None)  # machines are shared: a slow moment is no failure
settings.load_profile("ml_assets")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What needs a deployment is slow, and waits a lot: its files take turns with two others each, which use the cores.

    Files with a test of a minute come before the rest: no worker is left alone with one at the end.
    """
    deployed = [item for item in items if "live" in item.fixturenames]
    for item in deployed:
        item.add_marker("slow")
    waiting = dict.fromkeys(item.path for item in deployed)
    long = {item.path for item in items for mark in item.iter_markers("slow") if mark.kwargs.get("minutes")}
    others = sorted({item.path for item in items} - waiting.keys(), key=lambda path: (path not in long, path))
    turn = {path: place for place, path in enumerate(others)} | {
        path: 2 * place for place, path in enumerate(waiting)
    }
    items.sort(key=lambda item: turn[item.path])


def bare(*kept, **own):
    """An environment without settings: only those named, what is given, and how numbers are computed.

    Other kernels give other bytes (docs/identity.md), and a machine may ask for some by a variable.
    """
    names = {*kept, *(name for name in os.environ if name.startswith(("OMP_", "OPENBLAS_", "NPY_", "MKL_")))}
    told = {name: os.environ[name] for name in names if name in os.environ}
    return told | {"PYTHONPATH": str(REPO)} | {name: str(value) for name, value in own.items()}


def output_of(program, **own):
    """What a Python program prints in a process of its own that has loaded nothing yet, with these variables."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=bare(**own),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(autouse=True)
def _no_state_of_other_tests():
    """An instance that was entered twice leaves its store of definitions behind, and later ones would ask it."""
    from dagster._core.storage.defs_state.base import set_defs_state_storage

    with set_defs_state_storage(None):
        yield


@pytest.fixture(scope="session", autouse=True)
def _migrations_are_read_once():
    """Dagster reads all files of its migrations for each SQLite file that it opens, several in each run."""
    from alembic.script import ScriptDirectory

    real, read = ScriptDirectory.from_config, {}

    def from_config(config):
        place = config.config_file_name, config.get_main_option("script_location")
        if place not in read:
            read[place] = real(config)
        return read[place]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", from_config)
        yield


@pytest.fixture(scope="session", autouse=True)
def _descriptions_of_services_are_read_once():
    """Each session of botocore reads what it knows of services anew, a third of a second long."""
    from botocore import session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", functools.cache(session.create_loader))
        yield


@pytest.fixture(autouse=True)
def _own_place(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("ML_ASSETS_") and name not in WORKERS]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster_home"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")


@pytest.fixture(scope="session")
def forks():
    """What processes of `ml-assets` are forked from."""
    from ml_assets_tests.forked import Forks

    server = Forks()
    yield server
    server.stop()


@pytest.fixture
def shell(tmp_path, forks):
    """Run `ml-assets` in a process of its own."""

    def call(*words, env=None, cwd=tmp_path):
        env = {**os.environ, "PYTHONPATH": str(REPO), **(env or {})}
        return forks.run("ml_assets.cli.main", list(map(str, words)), env=env, cwd=cwd, timeout=500)

    return call


@pytest.fixture
def start(tmp_path):
    """Start `ml-assets` in a process group of its own; what is left of the groups is ended afterwards."""
    started = []

    def call(*words, env=None):
        process = subprocess.Popen(
            [sys.executable, "-m", "ml_assets.cli.main", *map(str, words)],
            env={**os.environ, "PYTHONPATH": str(REPO), **(env or {})},
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield call
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def real_data():
    """The real landing zone, where it is at hand."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real data is not here")
    return REAL_DATA


@pytest.fixture(scope="session")
def s3():
    """The address of one running S3 for all tests that need one; each makes buckets of its own."""
    from ml_assets_tests.s3 import s3_server

    with s3_server() as url:
        yield url


@pytest.fixture(scope="session")
def staging(tmp_path_factory):
    """A root in which three parameter sets are trained over six days; tests copy it."""
    from ml_assets_tests.released import train

    return once(tmp_path_factory, "staging", train)


def once(tmp_path_factory, name, make):
    """A folder that is made once, however many workers run the suite: the others wait for the first."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            unfinished = place.with_suffix(".unfinished")
            make(unfinished)
            unfinished.rename(place)
    return place


@pytest.fixture(scope="session")
def made_home(tmp_path_factory):
    """A Dagster home with its SQLite files in it: to make them takes longer than most tests; copy it."""
    from dagster import DagsterInstance

    def make(home):
        home.mkdir()
        with DagsterInstance.local_temp(str(home)) as instance:
            instance.get_runs()

    return once(tmp_path_factory, "made_home", make)


@pytest.fixture
def ready_home(made_home, tmp_path):
    """The Dagster home of the commands of a test, as if one had been there before."""
    shutil.copytree(made_home, tmp_path / "dagster_home")


@pytest.fixture
def home(made_home, tmp_path):
    """A Dagster home of the test's own."""
    return shutil.copytree(made_home, tmp_path / "home")


@pytest.fixture
def instance(home):
    """What Dagster keeps there."""
    from dagster import DagsterInstance

    with DagsterInstance.local_temp(str(home)) as opened:
        yield opened


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """One running deployment for the tests of a file: one that is left running slows down all others."""
    from ml_assets_tests.live import deployment

    with deployment(tmp_path_factory.mktemp("live")) as running:
        yield running
