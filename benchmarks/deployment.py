"""A webserver and a daemon on 127.0.0.1 for one measurement: every process of theirs is ended after it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

START_SECONDS = 180
LOADED = "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus locationOrLoadError { __typename } } } } }"


def ask(url, query, **variables):
    """The data of one GraphQL request."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(
        f"{url}/graphql", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=600) as response:
        answer = json.load(response)
    if answer.get("errors"):
        raise SystemExit(f"{url} answered: {answer['errors']}")
    return answer["data"]


@contextlib.contextmanager
def running(place, *, workspace, dagster_yaml, env):
    """`dagster dev` over a workspace file, its home made anew under `place`; gives its address."""
    home, port = place / "home", free_port()
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(dagster_yaml)
    command = [
        sys.executable,
        "-m",
        "dagster",
        "dev",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-w",
        str(workspace),
    ]
    env = {**env, "DAGSTER_HOME": str(home)}
    with (place / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=place, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            wait_until_loaded(f"http://127.0.0.1:{port}", process, place / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            end(process, home)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_loaded(url, process, log):
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            entries = ask(url, LOADED)["workspaceOrError"]["locationEntries"]
            if entries and all(entry["loadStatus"] == "LOADED" for entry in entries):
                return
        time.sleep(0.5)
    raise SystemExit(f"The deployment did not start:\n{log.read_text()}")


def end(process, home):
    """End the group that was started, then whatever else of its home lives: run workers have groups of their own."""
    for sign, seconds in ((signal.SIGINT, 15), (signal.SIGKILL, 15)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
            break
    for pid in of_home(home):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def of_home(home):
    """The processes that were started with this Dagster home, which nothing else uses."""
    wanted = f"DAGSTER_HOME={home}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
