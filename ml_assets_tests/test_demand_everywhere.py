"""One pipeline, the same bytes: whatever runs it, however often, in whichever process, with however many threads."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import numpy as np
import pytest

from ml_assets.pipelines.demand import demand
from ml_assets_tests.conftest import REPO
from ml_assets_tests.released import tree
from ml_assets_tests.scenario import failure_of
from ml_assets_tests.small_pipeline import load

DAY = dt.date(2025, 12, 1)
DAYS = [DAY - dt.timedelta(days=n) for n in (1, 0)]
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
PARTS = '''
import datetime as dt
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans

from ml_assets import Field, Parameters, Pipeline, Product


class Size(Parameters):
    """What decides a table."""

    rows: int = Field(300, ge=20, le=10_000, description="Rows of the table")


class Groups(Size):
    """What decides groups."""

    groups: int = Field(3, ge=2, le=9, description="How many groups there are")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of where they begin")


parts = Pipeline("parts", Groups, path=("groups",))


@parts.asset
def table(params: Size, as_of: dt.date) -> pl.DataFrame:
    """Numbers of a day, and their sums by kind; of floats, whose order decides the last digit."""
    dice = np.random.default_rng(as_of.toordinal())
    numbers = pl.DataFrame({"kind": dice.integers(0, 5, params.rows), "x": dice.normal(size=params.rows)})
    total = numbers.sort(pl.all()).group_by("kind", maintain_order=True).agg(total=pl.col("x").sum())
    return numbers.sort(pl.all()).join(total, on="kind", maintain_order="left")


@parts.asset
def arrays(params: Size, table: pl.DataFrame) -> dict[str, np.ndarray]:
    """One grid, lying in memory in several ways."""
    grid = table["x"].to_numpy()[:24].reshape(4, 6)
    return {"plain": grid, "transposed": grid.T, "strided": grid[::2, ::-1], "by_column": np.asfortranarray(grid)}


@parts.asset
def corners(params: Size, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """What whoever comes after sees of them."""
    return {name: [array[0, 0], array[-1, 0], array[0, -1]] for name, array in arrays.items()}


@parts.asset
def clusters(params: Groups, table: pl.DataFrame) -> BaseEstimator:
    """Groups of rows: other ones with two threads than with one."""
    points = table.select("x", "total").to_numpy()
    return KMeans(params.groups, n_init=2, random_state=params.seed).fit(points)


@parts.asset
def note(params: Groups, clusters: BaseEstimator, corners: dict[str, Any]) -> Product[str]:
    """A text, and a table beside it."""
    text = f"# Groups\\n\\n{clusters.inertia_:.6f} {corners['plain'][0]:.6f}\\n"
    return Product(text, attachments={"centers.parquet": pl.DataFrame(clusters.cluster_centers_, ["x", "total"])})


defs = parts.definitions()
'''
TASK = """
import sys
from ml_assets.pipeline.run import Run, make

run = Run.model_validate_json(sys.stdin.read())
make(run, sys.argv[1:])
print(run.model_dump_json())
"""
MANY = """
import sys
from ml_assets.pipelines.demand import demand
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipeline.run import make, resolve
from parts import parts

SMALL = {"lookback_days": 120, "holdout_days": 14, "calibrate": True}
RUNS = [
    resolve(demand, {"method": "both", "weeks": 9}, as_of="2025-12-01"),
    resolve(parts, {}, as_of="2025-12-01"),
    resolve(tabular, SMALL, as_of="2025-12-01"),
    resolve(tabular, {**SMALL, "model_version": "v2", "max_iter": 5}, as_of="2025-12-01"),
]
for _ in range(int(sys.argv[1])):
    for run in RUNS:
        for asset, made in make(run, store=None).items():
            for file in made.manifest.files:
                print(run.pipeline.name, run.run_id, asset, file.name, file.sha256)
"""
EACH = {"demand": 4, "parts": 6}  # files that one run leaves behind
RUNS = {"demand": {"method": "both", "weeks": 9, "shop": "south"}, "parts": {"groups": 4}}
SHARED = {"demand": ["history"], "parts": ["table", "arrays"]}


@pytest.fixture
def parts(tmp_path, monkeypatch):
    """The module of a pipeline that is written here, in a folder of its own."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return load(folder, monkeypatch, name="parts", source=PARTS)


@pytest.fixture(params=EACH)
def pipeline(request, parts):
    return {"demand": demand, "parts": parts.parts}[request.param]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Takes a name: from then on artifacts are kept in the folder of that name."""

    def use(name):
        monkeypatch.setenv("ML_ASSETS_ENVIRONMENTS__DEV__ROOT", str(tmp_path / name))
        return tmp_path / name

    return use


def data(folder, days=(DAY,)):
    """The digest of each file of these days but those that tell when and where it was made."""
    return {
        path: digest
        for path, digest in tree(folder).items()
        if "/data-" in path and any(f"/as_of={day}/" in path for day in days)
    }


def in_plain_python(pipeline, days):
    for day in days:
        pipeline.make(pipeline.resolve(RUNS[pipeline.name], as_of=day))


def in_dagster(pipeline, days):
    first, last = str(days[0]), str(days[-1])
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    job = pipeline.definitions().resolve_job_def(pipeline.name)
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            run_config={
                "resources": {f"{pipeline.name}_params": {"config": RUNS[pipeline.name]}},
                **QUIET,
            },
            partition_key=first if first == last else None,
            tags=None if first == last else span,
            instance=instance,
            raise_on_error=False,
        )
    assert result.success, failure_of(result)


def in_tasks(pipeline, days):
    """Each task is a process of its own, and hands on no more than the JSON of the run."""
    shared = SHARED[pipeline.name]
    for day in days:
        carried = pipeline.resolve(RUNS[pipeline.name], as_of=day).model_dump_json()
        for assets in (shared, [name for name in pipeline.assets if name not in shared]):
            carried = process(TASK, *assets, given=carried)


def process(program, *words, given="", **env):
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env={**os.environ, "PYTHONPATH": f"{os.environ['PYTHONPATH']}:{REPO}", **env},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_plain_python_dagster_and_tasks_of_another_engine_give_the_same_bytes(pipeline, root):
    found = {}
    for way, days in ((in_plain_python, DAYS), (in_dagster, DAYS), (in_dagster, [DAY]), (in_tasks, [DAY])):
        folder = root(f"{way.__name__}-{len(days)}")
        way(pipeline, days)
        found[folder.name] = data(folder), data(folder, DAYS)

    (reference, all_days), (_, batch), *_ = found.values()
    assert len(reference) == EACH[pipeline.name]
    assert {name: one for name, (one, _) in found.items() if one != reference} == {}
    assert batch == all_days
    assert len(all_days) == 2 * len(reference)


def test_what_is_made_of_a_reused_upstream_is_what_is_made_of_a_fresh_one(pipeline, root):
    run = pipeline.resolve(RUNS[pipeline.name], as_of=DAY)
    fresh = pipeline.make(run, store=None)
    folder = root("reused")

    for asset in pipeline.assets:
        pipeline.make(run)
        shutil.rmtree(folder / pipeline.name / asset)
        again = pipeline.make(run)

        assert [name for name, made in again.items() if not made.reused] == [asset]
        assert {name: made.manifest.files for name, made in again.items()} == {
            name: made.manifest.files for name, made in fresh.items()
        }


def test_arrays_come_back_as_they_were_however_they_lay_in_memory(parts):
    made = parts.parts.make(parts.parts.resolve({}, as_of=DAY), store=None)

    given = parts.arrays(parts.Size(), made["table"].value)
    stored = made["arrays"].value

    assert all(np.array_equal(stored[name], array) for name, array in given.items())
    assert [stored[name].shape for name in given] == [(4, 6), (6, 4), (2, 6), (4, 6)]
    assert made["corners"].value == json.loads(json.dumps(parts.corners(parts.Size(), given)))


@pytest.mark.slow
def test_each_asset_has_the_same_bytes_ten_times_in_one_process_and_in_five_with_one_and_two_threads(parts):
    def lines(number):
        threads = str(1 + number % 2)
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
        env = {**dict.fromkeys(names, threads), "PYTHONHASHSEED": str(number)}
        return process(MANY, "1" if number else "10", **env).splitlines()

    with ThreadPoolExecutor(2) as pool:
        first, *others = pool.map(lines, range(5))

    once = set(first)
    assert len(first) == 10 * len(once)
    assert {line.split()[0] for line in once} == {"demand", "parts", "tabular"}
    assert [once.symmetric_difference(other) for other in others] == [set()] * 4
