"""One contract on every way to launch: the table of docs/surfaces.md, each cell of it run.

`ML_ASSETS_WRITE_DOCS=1` writes the page anew; without it the test fails where the page tells something else.
"""

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import pytest

from ml_assets.core.problems import check
from ml_assets.errors import RefusedError, split_launchpad
from ml_assets.pipeline.workspace import utc_now
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests import surfaces, ticks
from ml_assets_tests.builders import order_days, write_landing
from ml_assets_tests.conftest import REPO
from ml_assets_tests.keys import key_of
from ml_assets_tests.live import deployment
from ml_assets_tests.served import UI
from ml_assets_tests.shown import daily_training, landed_days
from ml_assets_tests.surfaces import CANARY, DAYS, REFUSED, Typed
from ml_assets_tests.ticks import write

pytestmark = pytest.mark.timeout(1200)  # the first test waits for all cells of the table

PAGE = REPO / "docs" / "surfaces.md"
WRITE = bool(os.environ.get("ML_ASSETS_WRITE_DOCS"))
GOOD = {"dataset": "customers", "lookback_days": 240}
LANDED = dt.date(2025, 7, 20)
FROM_SHOP = {"source": "shop", "lookback_days": 91, "holdout_days": 7}
SURFACES = (
    "launchpad",
    "job backfill",
    "asset backfill",
    "GraphQL launch",
    "form",
    "dg launch --job",
    "dg launch --assets",
    "CLI",
    "CLI --on",
    "request file",
    "sensor",
    "schedule",
)
SECRET = "hunter2correcthorse"  # no credential by its looks: Dagster's own check would repeat it

CASES = {
    "a good value": Typed(values=GOOD),
    "out of range": Typed(values={"holdout_days": 500}),
    "wrong enum": Typed(values={"dataset": SECRET}),
    "wrong type": Typed(values={"seed": SECRET}),
    "unknown field": Typed(values={"lookback_day": 9}),
    "mistyped resource key": Typed(text="resources:\n  prams:\n    config: {seed: 3}\n"),
    "mistyped op key": Typed(text="ops:\n  trainin:\n    config: {seed: 3}\n"),
    "malformed text": Typed(text="resources: {params: {config: {seed: 3\n"),
    "a credential": Typed(values={"source": CANARY}),
}
MESSAGES = {
    "out of range": "holdout_days: too large. Allowed: a whole number from 1 to 365.",
    "wrong enum": "dataset: unknown. Allowed: orders, customers.",
    "wrong type": "seed: not a whole number. Allowed: a whole number from 0 to 2147483647.",
    "unknown field": "lookback_day: unknown parameter. Did you mean lookback_days?",
    "a credential": "source: looks like a credential. Give secrets by reference only, never as a parameter.",
}


TODAY = utc_now().date()
DAY_CASES = {
    "a day that is not over": Typed(values=GOOD, span=("2030-01-01", "2030-01-01")),
    "a range up to today": Typed(values=GOOD, span=(str(TODAY - dt.timedelta(days=1)), str(TODAY))),
    "a day before the first": Typed(values=GOOD, span=("2024-12-01", "2024-12-01")),
    "a range backwards": Typed(values=GOOD, span=("2025-12-02", "2025-12-01")),
}
NO_SUCH_RANGE = {
    ("a range up to today", "job backfill"),
    ("a range up to today", "asset backfill"),
} | {
    ("a range backwards", "job backfill"),
    ("a range backwards", "asset backfill"),
}
DAY_MESSAGES = {
    "a day that is not over": "not a complete day yet (UTC).",
    "a range up to today": "not a complete day yet (UTC).",
    "a day before the first": "before the first day.",
    "a range backwards": "a range whose last day is before its first.",
}
DAY_SURFACES = tuple(name for name in SURFACES if name not in ("sensor", "schedule"))


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A running deployment that serves the form too."""
    with deployment(tmp_path_factory.mktemp("live"), command=UI) as running:
        yield running


@pytest.fixture(scope="module")
def day_table(live):
    """Every cell of the days that a deployment answers."""
    backfills, runs, cells = {}, {}, {}
    for case, typed in DAY_CASES.items():
        for surface, job in (("job backfill", "train"), ("asset backfill", None)):
            if (case, surface) not in NO_SUCH_RANGE:
                answer = surfaces.backfill(live, typed.block, job=job, days=[typed.span[0]])
                (backfills if isinstance(answer, str) else cells)[case, surface] = answer
        for surface, job, assets in (
            ("launchpad", "train", None),
            ("GraphQL launch", "__ASSET_JOB", surfaces.ASSETS),
        ):
            answer = surfaces.launch(live, typed.parsed, job=job, assets=assets, tags=typed.tags)
            (runs if isinstance(answer, str) else cells)[case, surface] = answer
        cells[case, "form"] = surfaces.form(live, typed)
    files = {f"{case.replace(' ', '_')}.yaml": (case, typed) for case, typed in DAY_CASES.items()}
    dropped = surfaces.drop_requests(live, {name: typed.request for name, (_, typed) in files.items()})
    cells |= {(files[name][0], "request file"): cell for name, cell in dropped.items()}
    return cells | ended(live, runs, backfills)


def ended(live, runs, backfills):
    """The cells of runs and backfills, once all have ended."""
    found, answers = surfaces.wait_for(live, runs=runs.values(), backfills=backfills.values())
    cells = {}
    for cell, run_id in runs.items():
        cells[cell] = surfaces.outcome_of([run for run in found if run["runId"] == run_id])
    for cell, name in backfills.items():
        mine = [run for run in found if {"key": "dagster/backfill", "value": name} in run["tags"]]
        cells[cell] = surfaces.outcome_of(mine, error=answers[name]["error"])
    return cells


@pytest.fixture(scope="module")
def table(live):
    """Every cell that a deployment answers: all are asked for at once, and waited for once."""
    backfills, runs, cells = {}, {}, {}
    for case, typed in CASES.items():
        backfills[case, "job backfill"] = surfaces.backfill(live, typed.block, job="train")
        backfills[case, "asset backfill"] = surfaces.backfill(live, typed.block)
        for surface, config, job, assets in (
            ("launchpad", typed.block, "train", None),
            ("GraphQL launch", typed.parsed, "__ASSET_JOB", surfaces.ASSETS),
        ):
            answer = surfaces.launch(live, config, job=job, assets=assets)
            (runs if isinstance(answer, str) else cells)[case, surface] = answer
        answer = surfaces.form(live, typed)
        (runs if isinstance(answer, str) else cells)[case, "form"] = answer
    backfills["nothing typed", "job backfill"] = surfaces.backfill(live, None, job="train")
    files = {f"{case.replace(' ', '_')}.yaml": (case, typed) for case, typed in CASES.items()}
    dropped = surfaces.drop_requests(live, {name: typed.request for name, (_, typed) in files.items()})
    cells |= {(files[name][0], "request file"): cell for name, cell in dropped.items()}
    return cells | ended(live, runs, backfills)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A Dagster home of this process, and a landing zone whose last day is the only one that may be trained."""
    place = tmp_path / "home"
    place.mkdir()
    shutil.copyfile(REPO / "ml_assets/cli/dagster.yaml", place / "dagster.yaml")
    rows = order_days(dt.date(2025, 5, 1), LANDED)
    few = {day: table for day, table in rows.items() if day.day < 21}  # one tick looks at 60 days at most
    write_landing(tmp_path / "shop", rows_by_day=few)
    monkeypatch.setenv("DAGSTER_HOME", str(place))
    return place


@pytest.fixture
def whole_table(table, live, home, capfd, monkeypatch):
    """The table with the cells that this process fills: `dg launch`, the shell, and ticks."""
    cells = dict(table)
    for case, typed in CASES.items():
        config = typed.block if isinstance(typed.parsed, str) else json.dumps(typed.parsed)
        selection = ["--assets", ",".join(tabular.assets)]
        cells[case, "dg launch --job"] = surfaces.dg_launch(home, config, "--job", "train")
        cells[case, "dg launch --assets"] = surfaces.dg_launch(home, config, *selection)
        Path("typed.yaml").write_text(typed.block, encoding="utf-8")
        cells[case, "CLI"] = surfaces.shell(home, typed, capfd)
        cells[case, "CLI --on"] = surfaces.shell_on(live, typed, capfd)
        write(Path("presets/typed.toml"), typed.preset)
        cells[case, "schedule"] = surfaces.requested(home, _morning, capfd)
        with monkeypatch.context() as patch:
            patch.setenv("ML_ASSETS_SOURCES__SHOP", str(home.parent / "shop"))
            patch.setenv("ML_ASSETS_FIRST_AS_OF", str(LANDED))
            if case == "a good value":
                write(Path("presets/typed.toml"), Typed(values=FROM_SHOP).preset)
            cells[case, "sensor"] = surfaces.requested(home, _landing, capfd)
    return {(case, surface): cells[case, surface] for case in CASES for surface in SURFACES} | cells


@pytest.fixture
def whole_day_table(day_table, live, home, capfd):
    """The table of days with the cells that this process fills."""
    cells = dict(day_table)
    for case, typed in DAY_CASES.items():
        config, selection = json.dumps(typed.parsed), ["--assets", ",".join(tabular.assets)]
        cells[case, "dg launch --job"] = surfaces.dg_launch(
            home, config, "--job", "train", days=typed.dg_days
        )
        cells[case, "dg launch --assets"] = surfaces.dg_launch(home, config, *selection, days=typed.dg_days)
        cells[case, "CLI"] = surfaces.shell(home, typed, capfd)
        cells[case, "CLI --on"] = surfaces.shell_on(live, typed, capfd)
    return cells


def _morning(instance):
    return ticks.at(daily_training, f"{DAYS[1]}T03:00:00", instance=instance)


def _landing(instance):
    return ticks.tick(landed_days, instance=instance).run_requests


def _sound_run_ids():
    """The run_ids that the good values have, from whatever surface."""
    said = [(GOOD, dt.date.fromisoformat(day)) for day in DAYS] + [(FROM_SHOP, LANDED)]
    return {
        key_of(asset, check(values, TrainingParameters), day).run_id
        for asset in tabular.assets
        for values, day in said
    }


@pytest.mark.kind(
    "days that cannot be learned", inputs=len(DAY_CASES) * len(DAY_SURFACES) - len(NO_SUCH_RANGE)
)
def test_every_way_to_launch_holds_to_one_contract_as_the_page_says(whole_table, whole_day_table):
    page = render(whole_table, whole_day_table)
    if WRITE:
        PAGE.write_text(page, encoding="utf-8")

    for (case, surface), cell in whole_day_table.items():
        assert not cell.succeeded, (case, surface, cell.told)
        assert not cell.run_ids, (case, surface)
        if (cell.runs or REFUSED in cell.told) and not surface.startswith("dg launch"):
            assert (
                DAY_MESSAGES[case] in cell.told
                or "before from" in cell.told
                or "not after --from" in cell.told
                or "not a span" in cell.told
            )

    for (case, surface), cell in whole_table.items():
        message = MESSAGES.get(case, "")
        if case == "unknown field" and surface.startswith("CLI"):
            message = "--lookback-day: unknown flag. Did you mean --lookback-days?"
        assert cell.run_ids <= _sound_run_ids(), f"{surface} ran {case} with other parameters than were typed"
        assert bool(cell.succeeded) is (case == "a good value"), (case, surface, cell.told)
        assert message in cell.told, (case, surface, cell.told)
        assert not ({SECRET, CANARY} & set(cell.told.replace('"', " ").split())), (case, surface)
    assert PAGE.read_text(encoding="utf-8") == page


def test_a_bad_value_creates_no_run_on_any_surface(table):
    counts = {(case, surface): cell.runs for (case, surface), cell in table.items() if case in MESSAGES}

    assert len(counts) == 6 * len(MESSAGES)
    assert set(counts.values()) == {0}


@pytest.mark.parametrize("surface", ["launchpad", "GraphQL launch", "job backfill", "asset backfill"])
@pytest.mark.parametrize("case", list(MESSAGES))
def test_what_a_deployment_says_of_a_bad_value_is_our_message_and_nothing_else(table, case, surface):
    told, launch = split_launchpad(table[case, surface].told.strip())

    assert launch.startswith("/locations/__repository__@ml_assets/jobs/train/playground/setup?config=")
    assert told == str(RefusedError([MESSAGES[case]]))


def test_a_mistyped_key_is_named_wherever_dagster_lets_it_start_a_run(table):
    assert "resources.prams: unknown key" in table["mistyped resource key", "asset backfill"].told
    assert "ops.trainin: unknown key" in table["mistyped op key", "asset backfill"].told


@pytest.mark.parametrize("case", ["malformed text", "nothing typed"])
def test_a_backfill_that_states_no_parameters_never_runs_with_the_defaults(table, case):
    cell = table[case, "job backfill"]

    assert (cell.runs, cell.succeeded) == (1, 0)
    assert "resources.params: not stated. A backfill states its parameters" in cell.told


def _words(cells, case, surface):
    return cells[case, surface].words if (case, surface) in cells else "-"


def render(cells, day_cells):
    """The page."""
    names, day_names = SURFACES, DAY_SURFACES
    lines = [
        "# What happens, on every way to launch",
        "",
        "Written by `ml_assets_tests/test_surfaces.py`, which runs each cell; do not edit it by hand.",
        "",
        f"| typed | {' | '.join(names)} |",
        f"|---{'|---' * len(names)}|",
        *(f"| {case} | {' | '.join(cells[case, name].words for name in names)} |" for case in CASES),
        "",
        "*refused*: with the message below, which is the same everywhere (only a flag that the shell does not know is told as",
        "a flag). *refused by Dagster*: its own words, which name the key or the place in the text. *stopped by the guard*:",
        "Dagster drops such keys, so a run exists; it fails before any work. No cell is a run with other parameters than were",
        "typed, and none repeats a refused value; of text that it cannot read, Dagster shows the line to who typed it.",
        "",
        "Where it is said: on the page or in the answer; of a backfill, as its error; of a request file, in the note beside it",
        "(`.rejected`); of a preset, in the log of the tick. *sensor* is `landed_days` and *schedule* `daily_training`, each",
        "with a preset that holds the value; a preset, a request file and the form have no keys of resources and ops, so there",
        "the whole block was given. *form* is the one of `ml-assets ui`.",
        "",
        "| typed | the message |",
        "|---|---|",
        *(f"| {case} | `{line}` |" for case, line in MESSAGES.items()),
        "",
        "## Days",
        "",
        f"| asked for | {' | '.join(day_names)} |",
        f"|---{'|---' * len(day_names)}|",
        *(
            f"| {case} | {' | '.join(_words(day_cells, case, name) for name in day_names)} |"
            for case in DAY_CASES
        ),
        "",
        "A day can be learned once it is over (UTC), from the first day of the settings on. A launch over GraphQL takes any",
        "text as a partition and any two as the ends of a range, so a run exists; it fails before any work, and nothing is",
        "stored. A backfill takes days by name and has no ranges (-). `landed_days` and `daily_training` ask for no such day.",
        "",
    ]
    return "\n".join(lines)
