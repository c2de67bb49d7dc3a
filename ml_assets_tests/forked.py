"""`ml-assets` in processes of their own that are forked from one which has loaded the libraries.

A process that is started anew spends two to four seconds of CPU on imports, which is most of what short commands take.
A fork has an environment, a folder, descriptors and signals of its own, and loads the settings and definitions itself.
What a start itself is (which modules it loads, signals before the first import) is tested with processes started anew.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPO = Path(__file__).parent.parent
LOADED = (  # what a run imports, and nothing that knows settings
    "dagster",
    "dagster._cli",
    "dagster_aws.s3",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "obstore.store",
    "polars",
    "scipy.stats",
    "skops.io",
    "sklearn.ensemble",
    "sklearn.inspection",
    "sklearn.linear_model",
)
STREAMS = 3


@dataclass(kw_only=True)
class Forks:
    """A server of forks. Several threads may ask at once."""

    _process: subprocess.Popen[bytes] | None = None
    _asking: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self, module: str, words: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """What `python -m module words` does there: its exit code and what it printed, as `subprocess.run` gives them."""
        command = [sys.executable, "-m", module, *words]
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            Path(os.devnull).open() as none,
        ):
            ours, its = socket.socketpair()
            with ours, its:
                asked = {"module": module, "words": list(words), "env": dict(env), "cwd": str(cwd)}
                ours.sendall(json.dumps(asked).encode())
                ours.shutdown(socket.SHUT_WR)
                self._send([its.fileno(), none.fileno(), out.fileno(), err.fileno()])
                its.close()
                ours.settimeout(timeout)
                code = int(_all(ours) or -signal.SIGKILL)
            told = [_text(stream) for stream in (out, err)]
        return subprocess.CompletedProcess(command, code, *told)

    def stop(self) -> None:
        """End the server; forks that still run end by themselves."""
        if self._process and self._asking:
            self._asking.close()
            self._process.kill()  # on a busy machine, to end as interpreters do can take it a minute
            self._process.wait()

    def _send(self, descriptors: Sequence[int]) -> None:
        with self._lock:
            if self._asking is None:
                self._asking, its = socket.socketpair()
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "ml_assets_tests.forked", str(its.fileno())],
                    pass_fds=[its.fileno()],
                    env={**os.environ, "PYTHONPATH": str(REPO)},
                )
                its.close()
            socket.send_fds(self._asking, [b"."], descriptors)


def serve(asked: socket.socket) -> None:
    """Fork for each request until nobody can ask any more; a fork returns from here as the command that was asked for."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()  # a look for garbage would touch, and so copy, all that a fork shares with this process
    while True:
        _, descriptors, _, _ = socket.recv_fds(asked, 1, STREAMS + 1)
        if not descriptors:
            return
        if os.fork() == 0:
            asked.close()
            with socket.socket(fileno=descriptors[0]) as one:
                _answer(one, descriptors[1:])
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
        _collect()


def _answer(one: socket.socket, streams: Sequence[int]) -> None:
    """Wait for a fork of this fork, which is the command, and tell its exit code."""
    request = json.loads(_all(one))
    pid = os.fork()
    if pid == 0:
        one.close()
        _become(request, streams)
    _, status = os.waitpid(pid, 0)
    one.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _become(request: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Run the module as `python -m` does, and end this process as its interpreter would."""
    for place, descriptor in enumerate(streams):
        os.dup2(descriptor, place)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.path[:0] = ["", *filter(None, request["env"].get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = [request["module"], *request["words"]]
    sys.exit(_code_of(request["module"]))


def _code_of(module: str) -> Any:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return ended.code
    return 0


def _collect() -> None:
    """Forget forks that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _all(one: socket.socket) -> bytes:
    return b"".join(iter(lambda: one.recv(65536), b""))


def _text(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read().decode())


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        serve(listening)
