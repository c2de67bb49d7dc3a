"""`ml-assets ui`: webserver, daemon and code server of a folder, all of which end with it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from ml_assets_tests.conftest import REPO
from ml_assets_tests.live import Deployment, environ_of, free_port, stop, wait_until_loaded
from ml_assets_tests.served import get

END_SECONDS = 120
CODE_SERVERS = ("code-server", "grpc")  # Dagster fact: one that nobody asks any more ends after 45 s


@contextlib.contextmanager
def started(place):
    """The command in a folder with a workspace, once it serves; and all processes that it started."""
    shutil.copyfile(REPO / "workspace.yaml", place / "workspace.yaml")
    port = free_port()
    environ = {**environ_of(place / "home", place / "artifacts")}
    with (place / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ml_assets.cli.main", "ui", "--port", str(port)],
            cwd=place,
            env=environ,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        live = Deployment(
            url=f"http://127.0.0.1:{port}",
            home=place / "home",
            artifacts=place / "artifacts",
            environ=environ,
            pid=process.pid,
        )
        try:
            wait_until_loaded(live, process)
            yield live, process, psutil.Process(process.pid).children(recursive=True)
        finally:
            stop(process)


def all_gone(processes):
    """Whether all of them are gone within the time that they take."""
    end = time.monotonic() + END_SECONDS
    while time.monotonic() < end:
        if not any(process.is_running() and process.status() != "zombie" for process in processes):
            return True
        time.sleep(0.5)
    return False


@pytest.mark.slow
def test_all_that_the_command_starts_ends_with_it(tmp_path):
    with started(tmp_path) as (live, process, children):
        assert get(live, "/ml-assets/")[0] == 200
        assert len(children) >= 4

        os.kill(process.pid, signal.SIGINT)

        assert all_gone(children), [child.cmdline() for child in children if child.is_running()]
        assert process.wait(timeout=60) == 0
    assert (tmp_path / "home" / "dagster.yaml").is_file()


@pytest.mark.slow
def test_webserver_and_daemon_end_where_the_command_is_killed(tmp_path):
    with started(tmp_path) as (_, process, children):
        ours = [child for child in children if not set(CODE_SERVERS) & set(child.cmdline())]
        assert len(ours) == 2

        os.kill(process.pid, signal.SIGKILL)

        assert all_gone(ours), [child.cmdline() for child in ours if child.is_running()]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--port", "0"], "--port: not a port. Allowed: a whole number from 1 to 65535."),
        (["--port", "http"], "--port: not a port."),
        (["--workspace", "nowhere.yaml"], "--workspace: nowhere.yaml is not there."),
        ([], "--workspace: workspace.yaml is not there."),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_is_started(words, line, shell, tmp_path):
    done = shell("ui", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert line in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_port_that_somebody_listens_to_is_refused(shell, tmp_path):
    shutil.copyfile(REPO / "workspace.yaml", tmp_path / "workspace.yaml")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = shell("ui", "--port", port)

    assert done.returncode == 2
    assert f"--port: {port} is in use." in done.stderr
