"""Counts and numbers as people read them: `1 day`, never `1 days`."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.text import change, count, rounded
from ml_assets_tests.conftest import REPO

NOUNS = (
    "artifacts|assets|bytes|classes|columns|combinations|commands|days|entities|entries|events|features|files|hours|"
    "metrics|minutes|names|presets|problems|processes|rows|runs|seconds|sets|trials|values|weeks|workers"
)
ONE_OF_MANY = re.compile(rf"(?<![\w.,=:])1 (?:(?!(?:to|and) )[a-z]+ )?(?:{NOUNS})\b")
UNCOUNTED = re.compile(rf"\{{(?:len|sum)\([^{{}}]*\)(?::,)?\}} (?:more )?(?:{NOUNS})\b")
RENDERED = [*(REPO / "ml_assets_tests/vectors/renderings").glob("*.[mt][dx]*"), *(REPO / "docs").glob("*.md")]
FOLLOWED = ("pipelines", "conformance", "errors.py")
"""Where a word is code of an asset, so that another would make what is stored stale, or for authors of pipelines."""


@pytest.mark.parametrize(
    "page", [path for path in RENDERED if path.name != "mutants.md"], ids=lambda path: path.name
)
def test_no_rendering_tells_one_of_many(page):
    assert not ONE_OF_MANY.findall(page.read_text(encoding="utf-8"))


def test_what_was_looked_for_would_be_found():
    assert ONE_OF_MANY.search("failed on 1 days")
    assert ONE_OF_MANY.search("(1 training rows)")
    assert not ONE_OF_MANY.search("of 21 days, 0.1 days, 1 day")
    assert UNCOUNTED.search('f"{len(days)} days"')


def test_no_sentence_of_the_library_counts_by_itself():
    files = [
        path
        for path in Path(REPO / "ml_assets").rglob("*.py")
        if path.parts[len(REPO.parts) + 1] not in FOLLOWED
    ]
    found = {
        str(path.relative_to(REPO)): UNCOUNTED.findall(path.read_text(encoding="utf-8")) for path in files
    }

    assert {name: lines for name, lines in found.items() if lines} == {}


@given(st.integers(0, 10**6))
def test_one_is_one_and_all_else_are_many(many):
    assert (count(many, "day") == "1 day") is (many == 1)
    assert count(many, "entity", "entities").endswith(" entity" if many == 1 else " entities")
    assert change(-many, "row").endswith(" row" if many == 1 else " rows")
    assert count(many, "row", grouped=True).replace(",", "") == count(many, "row")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.7265637778, "0.7266"),
        (0.1140249396, "0.1140"),
        (2.6031434185, "2.603"),
        (123.456, "123.5"),
        (12345.6, "12,346"),
        (0.00001234567, "1.235e-05"),
        (-0.5, "-0.5000"),
        (3.0, "3"),
        (0.0, "0"),
    ],
)
def test_a_number_has_four_significant_digits(value, text):
    assert rounded(value) == text
