"""The conformance sees faults of the library: each of these is put into it, and a promise is broken.

`ML_ASSETS_WRITE_DOCS=1` writes into `docs/trust.md` which promise it was; without it the test fails where the page tells
something else.
"""

import os
import re

import pytest

from ml_assets.conformance import conform
from ml_assets.conformance.suite import PROMISES
from ml_assets_tests.conftest import REPO
from ml_assets_tests.faults import FAULTS
from ml_assets_tests.test_conformance import DAY, kind

PAGE = REPO / "docs" / "trust.md"
WRITE = bool(os.environ.get("ML_ASSETS_WRITE_DOCS"))
BEGIN, END = (
    "<!-- faults: written by ml_assets_tests/test_conformance_faults.py -->\n",
    "<!-- end of faults -->",
)
HERE = [
    name
    for name in PROMISES
    if "many processes" not in name and "Dagster" not in name and "GraphQL" not in name
]
"""What is tried in this process and quickly: a fault is put into this process alone."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_library_breaks_a_promise_that_the_page_names(fault, monkeypatch):
    fault.put(monkeypatch)

    report = conform(kind(fault.pipeline), values=fault.values, as_of=DAY, quick=True, only=HERE)

    broken = [promise.name for promise in report.broken]
    assert broken, str(report)
    line = f"| {fault.name} | {fault.pipeline} | {broken[0]} | {len(broken) - 1} |"
    if WRITE:
        _write(fault.name, line)
    assert line in PAGE.read_text("utf-8").splitlines(), [line, *map(str, report.broken)]


def test_the_page_names_the_faults_and_no_others():
    table = re.search(f"(?s){re.escape(BEGIN)}(.*?){re.escape(END)}", PAGE.read_text("utf-8"))

    assert table
    assert [line.split(" | ")[0][2:] for line in table[1].splitlines()[2:]] == [
        fault.name for fault in FAULTS
    ]
    assert len(FAULTS) >= 15


def _write(name: str, line: str) -> None:
    """Put the line of a fault into the page; all lines in the order of the faults."""
    page = PAGE.read_text("utf-8")
    table = re.search(f"(?s){re.escape(BEGIN)}(.*?){re.escape(END)}", page)
    assert table
    lines = {row.split(" | ")[0][2:]: row for row in table[1].splitlines()[2:]} | {name: line}
    rows = [lines[fault.name] for fault in FAULTS if fault.name in lines]
    head = ["| fault | tried on | the first promise that it breaks | further ones |", "|---|---|---|---|"]
    text = "\n".join([*head, *rows]) + "\n"
    PAGE.write_text(page.replace(table[0], f"{BEGIN}{text}{END}"), "utf-8")
