"""The pins of `make test-lowest` are the lower bounds of pyproject.toml."""

import re

import pytest

from ml_assets_tests.lowest import REPO, TOOLS, pins


@pytest.mark.kind("lowest versions", inputs=len(pins()) - len(TOOLS))
def test_every_dependency_is_tried_at_the_version_that_its_range_begins_with():
    stated = (REPO / "pyproject.toml").read_text()

    pinned = [line.split("==") for line in pins() if "==" in line]

    assert len(pinned) == len(pins()) - len(TOOLS)
    for name, version in pinned:
        assert re.search(rf'"{re.escape(name)}>={re.escape(version)},<', stated)
