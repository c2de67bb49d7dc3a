"""What `deploy/postgres` describes, for tests: code server, webserver and daemon on 127.0.0.1, and an AWS."""

import contextlib
import logging
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ml_assets_tests.conftest import REPO
from ml_assets_tests.live import START_SECONDS, Deployment, environ_of, free_port, stop, wait_until_loaded

WORKSPACE = REPO / "deploy" / "workspace.yaml"
BUCKET = "dagster-logs"


@dataclass(frozen=True, kw_only=True)
class Production:
    """A deployment whose daemon is started when the test says so; `code` is its code server, whose children the runs are."""

    live: Deployment
    code: subprocess.Popen

    @contextlib.contextmanager
    def daemon(self) -> Iterator[None]:
        """The daemon, which looks for backfills when it starts and every 30 s."""
        with started(self.live, "daemon", "dagster._daemon", "run", "-w", str(WORKSPACE)):
            yield


@contextlib.contextmanager
def aws_server() -> Iterator[dict[str, str]]:
    """An AWS over HTTP, nothing in it yet; the variables by which its clients find it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or it prints each request
    port = free_port()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "of-a-test",
            "AWS_SECRET_ACCESS_KEY": "of-a-test",
        }
    finally:
        server.stop()


@contextlib.contextmanager
def production(place: Path, variables: Mapping[str, str]) -> Iterator[Production]:
    """A code server and a webserver over the instance file as it is in the repository."""
    home, code, web = place / "home", free_port(), free_port()
    home.mkdir(parents=True)
    shutil.copyfile(REPO / "deploy" / "postgres" / "dagster.yaml", home / "dagster.yaml")
    environ = {
        **environ_of(home, place / "artifacts"),
        "ML_ASSETS_ENVIRONMENT": "dev",
        "ML_ASSETS_CODE_HOST": "127.0.0.1",
        "ML_ASSETS_CODE_PORT": str(code),
        "DAGSTER_LOGS_BUCKET": BUCKET,
        "DAGSTER_LOGS_PREFIX": "logs",
        **variables,
    }
    live = Deployment(
        url=f"http://127.0.0.1:{web}", home=home, artifacts=place / "artifacts", environ=environ
    )
    grpc = ("dagster", "api", "grpc", "-m", "ml_assets.definitions", "-h", "127.0.0.1", "-p", str(code))
    pages = ("ml_assets.webserver", "-h", "127.0.0.1", "-p", str(web), "-w", str(WORKSPACE))
    with started(live, "code", *grpc) as server:
        _wait_until_open(code, place / "code.log")
        with started(live, "server", *pages) as process:
            wait_until_loaded(live, process)
            yield Production(live=live, code=server)


def _wait_until_open(port: int, log: Path) -> None:
    """A webserver that comes first would state a load error, and not look again for some time."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@contextlib.contextmanager
def started(live: Deployment, name: str, module: str, *words: str) -> Iterator[subprocess.Popen]:
    """One process of a deployment, in a group of its own that is ended afterwards."""
    place = live.home.parent
    with (place / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=place,
            env=live.environ,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            stop(process)
