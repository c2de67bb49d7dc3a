"""A command at a terminal of its own, as a person has it: what it shows, and what is typed there."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

from ml_assets_tests.conftest import REPO

COMMANDS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # to the terminal: colours, and where to write next


def at_a_terminal(words, place, *, typed="", after="", columns=80, seconds=240, **more):
    """The exit code of a command, and all that its terminal got; `typed` is typed once it shows `after`."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    hidden = {"CI", "COLUMNS", "LINES", "NO_COLOR"}
    environ = {name: value for name, value in os.environ.items() if name not in hidden}
    environ |= {"PYTHONPATH": str(REPO), "TERM": "xterm-256color", **more}
    command = [sys.executable, "-m", "ml_assets.cli.main", *words]
    told, end = b"", time.monotonic() + seconds
    with subprocess.Popen(command, env=environ, cwd=place, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        with contextlib.suppress(OSError):  # that is how Linux tells the end
            while time.monotonic() < end:
                if select.select([ours], [], [], 1)[0]:
                    told += os.read(ours, 65536)
                if typed and after.encode() in told:
                    os.write(ours, typed.encode())
                    typed = ""
        if time.monotonic() >= end:
            process.kill()
    os.close(ours)
    return process.returncode, told.decode().replace("\r\n", "\n")


def plain(text):
    """What stays to be read of it: without colours, and without lines that were written over."""
    lines = COMMANDS.sub("", text.replace("\x1b[2K", "\r")).split("\n")
    return "\n".join(line.rsplit("\r", 1)[-1] for line in lines)
