"""The tutorial on a pipeline of one's own, followed literally in an empty folder.

Blocks of `bash` are not run. `pip install` is replaced by the environment that is there, and that of the reader's package by
what an installer leaves behind; `dg dev` does not end. Days are made in one process, to spare time.
"""

import re
import sys

import pytest

from ml_assets_tests.followed import BLOCK, follow, page, steps, write

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = page("your_pipeline.md")


def installed(body, folder):
    """What `pip install -e .` leaves behind, where the block says so."""
    if "pip install -e ." not in body:
        return
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    points = [
        "\n".join([f"[{group}]", *(f"{name} = {value}" for name, value in named.items())])
        for group, named in project["entry-points"].items()
    ]
    info = f"{project['name']}-{project['version']}.dist-info"
    told = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    write(folder, f"{info}/METADATA", told)
    write(folder, f"{info}/entry_points.txt", "\n".join(points))


@pytest.mark.slow(minutes=1)
def test_a_stranger_who_follows_the_tutorial_gets_what_it_says(tmp_path):
    assert follow(PAGE, tmp_path, told=installed) == []


def test_every_file_and_command_of_the_tutorial_is_followed():
    kinds = [kind for kind, _ in BLOCK.findall(PAGE)]
    named = len(re.findall(r"^```(python|toml|yaml)\n# \S+\n", PAGE, re.MULTILINE))

    assert named == len([kind for kind in kinds if kind not in {"console", "bash"}])
    assert len(list(steps(PAGE))) == PAGE.count("\n$ ") + named + kinds.count("bash")
    assert PAGE.count("\n```") == 2 * len(kinds)
