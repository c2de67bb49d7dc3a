"""What lies in `defs/` is loaded: a file that somebody drops there, and Dagster's own tools find it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml_assets_tests.conftest import REPO

OWN = """
import dagster as dg
from ml_assets.adapter.partitions import daily

@dg.asset(partitions_def=daily())
def dropped() -> dict:
    return {"dropped": True}
"""


@pytest.fixture
def project(tmp_path):
    """A copy of the project into whose `defs/` a file was dropped."""
    shutil.copytree(REPO / "ml_assets", tmp_path / "ml_assets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPO / "pyproject.toml", tmp_path)
    (tmp_path / "ml_assets/defs/dropped.py").write_text(OWN)
    return tmp_path


def run(project, *words):
    return subprocess.run(
        words,
        env={**os.environ, "PYTHONPATH": str(project), "COLUMNS": "200"},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_file_that_is_dropped_there_is_loaded(project):
    program = "from ml_assets.definitions import defs; print(defs.resolve_assets_def('dropped').key)"

    done = run(project, sys.executable, "-c", program)

    assert done.returncode == 0, done.stderr
    assert "dropped" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("words", [("list", "defs"), ("check", "defs")])
def test_dagsters_own_tools_pass(project, words):
    dg = Path(sys.executable).parent / "dg"
    if not dg.exists():
        pytest.skip("dagster-dg-cli is not here")

    done = run(project, str(dg), *words)

    assert done.returncode == 0, done.stdout + done.stderr
    if words[0] == "list":
        assert "dropped" in done.stdout
