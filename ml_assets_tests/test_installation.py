"""`.venv` has what runs need and no more; what tests need as well is in `.venv-test`."""

import ast
import functools
import importlib.metadata
import os
import subprocess
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ml_assets_tests.conftest import REPO, output_of

try:
    import tomllib
except ImportError:
    import tomli as tomllib

PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
EXTRAS = ("dask", "deploy", "forecast", "sweep", "tracking")

RUN = """
import sys
from importlib.machinery import PathFinder

class WithoutThem(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if path is None and name in %r else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutThem
from ml_assets.cli.main import main
print([main(words.split()) for words in %r])
"""


brought = functools.cache(importlib.metadata.packages_distributions)


def closure(lines):
    """The distributions that are installed where these are asked for."""
    found, waiting = set(), [(Requirement(line), ()) for line in lines]
    while waiting:
        wanted, extras = waiting.pop()
        key = (canonicalize_name(wanted.name), *sorted(wanted.extras))
        if key not in found and is_needed(wanted, extras):
            found.add(key)
            inner = importlib.metadata.requires(wanted.name) or ()
            waiting += [(Requirement(line), wanted.extras) for line in inner]
    return {name for name, *_ in found}


def is_needed(requirement, extras):
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or ("",))


def modules_of(lines):
    """What can be imported where these are installed."""
    distributions = closure(lines)
    return {
        module for module, names in brought().items() if distributions & set(map(canonicalize_name, names))
    }


@pytest.fixture(scope="module")
def modules():
    return modules_of(PROJECT["dependencies"])


@pytest.mark.slow
def test_runs_of_both_pipelines_need_only_what_is_declared_for_runs(modules):
    absent = brought().keys() - modules - {"ml_assets"}

    done = output_of(RUN % (absent, ("run", "run --pipeline demand")))

    assert done.splitlines()[-1] == "[0, 0]"
    assert {"dask", "distributed", "moto", "optuna", "pandas", "pytest", "statsmodels"} <= absent


def test_what_the_package_imports_is_declared_for_runs_or_by_an_extra(modules):
    trees = (ast.parse(path.read_text()) for path in (REPO / "ml_assets").rglob("*.py"))
    names = {name.partition(".")[0] for tree in trees for node in ast.walk(tree) for name in imported(node)}

    beyond = names - modules - sys.stdlib_module_names - {"ml_assets"}

    assert beyond == {"distributed", "mlflow", "optuna", "statsmodels"}
    assert beyond <= modules_of(line for name in EXTRAS for line in PROJECT["optional-dependencies"][name])


def imported(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []


def planned(target, **variables):
    """What make would do; it does nothing."""
    words = ["make", "-n", target, *(f"{name}={value}" for name, value in variables.items())]
    return subprocess.run(words, cwd=REPO, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("uv", ["", "/opt/uv"])
def test_runs_and_tests_have_an_environment_each_and_neither_makes_the_other(tmp_path, uv):
    places = {"VENV": tmp_path / "runs", "TESTS": tmp_path / "tests", "UV": uv}

    runs, tests = planned("run", **places), planned("test", **places)

    assert f"rm -rf {tmp_path}/runs &&" in runs
    assert "-c constraints.txt" in runs
    assert "[dev" not in runs + tests.replace("'.[dev,quality]'", "")
    assert str(tmp_path / "tests") not in runs
    assert str(tmp_path / "runs") not in tests
    assert ("/opt/uv pip install" in runs) == bool(uv)


def test_an_environment_of_before_is_made_anew(tmp_path):
    (tmp_path / ".installed").touch()
    fresh = planned("setup", VENV=tmp_path)
    os.utime(tmp_path / ".installed", (0, 0))

    assert "rm -rf" not in fresh
    assert f"rm -rf {tmp_path} &&" in planned("setup", VENV=tmp_path)
