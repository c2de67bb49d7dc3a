"""Ctrl-C, SIGTERM and a terminal that closes: our words, the usual exit code, and nothing left running."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from ml_assets.cli.main import main
from ml_assets.terminal.signals import WORDS
from ml_assets_tests.conftest import REPO

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RUN = ("run", "--as-of", "2025-12-01", "--json")
BACKFILL = ("backfill", "--from", "2025-12-01", "--to", "2025-12-06", "--json")


HEARD = ("env", "--default-signal=INT,TERM,HUP")  # whatever the tests themselves were told to ignore


class Command:
    """`ml-assets` in a session of its own; `stdout` and `stderr` are pipes."""

    def __init__(self, place, *words, before=HEARD, stdout=subprocess.PIPE, **more):
        environ = {**os.environ, "PYTHONPATH": str(REPO), "ML_ASSETS_WORKERS": "2", **more}
        self.place = place
        self.process = subprocess.Popen(
            [*before, sys.executable, "-m", "ml_assets.cli.main", *words],
            cwd=place,
            env=environ,
            stdout=stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def wait_until(self, true):
        end = time.monotonic() + 200
        while not true():
            assert self.process.poll() is None, self.process.stderr.read().decode()
            assert time.monotonic() < end
            time.sleep(0.01)

    def session(self):
        """Its processes that are still there."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError, psutil.Error):
                if os.getsid(process.pid) == self.process.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
        return found

    def end(self, number, *, everybody=False):
        """Send a signal, wait; the exit code and what was told on stderr."""
        (os.killpg if everybody else os.kill)(self.process.pid, number)
        with self.process:
            told = self.process.communicate(timeout=60)[1].decode()
        end = time.monotonic() + 5
        while (left := self.session()) and time.monotonic() < end:
            time.sleep(0.1)
        assert left == []
        return self.process.returncode, told


def modules(name):
    """Whether a process has opened the shared library of a module."""
    return lambda process: any(name in file.path for file in psutil.Process(process.pid).memory_maps())


def in_a_step(command):
    """Dagster executes: files of what the step prints are there, or artifacts."""
    return any(Path(command.place, "dagster_home").glob("storage/*/compute_logs/*"))


def in_a_worker(command):
    """A worker makes the artifacts of a day: the first of them is there."""
    return any(Path(command.place).glob("artifacts/dev/training_set/**/manifest.json"))


@pytest.mark.kind("interruptions", inputs=len(SIGNALS))
@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_that_has_hardly_begun_ends_in_our_words(number, tmp_path):
    command = Command(tmp_path, *RUN)
    command.wait_until(lambda: modules("_pydantic_core")(command.process))  # it still loads what it needs

    assert command.end(number, everybody=True) == (128 + number, f"{WORDS}\n")


@pytest.mark.slow
@pytest.mark.kind("interruptions", inputs=len(SIGNALS))
@pytest.mark.parametrize("number", SIGNALS)
def test_a_run_that_dagster_executes_ends_in_our_words_and_as_a_failed_run(number, tmp_path):
    command = Command(tmp_path, *RUN)
    command.wait_until(lambda: in_a_step(command))

    assert command.end(number, everybody=number == signal.SIGINT) == (128 + number, f"{WORDS}\n")
    assert statuses(tmp_path) == ["FAILURE"]


@pytest.mark.slow
@pytest.mark.kind("interruptions", inputs=2)
@pytest.mark.parametrize(("number", "everybody"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_days_that_are_made_side_by_side_end_with_their_command(number, everybody, tmp_path):
    command = Command(tmp_path, *BACKFILL)
    command.wait_until(lambda: in_a_worker(command))

    assert command.end(number, everybody=everybody) == (128 + number, f"{WORDS}\n")
    assert statuses(tmp_path) == ["FAILURE"]


@pytest.mark.slow
@pytest.mark.kind("interruptions", inputs=2)
@pytest.mark.parametrize("step", [False, True])
def test_processes_end_with_a_command_that_is_killed(step, tmp_path):
    command = Command(tmp_path, *BACKFILL)
    command.wait_until(lambda: in_a_worker(command) if step else len(command.session()) > 3)

    assert command.end(signal.SIGKILL) == (-signal.SIGKILL, "")


def statuses(place):
    """What Dagster's records say of its runs."""
    from dagster import DagsterInstance

    with DagsterInstance.from_config(str(place / "dagster_home")) as instance:
        return [run.status.value for run in instance.get_runs()]


@pytest.mark.slow
@pytest.mark.kind("interruptions")
def test_a_second_ctrl_c_ends_a_run_that_does_not_end(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(STUBBORN)
    command = Command(tmp_path, *RUN, PYTHONPATH=f"{tmp_path}{os.pathsep}{REPO}")
    command.wait_until((tmp_path / "stubborn").exists)
    os.kill(command.process.pid, signal.SIGINT)
    time.sleep(1)
    assert command.process.poll() is None

    assert command.end(signal.SIGINT) == (130, f"{WORDS}\n")


STUBBORN = """
import pathlib, sys, time

def find_spec(name, *_):
    if name == "matplotlib.backends.backend_agg":
        pathlib.Path("stubborn").touch()
        end = time.monotonic() + 7
        while time.monotonic() < end:
            try:
                time.sleep(7)
            except BaseException:
                pass

sys.meta_path.insert(0, type("Slow", (), {"find_spec": staticmethod(find_spec)}))
"""


@pytest.mark.kind("interruptions")
def test_a_command_that_waits_for_a_deployment_ends_in_our_words(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = Command(tmp_path, *RUN, "--on", f"http://127.0.0.1:{server.getsockname()[1]}")
        taken, _ = server.accept()  # and nothing is ever answered
        with taken:
            assert command.end(signal.SIGINT) == (130, f"{WORDS}\n")


@pytest.mark.kind("interruptions")
def test_a_command_whose_output_nobody_takes_ends_in_our_words(tmp_path):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    command = Command(tmp_path, "list", stdout=writer)
    command.wait_until(lambda: modules("_obstore")(command.process))
    time.sleep(2)

    assert command.end(signal.SIGTERM) == (143, f"{WORDS}\n")
    for end in (reader, writer):
        os.close(end)


@pytest.mark.kind("interruptions")
def test_a_command_under_nohup_hears_of_no_terminal_that_closes(tmp_path):
    command = Command(tmp_path, "list", before=("nohup",))
    command.wait_until(lambda: modules("_pydantic_core")(command.process))

    code, told = command.end(signal.SIGHUP)

    assert (code, WORDS in told) == (0, False)


@pytest.mark.kind("interruptions")
def test_a_command_in_a_thread_of_another_program_works_and_leaves_its_signals_alone(monkeypatch):
    before = [signal.getsignal(number) for number in SIGNALS]
    monkeypatch.setattr(sys, "argv", ["ml-assets", "env", "list"])

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(main).result() == 0

    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.kind("interruptions", inputs=len(SIGNALS))
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_comes_when_all_is_done_changes_nothing(number, tmp_path):
    program = (
        "import atexit, os, sys; from ml_assets.cli.main import main; "
        f"atexit.register(os.kill, os.getpid(), {int(number)}); sys.exit(main())"  # what is registered first comes last
    )
    done = subprocess.run(
        [*HEARD, sys.executable, "-c", program, "env", "list"], cwd=tmp_path, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
