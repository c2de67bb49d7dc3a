"""What the README shows: its pipeline and its commands, followed literally; and that it stays short."""

import re

import pytest

from ml_assets_tests.conftest import REPO
from ml_assets_tests.followed import follow, steps

README = (REPO / "README.md").read_text()
LINK = re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")


@pytest.mark.slow
def test_the_pipeline_of_the_readme_is_refused_and_swept_as_it_says(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()

    assert follow(README, tmp_path) == []


def test_the_readme_has_a_pipeline_and_commands_to_follow():
    acts = [act for act, *_ in steps(README)]

    assert acts.count("write") == 1
    assert acts.count("run") == 2


def test_the_readme_is_read_in_one_go():
    assert len(README.splitlines()) < 200


def test_every_page_that_a_page_links_to_is_there_and_has_the_section():
    wrong = []
    for page in (REPO / "README.md", REPO / "CONTEXT.md", *(REPO / "docs").rglob("*.md")):
        for path, section in LINK.findall(page.read_text()):
            if "://" in path or path.startswith("data:"):
                continue
            target = page.parent / path
            if not target.exists() or (section and section not in sections(target)):
                wrong.append((page.name, path, section))

    assert wrong == []


def sections(page):
    """The anchors of a page's headings, as a forge makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
