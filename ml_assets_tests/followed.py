"""A page of the documentation, followed literally in an empty folder: its files, its commands, what they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

from ml_assets_tests.conftest import REPO, WORKERS, bare

BLOCK = re.compile(r"^```(python|toml|yaml|console|bash)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"# ([\w./]+)\n")


def page(name):
    return (REPO / "docs" / name).read_text()


def steps(text):
    """Files and commands in the order of the page: (file, body), (command, what it prints), or what is only told."""
    for kind, body in BLOCK.findall(text):
        if kind == "console":
            for part in body.split("$ ")[1:]:
                command, _, printed = part.partition("\n")
                yield "run", command, printed
        elif kind == "bash":
            yield "told", body, ""
        elif named := NAMED.match(body):
            yield "write", named[1], body


def files(text):
    """Each file as the page has it first."""
    written = {}
    for act, name, body in steps(text):
        if act == "write":
            written.setdefault(name, body)
    return written


def follow(text, folder, *, told=lambda body, folder: None):
    """What each command prints that is not what the page says, or how it ends where nothing is refused; `told` does what stands for blocks that are not run."""
    wrong = []
    for act, name, body in steps(text):
        if act == "write":
            write(folder, name, body)
        elif act == "told":
            told(name, folder)
        else:
            code, printed = run(name, folder)
            if not matches(body, printed) or (code != 0) is not ("Refused:" in body):
                wrong.append((name, body, code, printed))
    return wrong


def write(folder, name, body):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(body)


def run(command, folder):
    write(folder, "home/dagster.yaml", "")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=bare(
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            PYTHONPATH=f"{folder}:{REPO}",
            PYTHONDONTWRITEBYTECODE="1",
            DAGSTER_HOME=folder / "home",
            DAGSTER_DISABLE_TELEMETRY="1",
            HOME=folder / "home",
            COLUMNS="200",
            **WORKERS,
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout


def matches(wanted, printed):
    """Whether what was printed is what is wanted, where `...` is anything and ends of lines may be padded."""
    printed = re.sub(r" +$", "", printed.strip(), flags=re.MULTILINE)
    pattern = r".*".join(map(re.escape, wanted.strip().split("...")))
    return re.fullmatch(pattern, printed, re.DOTALL) is not None
