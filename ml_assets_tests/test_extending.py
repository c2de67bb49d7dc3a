"""The page on adding a model version and a data set, followed literally in an empty folder."""

import datetime as dt
import os
import re
import shlex
import subprocess
import sys

import polars as pl
import pytest

from ml_assets_tests.conftest import REPO, bare

PAGE = (REPO / "docs" / "extending.md").read_text()
VERSION, DATASET = PAGE.split("## What `dataset.toml` says")[0].split("## Add a data set")
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def blocks(text, kind):
    return [body for name, body in BLOCK.findall(text) if name == kind]


@pytest.fixture
def project(tmp_path):
    """A folder with the package of the page, as an installer leaves it behind."""
    (module,), (points,) = blocks(VERSION, "python"), blocks(VERSION, "toml")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "models.py").write_text(module)
    info = tmp_path / "shop-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    named = points.replace('project.entry-points."ml_assets.model_versions"', "ml_assets.model_versions")
    (info / "entry_points.txt").write_text(named.replace('"', ""))
    return tmp_path


def follow(text, project, **env):
    """Run each command; what they print."""
    told = []
    for line in "".join(blocks(text, "")).splitlines():
        name, *words = shlex.split(line)
        assert name == "ml-assets"
        done = subprocess.run(
            [sys.executable, "-m", "ml_assets.cli.main", *words],
            env=bare(
                PYTHONPATH=f"{project}{os.pathsep}{REPO}",
                DAGSTER_HOME=project / "home",
                PATH="/usr/bin:/bin",
                **env,
            ),
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
    return told


@pytest.mark.slow
def test_a_model_version_is_added_as_the_page_says(project):
    run, contract = follow(VERSION, project)

    assert "model_version=sparse" in run
    assert "l1_ratio         0.8" in run
    assert "a new parameter that only new values of model_version use" in contract
    assert {line.split()[-1] for line in contract.splitlines()[1:]} == {"nothing"}


@pytest.mark.slow
def test_a_dataset_is_added_as_the_page_says(project):
    zone = project / "web"
    (toml,) = blocks(DATASET, "toml")
    (zone / "visits").mkdir(parents=True)
    (zone / "visits" / "dataset.toml").write_text(toml)
    for back in range(50):
        day = dt.date(2025, 7, 20) - dt.timedelta(days=back)
        folder = zone / "visits" / f"date={day}"
        folder.mkdir()
        visits(day).write_csv(folder / "part.csv")

    (run,) = follow(DATASET, project, ML_ASSETS_SOURCES__WEB=str(zone))

    assert "dataset=visits" in run
    assert "roc_auc" in run


def visits(day, rows=12):
    """Rows of a day; visits of many pages end in orders more often."""
    at = [dt.datetime.combine(day, dt.time(9, place)) for place in range(rows)]
    pages = [1 + (place * 7 + day.toordinal()) % 10 for place in range(rows)]
    return pl.DataFrame(
        {
            "visit_id": [f"{day}-{place}" for place in range(rows)],
            "visited_at": at,
            "country": [("France", "Spain")[number % 2] for number in pages],
            "pages": pages,
            "ordered_7d": [int(number > 7 or place == 0) for place, number in enumerate(pages)],
            "ordered_7d_closes_at": [moment + dt.timedelta(days=7) for moment in at],
        }
    )
