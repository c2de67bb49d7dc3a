"""A sweep over `demand` is ranked, stored and reported on by the code that serves classification."""

import datetime as dt

import pytest

from ml_assets.core.sweep.sweep_parameters import check_sweep
from ml_assets.pipeline.leaderboard import leaderboard_draft, load_leaderboard
from ml_assets.pipeline.report import report
from ml_assets.pipeline.stored_days import covered_days
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.demand import demand
from ml_assets.storage.artifact_store import ArtifactStore

DAYS = (dt.date(2026, 1, 1), dt.date(2026, 1, 2))
DEFAULTS = demand.parameters()


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Two methods on two days."""
    own = check_sweep(
        {"grid": {"method": "naive,ets"}, "metric": "mape"},
        pipeline=demand,
    )
    workspace = Workspace(
        store=ArtifactStore(str(tmp_path_factory.mktemp("store"))),
        environment="dev",
        sources={"sample": "sample:"},
        pipeline=demand,
        workers=1,
    )
    sweep = Sweep(parameters=DEFAULTS, own=own, days=DAYS, pipeline=demand, workspace=workspace)
    return sweep, list(sweep.run())


def test_the_history_is_made_once_a_day_for_all_trials(swept):
    sweep, tried = swept

    made = [item for outcome in tried for item in outcome.attempt.made if not item.reused]
    assert [outcome.attempt.error for outcome in tried] == [None] * 6
    assert sum(item.key.asset == "history" for item in made) == len(DAYS)
    assert sum(item.key.asset == "accuracy" for item in made) == 2 * len(DAYS)
    assert len(sweep.evaluations) == 2 * len(DAYS)


def test_the_smaller_error_is_first_and_the_leaderboard_comes_back(swept):
    sweep, _ = swept
    board = sweep.leaderboard()

    made = leaderboard_draft(sweep, board).commit()

    assert board.trials[0].mean < board.trials[1].mean
    assert {trial.values["method"] for trial in board.trials} == {"naive", "ets"}
    assert made.key.path.startswith("demand/leaderboard/shop=north/as_of=2026-01-02/run=")
    assert load_leaderboard(made.key, sweep.workspace.store) == board


def test_its_days_are_reported_on_and_both_methods_cover_them(swept):
    store = swept[0].workspace.store

    found = report(DEFAULTS, DAYS, pipeline=demand, workspace=swept[0].workspace)
    covered = covered_days(DEFAULTS, DAYS, pipeline=demand, store=store, metric="mape")

    assert (found.done, found.metric, found.metrics["mape"].days) == (2, "mape", 2)
    assert [item.label for item in covered.sets] == ["naive", "ets"]
