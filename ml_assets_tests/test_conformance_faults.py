"""The conformance sees faults of the library: each of these is put into it, and a promise is broken.

That the same pipelines keep these promises without the fault, `test_conformance.py` shows. `ML_ASSETS_WRITE_DOCS=1` writes
the table of `docs/trust.md`; without it a test fails where the page tells something else.
"""

import os
import re

import pytest

from ml_assets.conformance import conform
from ml_assets_tests.conftest import REPO
from ml_assets_tests.faults import FAULTS
from ml_assets_tests.test_conformance import DAY, kind

PAGE = REPO / "docs" / "trust.md"
WRITE = bool(os.environ.get("ML_ASSETS_WRITE_DOCS"))
BEGIN, END = (
    "<!-- faults: written by ml_assets_tests/test_conformance_faults.py -->\n",
    "<!-- end of faults -->",
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_library_breaks_the_promise_that_the_page_names(fault, monkeypatch):
    fault.put(monkeypatch)

    report = conform(kind(fault.pipeline), values=fault.values, as_of=DAY, quick=True, only=[fault.breaks])

    assert [promise.name for promise in report.broken] == [fault.breaks], str(report)


def test_the_page_tells_of_each_fault_and_the_promise_that_it_breaks():
    page = PAGE.read_text("utf-8")
    rows = [f"| {fault.name} | {fault.pipeline} | {fault.breaks} |" for fault in FAULTS]
    table = "\n".join(["| fault | tried on | the promise that it breaks |", "|---|---|---|", *rows]) + "\n"
    written = re.sub(f"(?s)({re.escape(BEGIN)}).*?({re.escape(END)})", rf"\1{table}\2", page)
    if WRITE:
        PAGE.write_text(written, "utf-8")
    assert BEGIN in page
    assert (written == page) or WRITE
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 15
