"""How many small inputs of each kind of fault the tests try, as `docs/trust.md` tells.

`ML_ASSETS_WRITE_DOCS=1` writes the table anew; without it the test fails where the page tells something else.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "trust.md"
WRITE = bool(os.environ.get("ML_ASSETS_WRITE_DOCS"))
BEGIN, END = "<!-- kinds: written by ml_assets_tests/test_kinds.py -->\n", "<!-- end of kinds -->"


class _Counts:
    """A plugin of pytest that counts what was collected, by the mark `kind`, and prints a line for each."""

    def __init__(self) -> None:
        self.tests: Counter[str] = Counter()
        self.inputs: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            for mark in item.iter_markers("kind"):
                self.tests[mark.args[0]] += 1
                self.inputs[mark.args[0]] += mark.kwargs.get("inputs", 1)
        for kind in sorted(self.tests):
            sys.stdout.write(f"kind\t{kind}\t{self.tests[kind]}\t{self.inputs[kind]}\n")


def _files() -> list[str]:
    return sorted(str(path) for path in HERE.glob("test_*.py") if "mark.kind(" in path.read_text("utf-8"))


def _table() -> str:
    told = subprocess.run(
        [sys.executable, "-m", "ml_assets_tests.test_kinds", *_files()],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    ).stdout
    rows = [line.split("\t")[1:] for line in told.splitlines() if line.startswith("kind\t")]
    lines = ["| kind of fault | tests | inputs |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {kind} | {tests} | {inputs} |" for kind, tests, inputs in rows)]) + "\n"


@pytest.mark.slow
def test_the_page_tells_how_many_inputs_of_each_kind_are_tried() -> None:
    page, table = PAGE.read_text("utf-8"), _table()
    assert "| parameter files |" in table
    written = re.sub(f"(?s)({re.escape(BEGIN)}).*?({re.escape(END)})", rf"\1{table}\2", page)
    if WRITE:
        PAGE.write_text(written, "utf-8")
    assert BEGIN in page
    assert (written == page) or WRITE


if __name__ == "__main__":
    sys.exit(pytest.main(["--collect-only", "-qq", "-p", "no:xdist", *sys.argv[1:]], plugins=[_Counts()]))
