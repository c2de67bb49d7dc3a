"""The page on pipelines of one's own, followed literally in an empty folder: its files, its commands, what they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ml_assets_tests.conftest import REPO

PAGE = (REPO / "docs" / "pipelines.md").read_text()
BLOCK = re.compile(r"^```(python|toml|yaml|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"# ([\w./]+)\n")


def steps(text):
    """Files and commands in the order of the page: (file, body), or (command, what it prints)."""
    for kind, body in BLOCK.findall(text):
        if kind == "console":
            for part in body.split("$ ")[1:]:
                command, _, printed = part.partition("\n")
                yield "run", command, printed
        elif named := NAMED.match(body):
            yield "write", named[1], body


def follow(text, folder):
    """What each command prints that is not what the page says."""
    wrong = []
    for act, name, body in steps(text):
        if act == "write":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(body)
        elif not matches(body, printed := run(name, folder)):
            wrong.append((name, body, printed))
    return wrong


def run(command, folder):
    (folder / "home").mkdir(exist_ok=True)
    (folder / "home" / "dagster.yaml").touch()
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{folder}:{REPO}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "DAGSTER_HOME": str(folder / "home"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "HOME": str(folder / "home"),
            "COLUMNS": "200",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    return done.stdout


def matches(wanted, printed):
    """Whether what was printed is what is wanted, where `...` is anything."""
    pattern = r".*".join(map(re.escape, wanted.strip().split("...")))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@pytest.mark.slow
def test_a_stranger_who_follows_the_page_gets_what_it_says(tmp_path):
    assert follow(PAGE, tmp_path) == []


def test_every_file_and_command_of_the_page_is_followed():
    named = len(re.findall(r"^```(python|toml|yaml)\n# \S+\n", PAGE, re.MULTILINE))

    assert len(list(steps(PAGE))) == PAGE.count("\n$ ") + named
    assert named == len([kind for kind, _ in BLOCK.findall(PAGE) if kind != "console"])
    assert PAGE.count("\n```") == 2 * len(BLOCK.findall(PAGE))
