"""One identity in every engine: the same run_id, path and bytes in Dagster, Prefect, Airflow and plain Python.

`make test-engines` makes the environments under `.engines`; what is not there is skipped.
"""

import datetime as dt
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

from ml_assets.core.markup import table
from ml_assets.core.run_id import run_id
from ml_assets.pipeline.code import code_of
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.conftest import REPO, bare
from ml_assets_tests.engines.cases import AS_OF, BAD, GOOD, SECRET
from ml_assets_tests.released import tree

ENGINES = {
    "plain Python": ("plain", "plain_python"),
    "Prefect": ("prefect", "in_prefect"),
    "Airflow": ("airflow", "in_airflow"),
}
PAGE = REPO / "docs" / "engines.md"
MARKS = ("<!-- refused: begin -->\n", "<!-- refused: end -->\n")
WRITE = bool(os.environ.get("ML_ASSETS_WRITE_DOCS"))
QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # 20 s are few for its first start
    "PREFECT_RUNNER_POLL_FREQUENCY": "1",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "true",
}

asked_for = pytest.mark.skipif(
    "TEST_ENGINES" not in os.environ, reason="the other engines: make test-engines"
)


def python(engine):
    return REPO / ".engines" / ENGINES[engine][0] / "bin" / "python"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One folder; `shared` is the root that all engines share."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="module")
def dagster(place):
    """The run in Dagster, in a root of its own and in that which all share."""
    for environment in ("staging", "dev"):
        words = [f"--{name.replace('_', '-')}={value}" for name, value in GOOD.items()]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "ml_assets.cli.main",
                "run",
                "--as-of",
                AS_OF,
                *words,
                "--environment",
                environment,
            ],
            env=variables(place, "dagster"),
            cwd=place,
            check=True,
            capture_output=True,
        )
    subprocess.run(
        [sys.executable, "-m", "ml_assets_tests.engines.in_dagster"],
        env=variables(place, "dagster"),
        cwd=place,
        check=True,
        capture_output=True,
    )
    return tree(place / "dagster"), tree(place / "shared")


@pytest.fixture(scope="module")
def told(place, dagster):
    """What each engine's own script prints, by engine; all that are installed run at once."""
    there = [engine for engine in ENGINES if python(engine).is_file()]
    with ThreadPoolExecutor() as pool:
        return dict(zip(there, pool.map(lambda engine: script(engine, place), there), strict=True))


def variables(place, name):
    """A home and a root of its own for each engine, and no settings but these."""
    home = place / f"{name}-home"
    return bare(
        "PATH",
        "LANG",
        **QUIET,
        HOME=home,
        DAGSTER_HOME=home / "dagster",
        PREFECT_HOME=home / "prefect",
        AIRFLOW_HOME=home / "airflow",
        ML_ASSETS_ENVIRONMENTS__STAGING__ROOT=place / name,
        ML_ASSETS_ENVIRONMENTS__DEV__ROOT=place / "shared",
    )


def script(engine, place):
    folder, module = ENGINES[engine]
    (place / f"{folder}-home").mkdir()
    done = subprocess.run(
        [python(engine), "-m", f"ml_assets_tests.engines.{module}"],
        env=variables(place, folder),
        cwd=place / f"{folder}-home",
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def installed(engine, told):
    if engine not in told:
        pytest.skip(f"{engine} is not installed under .engines: make test-engines")
    return told[engine]


def data(files, pipeline=tabular):
    """The files of a pipeline's artifacts without manifests, which tell when and where they were made."""
    folders = (f"{pipeline.folder}/",) if pipeline.folder else tuple(f"{name}/" for name in pipeline.assets)
    return {path: digest for path, digest in files.items() if "/data-" in path and path.startswith(folders)}


@asked_for
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_parameters_have_one_run_id_one_path_and_the_same_bytes(engine, told, place, dagster):
    installed(engine, told)

    own = data(tree(place / ENGINES[engine][0]))

    assert own == data(dagster[0])
    assert {path.split("/")[0] for path in own} == set(tabular.assets)
    whole = run_id(TrainingParameters(**GOOD), dt.date.fromisoformat(AS_OF))
    assert sum(f"/run={whole}/" in path for path in own) == sum(
        not path.startswith("training_set") for path in own
    )


@asked_for
@pytest.mark.parametrize("engine", ENGINES)
def test_another_pipeline_has_the_same_bytes_too(engine, told, place, dagster):
    installed(engine, told)

    own = data(tree(place / ENGINES[engine][0]), demand)

    assert own == data(dagster[0], demand)
    assert {path.split("/")[1] for path in own} == set(demand.assets)


@asked_for
def test_whichever_runs_second_reuses_what_is_there(told, place, dagster):
    if not told:
        pytest.skip("no engine is installed under .engines: make test-engines")
    assert tree(place / "shared") == dagster[1], "not one file more, manifests and history included"


@asked_for
def test_the_rings_work_where_there_is_no_dagster(told):
    found = installed("plain Python", told)

    assert found["dagster"] is False
    assert found["modules"] > 100


@asked_for
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", BAD)
def test_bad_values_train_nothing(engine, case, told):
    found = installed(engine, told)["bad"][case]

    assert found["trained"] is False
    assert found["told"]


@asked_for
def test_the_page_tells_what_each_engine_refuses_and_in_which_words(told):
    if len(told) < len(ENGINES):
        pytest.skip("not every engine is installed under .engines: make test-engines")
    begin, end = MARKS
    before, _, rest = PAGE.read_text().partition(begin)
    written, _, after = rest.partition(end)

    if WRITE:
        PAGE.write_text(before + begin + page(told) + end + after)
    else:
        assert written == page(told)


def page(told):
    """Two tables: where each case is stopped, and the words."""
    found = {engine: told[engine]["bad"] for engine in ENGINES}
    where = {case: [stopped(found[engine][case]) for engine in ENGINES] for case in BAD}
    words = {case: [f"`{message(found[engine][case]['told'])}`" for engine in ENGINES] for case in BAD}
    return (
        "\n"
        + "\n\n".join(
            table(("typed", *ENGINES), [(case, *cells) for case, cells in rows.items()])
            for rows in (where, words)
        )
        + "\n\n"
    )


def stopped(found):
    return "before its run exists" if not found["runs"] else "in its run, before any work"


def message(text):
    """The one line that says what is wrong, however much stands around it."""
    text = text.replace("\\n", "\n")
    ours = re.search(r"Nothing was started\.\n([a-z_]+: .*)", text)
    theirs = re.search(
        r"(Invalid input for param [a-z_]+: .*|Validation failed for field .*|- (?:parameters|as_of): .*)",
        text,
    )
    found = ours or theirs
    assert found, text[-2000:]
    line = re.sub(r"at most \d{4}-\d{2}-\d{2}", "at most DAY", found[1].strip(' "}-'))
    return line.replace(SECRET, "VALUE").replace("|", "\\|")


def test_what_the_examples_need_is_what_the_project_needs_without_dagster():
    project = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["forecast"]]
    wanted = {line for line in needed if not line.startswith("dagster")}
    lines = (REPO / "examples/requirements.txt").read_text().splitlines()

    assert {line for line in lines if line and not line.startswith(("#", "boto3"))} == wanted


@pytest.mark.parametrize("engine", ["prefect", "airflow"])
def test_what_decides_bytes_has_the_same_version_in_every_engine(engine):
    packages = {package for asset in tabular.assets.values() for package in code_of(asset).packages}
    deciding = {name.replace("_", "-") for name in packages}
    here, there = (pins(REPO / name) for name in ("constraints.txt", f"examples/constraints-{engine}.txt"))

    assert {name: there.get(name) for name in deciding} == {name: here[name] for name in deciding}


def pins(path):
    """The lines of each package, by its name."""
    found = {}
    for line in Path(path).read_text().splitlines():
        if "==" in line:
            found.setdefault(line.partition("==")[0].lower().replace("_", "-"), []).append(line)
    return found
