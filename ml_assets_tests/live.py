"""A whole deployment for tests: webserver, daemon and code server on 127.0.0.1, gone when the test is over."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ml_assets_tests.conftest import REPO, WORKERS

START_SECONDS = 240
RUNS = "{ runsOrError { ... on Runs { results { runId status runConfigYaml tags { key value } } } } }"
BACKFILLS = "{ partitionBackfillsOrError { ... on PartitionBackfills { results { id status } } } }"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A running deployment: where it listens, where it keeps things, and the environment of its processes."""

    url: str
    home: Path
    artifacts: Path
    environ: dict[str, str]
    pid: int = 0  # of `dagster dev`, which started the others

    def ask(self, query: str, **variables) -> dict:
        """The data of a GraphQL request, sent as the pages of the UI send theirs."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"{self.url}/graphql", data=body, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:  # a refused launch is HTTP 500 with an ordinary body
            answer = json.load(error)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


def runs(live):
    """Every run, the latest first."""
    return live.ask(RUNS)["runsOrError"]["results"]


def backfills(live):
    """Every backfill."""
    return live.ask(BACKFILLS)["partitionBackfillsOrError"]["results"]


@contextlib.contextmanager
def deployment(
    place: Path,
    *,
    workspace: Path = REPO / "workspace.yaml",
    command: Sequence[str] = ("dagster", "dev"),
    **more: str,
) -> Iterator[Deployment]:
    """`dagster dev` of a workspace with its own home under `place`, and more variables if wanted.

    `command` is another module that takes its place, and words for it.

    Every process that it started is stopped at the end.
    """
    port, home, artifacts = free_port(), place / "home", place / "artifacts"
    home.mkdir(parents=True)
    shutil.copyfile(REPO / "ml_assets/cli/dagster.yaml", home / "dagster.yaml")
    environ = {**environ_of(home, artifacts), **more}
    address = ["-h", "127.0.0.1", "-p", str(port), "-w", str(workspace)]
    with (place / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, *address],
            cwd=place,
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            live = Deployment(url=url, home=home, artifacts=artifacts, environ=environ, pid=process.pid)
            wait_until_loaded(live, process)
            yield live
        finally:
            stop(process)


def environ_of(home: Path, artifacts: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ML_ASSETS_")}
    return {
        **kept,
        **WORKERS,
        "PYTHONPATH": str(REPO),
        "DAGSTER_HOME": str(home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(artifacts),
        "ML_ASSETS_SOURCES__SHOP": str(home.parent / "shop"),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_loaded(live: Deployment, process: subprocess.Popen) -> None:
    query = "{ workspaceOrError { ... on Workspace { locationEntries { loadStatus } } } }"
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, (live.home.parent / "server.log").read_text()
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            entries = live.ask(query)["workspaceOrError"]["locationEntries"]
            if entries and all(entry["loadStatus"] == "LOADED" for entry in entries):
                return
        time.sleep(0.3)
    raise AssertionError((live.home.parent / "server.log").read_text())


def stop(process: subprocess.Popen) -> None:
    """Ask the group that we started to end, then make it end."""
    for sign, seconds in ((signal.SIGINT, 2), (signal.SIGKILL, 20)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
