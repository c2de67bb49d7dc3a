"""The page with the rules of a pipeline, followed literally beside the files of the tutorial: its files, its commands, what they print."""

import re

import pytest

from ml_assets_tests.followed import BLOCK, files, follow, page, steps, write

PAGE = page("pipelines.md")


@pytest.mark.slow(minutes=1)
def test_a_stranger_who_follows_the_page_gets_what_it_says(tmp_path):
    for name, body in files(page("your_pipeline.md")).items():
        if name.startswith("shop/") or name == "pyproject.toml":
            write(tmp_path, name, body)
    write(tmp_path, "shop/__init__.py", "")

    assert follow(PAGE, tmp_path) == []


def test_every_file_and_command_of_the_page_is_followed():
    named = len(re.findall(r"^```(python|toml|yaml)\n# \S+\n", PAGE, re.MULTILINE))

    assert len(list(steps(PAGE))) == PAGE.count("\n$ ") + named
    assert named == len([kind for kind, _ in BLOCK.findall(PAGE) if kind != "console"])
    assert PAGE.count("\n```") == 2 * len(BLOCK.findall(PAGE))
