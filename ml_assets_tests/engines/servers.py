"""Parts of an engine in processes that end with a block; it imports no engine, for each has an environment of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time


def free_port():
    """A port of 127.0.0.1 at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def process(*command):
    """A process that ends with the block, and those that it has started with it."""
    running = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
    try:
        yield
    finally:
        running.terminate()
        try:
            running.wait(timeout=30)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)  # the group is this process's own


def until(ready, what, *, seconds, told=str):
    """What `ready` gives as soon as it is true; TimeoutError, with what `told` gives, where that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := ready():
            return value
        time.sleep(1)
    raise TimeoutError(f"{what} did not come within {seconds} s: {told()[-4000:]}")
