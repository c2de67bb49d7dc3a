"""`ml-assets ui`: Dagster's pages with ours beside them, and all that they need, until it is ended."""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from ml_assets.cli.call import Call
from ml_assets.cli.home import ensure_home
from ml_assets.errors import RefusedError
from ml_assets.terminal.signals import ENDING

MODULE = "ml_assets.webserver.ui"
WORKSPACE = "workspace.yaml"
MOST_PORT = 65535


def ui(call: Call) -> int:
    """Serve on the host and port that are asked for, what the workspace of this folder names."""
    args = call.args
    workspace = Path(args.workspace)
    problems = _problems(args.port, args.host)
    if not workspace.is_file():
        problems.append(
            f"--workspace: {workspace.name} is not there. Allowed: a file that names code locations for Dagster, "
            "such as load_from: [{python_module: {module_name: ml_assets.definitions, location_name: ml_assets}}]."
        )
    if problems:
        raise RefusedError(problems)
    ensure_home()
    address = f"http://{args.host}:{args.port}"
    print(f"Dagster's pages: {address}   forms and runs: {address}/ml-assets/   Ctrl-C ends all", flush=True)
    read_only = ["--read-only"] if args.read_only else []
    _become(["-h", args.host, "-p", args.port, "-w", str(workspace), *read_only])


def _problems(port: str, host: str) -> list[str]:
    """What is wrong with the address, or that somebody else serves there."""
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= MOST_PORT):
        return [f"--port: not a port. Allowed: a whole number from 1 to {MOST_PORT}."]
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return [f"--port: {port} is in use. Give another one, or end what serves there."]
    except OSError:
        return []


def _become(words: list[str]) -> NoReturn:
    """Let this process be the one that serves: it has other signals to listen to than a command has."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    os.execv(sys.executable, [sys.executable, "-m", MODULE, *words])  # noqa: S606  # a list of words, and no shell
