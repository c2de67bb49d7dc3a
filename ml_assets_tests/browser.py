"""A running deployment and a real browser for tests: a webserver, a daemon, and chromium that sees only them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from ml_assets_tests.conftest import REPO

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZE = {"width": 1400, "height": 900}
PATIENCE = 90


def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def deployment(place, *, env=None):
    """A webserver and a daemon with a Dagster home, an artifact root and a log under `place`; yields the URL."""
    home, port = place / "dagster_home", free_port()
    home.mkdir()
    shutil.copyfile(REPO / "ml_assets" / "cli" / "dagster.yaml", home / "dagster.yaml")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ML_ASSETS_")}
    full = {
        **kept,
        "PYTHONPATH": str(REPO),
        "DAGSTER_HOME": str(home),
        "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": str(place / "artifacts"),
        **(env or {}),
    }
    words = ("-m", "ml_assets.definitions")
    web = ["dagster_webserver", "-h", "127.0.0.1", "-p", str(port), *words]
    with (place / "servers.log").open("wb") as log:
        started = [
            subprocess.Popen([sys.executable, "-m", *command], env=full, cwd=place, stdout=log, stderr=log)
            for command in (web, ["dagster._daemon", "run", *words])
        ]
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: _answers(url) or _ended(started, place))
            yield url
        finally:
            for process in started:
                process.terminate()
            for process in started:
                _end(process)


def _end(process):
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ended(started, place):
    if any(process.poll() is not None for process in started):
        raise RuntimeError((place / "servers.log").read_text()[-3000:])
    return False


def _answers(url):
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def wait_for(found, *, seconds=PATIENCE):
    """What `found()` returns as soon as it is true; AssertionError when that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.25)
    raise AssertionError(f"nothing was found in {seconds} s")


def query(url, text, **variables):
    """The data of one GraphQL query."""
    body = json.dumps({"query": text, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["data"]


RUNS = "{ runsOrError { ... on Runs { results { runId status tags { key value } } } } }"


def runs(url):
    """Every run of the deployment, the latest first."""
    return query(url, RUNS)["runsOrError"]["results"]


@contextmanager
def browsing():
    """A page of chromium that can reach 127.0.0.1 and nothing else."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = chromium.new_context(viewport=SIZE)
        context.route("**/*", _only_this_machine)
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page
        chromium.close()


def _only_this_machine(route):
    if route.request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
        route.continue_()
    else:
        route.abort()


def keep(page, name):
    """Save what the page shows under docs/images, where screenshots were asked for."""
    if os.environ.get("ML_ASSETS_SCREENSHOTS") != "1":
        return
    from io import BytesIO

    from PIL import Image

    folder = Path(REPO) / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(128).save(folder / f"{name}.png", optimize=True)
