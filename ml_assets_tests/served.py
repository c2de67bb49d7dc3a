"""What serves the pages of ml_assets beside Dagster's, for tests: of three pipelines, one of them a stranger's."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import replace

import pytest

from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets_tests.conftest import REPO
from ml_assets_tests.live import deployment, free_port, stop, wait_until_loaded
from ml_assets_tests.small_pipeline import load

UI = ("ml_assets.webserver.ui",)
WORKSPACE = """\
load_from:
  - python_module: {module_name: ml_assets.definitions, location_name: ml_assets}
  - python_module: {module_name: small_shop, location_name: small}
"""


@contextlib.contextmanager
def pipelines(shop):
    """The pipelines that are served, by name; the file of the stranger's is written into `shop`."""
    with pytest.MonkeyPatch.context() as patch:
        yield {"tabular": tabular, "demand": demand, "small": load(shop, patch).small}


@contextlib.contextmanager
def serving(shop):
    """A running deployment that serves our pages too; `shop` has the file of the stranger's pipeline."""
    workspace = shop / "workspace.yaml"
    workspace.write_text(WORKSPACE)
    more = {
        "PYTHONPATH": os.pathsep.join([str(REPO), str(shop)]),
        "ML_ASSETS_PIPELINES": '["small_shop:small"]',
    }
    with deployment(shop / "live", workspace=workspace, command=UI, **more) as live:
        yield live


@contextlib.contextmanager
def another_webserver(live, workspace, *words):
    """A second webserver of the same deployment, with other options."""
    port = free_port()
    command = [sys.executable, "-m", "ml_assets.webserver", "-p", str(port), "-w", str(workspace), *words]
    with (live.home.parent / "another.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=live.home.parent, env=live.environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            prefix = words[words.index("--path-prefix") + 1] if "--path-prefix" in words else ""
            another = replace(live, url=f"http://127.0.0.1:{port}{prefix}", pid=process.pid)
            wait_until_loaded(another, process)
            yield another
        finally:
            stop(process)


def post(live, path, body, **headers):
    """The status and the JSON that a path answers; `body` is JSON, or bytes that are sent as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    request = urllib.request.Request(f"{live.url}{path}", data=data, headers=given)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def api(live, what, pipeline, **body):
    """What the API answers about a pipeline; AssertionError where it answers with an error."""
    status, answer = post(live, f"/ml-assets/api/{pipeline}/{what}", body)
    assert status == 200, answer
    return answer


def get(live, path, **headers):
    """The status, the headers and the text of a page; redirects are not followed."""
    host, _, rest = live.url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=120)
    connection.request("GET", f"{'/' if rest else ''}{rest}{path}", headers=headers)
    response = connection.getresponse()
    with contextlib.closing(connection):
        return response.status, dict(response.getheaders()), response.read().decode()


@contextlib.contextmanager
def recording(live):
    """A proxy before a deployment, and the launches that went through it as they were sent."""
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    sent = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if json.loads(body)["query"].startswith("mutation"):
                sent.append(json.loads(body))
            request = urllib.request.Request(
                f"{live.url}{self.path}", data=body, headers={"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=60) as response:
                answer = response.read()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", sent
        server.shutdown()


def listens(port):
    """Whether anything listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
