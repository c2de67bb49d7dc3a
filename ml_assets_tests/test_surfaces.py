"""One contract on every way to launch: the table of docs/surfaces.md, each cell of it run.

`ML_ASSETS_WRITE_DOCS=1` writes the page anew; without it the test fails where the page tells something else.
"""

import datetime as dt
import json
import os
import shutil

import pytest
import yaml

from ml_assets.core.artifact import key_of
from ml_assets.core.catalog import CATALOG
from ml_assets.core.problems import check
from ml_assets_tests import surfaces
from ml_assets_tests.conftest import REPO
from ml_assets_tests.surfaces import CANARY, DAYS, yaml_block

PAGE = REPO / "docs" / "surfaces.md"
WRITE = bool(os.environ.get("ML_ASSETS_WRITE_DOCS"))
GOOD = {"dataset": "customers", "lookback_days": 150}
SECRET = "hunter2correcthorse"  # no credential by its looks: Dagster's own check would repeat it

CASES = {
    "a good value": (yaml_block(**GOOD), ["--dataset", "customers", "--lookback-days", "150"]),
    "out of range": (yaml_block(holdout_days=500), ["--holdout-days", "500"]),
    "wrong enum": (yaml_block(dataset=SECRET), ["--dataset", SECRET]),
    "wrong type": (yaml_block(seed=SECRET), ["--seed", SECRET]),
    "unknown field": (yaml_block(lookback_day=9), ["--lookback-day", "9"]),
    "mistyped resource key": ("resources:\n  prams:\n    config: {seed: 3}\n", None),
    "mistyped op key": ("ops:\n  trainin:\n    config: {seed: 3}\n", None),
    "malformed text": ("resources: {params: {config: {seed: 3\n", None),
    "a credential": (yaml_block(source=CANARY), ["--source", CANARY]),
}
MESSAGES = {
    "out of range": "holdout_days: too large. Allowed: a whole number from 1 to 365.",
    "wrong enum": "dataset: unknown. Allowed: orders, customers.",
    "wrong type": "seed: not a whole number. Allowed: a whole number from 0 to 2147483647.",
    "unknown field": "lookback_day: unknown parameter. Did you mean lookback_days?",
    "a credential": "source: looks like a credential. Give secrets by reference only, never as a parameter.",
}


@pytest.fixture(scope="module")
def table(live):
    """Every cell that a deployment answers: all are asked for at once, and waited for once."""
    backfills, runs, cells = {}, {}, {}
    for case, (text, _) in CASES.items():
        backfills[case, "job backfill"] = surfaces.backfill(live, text, job="train")
        backfills[case, "asset backfill"] = surfaces.backfill(live, text)
        for surface, config, job, assets in (
            ("launchpad", text, "train", None),
            ("GraphQL launch", _parsed(text), "__ASSET_JOB", surfaces.ASSETS),
        ):
            answer = surfaces.launch(live, config, job=job, assets=assets)
            (runs if isinstance(answer, str) else cells)[case, surface] = answer
    backfills["nothing typed", "job backfill"] = surfaces.backfill(live, None, job="train")
    found, answers = surfaces.wait_for(live, runs=runs.values(), backfills=backfills.values())
    for cell, run_id in runs.items():
        cells[cell] = surfaces.outcome_of([run for run in found if run["runId"] == run_id])
    for cell, name in backfills.items():
        mine = [run for run in found if {"key": "dagster/backfill", "value": name} in run["tags"]]
        cells[cell] = surfaces.outcome_of(mine, error=answers[name]["error"])
    return cells


@pytest.fixture
def whole_table(table, tmp_path, capsys, monkeypatch):
    """The table with the cells that this process fills: `dg launch`, and the shell."""
    cells, home = dict(table), tmp_path / "home"
    home.mkdir()
    shutil.copyfile(REPO / "ml_assets/cli/dagster.yaml", home / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    for case, (text, words) in CASES.items():
        config = json.dumps(_parsed(text)) if case != "malformed text" else text
        selection = ["--assets", ",".join(CATALOG)]
        cells[case, "dg launch --job"] = surfaces.dg_launch(home, config, "--job", "train")
        cells[case, "dg launch --assets"] = surfaces.dg_launch(home, config, *selection)
        (tmp_path / "p.yaml").write_text(text)
        typed = ["--params", "p.yaml"] if words is None else words
        cells[case, "CLI"] = surfaces.shell(home, typed, capsys)
    return cells


def _parsed(text):
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def test_every_way_to_launch_holds_to_one_contract_as_the_page_says(whole_table):
    page = render(whole_table)
    if WRITE:
        PAGE.write_text(page, encoding="utf-8")

    good = {
        key_of(asset, check(GOOD), dt.date.fromisoformat(day)).run_id for asset in CATALOG for day in DAYS
    }
    for (case, surface), cell in whole_table.items():
        assert cell.run_ids <= good, f"{surface} ran {case} with other parameters than were typed"
        assert bool(cell.succeeded) is (case == "a good value"), (case, surface, cell.told)
        assert MESSAGES.get(case, "") in cell.told or surface == "CLI", (case, surface, cell.told)
        assert not ({SECRET, CANARY} & set(cell.told.replace('"', " ").split())), (case, surface)
    assert PAGE.read_text(encoding="utf-8") == page


def test_a_bad_value_creates_no_run_on_any_surface(table):
    counts = {(case, surface): cell.runs for (case, surface), cell in table.items() if case in MESSAGES}

    assert len(counts) == 4 * len(MESSAGES)
    assert set(counts.values()) == {0}


def test_a_mistyped_key_is_named_wherever_dagster_lets_it_start_a_run(table):
    assert "resources.prams: unknown key" in table["mistyped resource key", "asset backfill"].told
    assert "ops.trainin: unknown key" in table["mistyped op key", "asset backfill"].told


@pytest.mark.parametrize("case", ["malformed text", "nothing typed"])
def test_a_backfill_that_states_no_parameters_never_runs_with_the_defaults(table, case):
    cell = table[case, "job backfill"]

    assert (cell.runs, cell.succeeded) == (1, 0)
    assert "resources.params: not stated. A backfill states its parameters" in cell.told


def render(cells):
    """The page."""
    names = list(dict.fromkeys(surface for _, surface in cells))
    lines = [
        "# What happens, on every way to launch",
        "",
        "Written by `ml_assets_tests/test_surfaces.py`, which runs each cell; do not edit it by hand.",
        "",
        f"| typed | {' | '.join(names)} |",
        f"|---{'|---' * len(names)}|",
        *(f"| {case} | {' | '.join(cells[case, name].words for name in names)} |" for case in CASES),
        "",
        "*refused*: with the message below, which is the same everywhere. *refused by Dagster*: its own words, which name the",
        "key or the place in the text. *stopped by the guard*: Dagster drops such keys, so a run exists; it fails before any",
        "work. No cell is a run with other parameters than were typed, and none repeats a refused value.",
        "",
        "| typed | the message |",
        "|---|---|",
        *(f"| {case} | `{line}` |" for case, line in MESSAGES.items()),
        "",
    ]
    return "\n".join(lines)
