"""What ranks, reports and sweeps asks the pipeline: one that classifies nothing is served by the same code."""

import datetime as dt
from typing import Annotated, Any, Literal

import polars as pl
import pytest
from pydantic import Field

from ml_assets.core.leaderboard.evidence import apart, by_days
from ml_assets.core.leaderboard.markdown import markdown
from ml_assets.core.leaderboard.ranking import leaderboard, with_evidence
from ml_assets.core.leaderboard.table import table
from ml_assets.core.leaderboard.text import first
from ml_assets.core.leaderboard.trial import TrialDay
from ml_assets.core.marks import used_when
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared, Metric
from ml_assets.core.product import Product
from ml_assets.core.report.document import build_report
from ml_assets.core.report.markdown import markdown as report_text
from ml_assets.core.report.record import DayRecord
from ml_assets.core.slices import (
    label,
    metric_assets,
    shared_assets,
    shared_parameters,
    subject,
    trial_assets,
)
from ml_assets.core.sweep.sweep_parameters import check_sweep
from ml_assets.errors import RefusedError

FIRST = dt.date(2026, 1, 1)


class Series(Parameters):
    """What decides the history."""

    shop: Literal["north", "south"] = Field("north", description="Which shop")
    weeks: int = Field(52, ge=8, le=520, description="Weeks of history")


class Forecast(Series):
    """What decides a forecast."""

    method: Literal["naive", "ets"] = Field("naive", description="How the future is drawn")
    season: Annotated[int, used_when(method="ets")] = Field(7, ge=2, le=366, description="Days of a season")
    horizon: int = Field(7, ge=1, le=90, description="Days ahead")


demand = Declared(
    "demand",
    Forecast,
    path=("method", "shop"),
    promotes="forecast",
    metrics=[
        Metric("mape", better="smaller", margin=0.01, over="horizon"),
        Metric("covered", better="larger"),
        Metric("rows"),
    ],
)


@demand.asset
def history(params: Series, as_of: dt.date) -> pl.DataFrame:
    """Daily sums."""
    raise NotImplementedError


@demand.asset
def forecast(params: Forecast, history: pl.DataFrame) -> dict[str, Any]:
    """The next days."""
    raise NotImplementedError


@demand.asset
def accuracy(params: Forecast, forecast: dict[str, Any]) -> Product[dict[str, Any]]:
    """A backtest."""
    raise NotImplementedError


def records(errors, days):
    """One trial a season; its error by day goes up and down by a little."""
    return [
        TrialDay(
            trial=demand.identity(Forecast(method="ets", season=season)),
            as_of=FIRST + dt.timedelta(days=n),
            run_id=demand.run_id(Forecast(method="ets", season=season), FIRST + dt.timedelta(days=n)),
            status="done",
            metrics={"mape": error + 0.001 * ((n * season) % 5), "mape.week1": error / 2, "speed": 3.0},
        )
        for season, error in errors.items()
        for n in range(days)
    ]


def ranked(errors, days):
    return leaderboard(records(errors, days), metric="mape", varied=["season"], pipeline=demand)


def test_slices_say_what_trials_share_what_each_makes_and_what_measures():
    assert shared_assets(demand) == ("history",)
    assert trial_assets(demand) == ("forecast", "accuracy")
    assert shared_parameters(demand) == {"shop", "weeks"}
    assert metric_assets(demand) == ("accuracy",)


def test_a_run_is_called_by_what_it_is_about_and_by_what_is_not_at_its_default():
    values = demand.identity(Forecast(method="ets", season=14))

    assert subject(values, pipeline=demand) == "north"
    assert label(values, pipeline=demand) == "ets season=14"


def test_a_leaderboard_ranks_by_the_declared_way_and_shows_what_is_not_declared():
    board = ranked({7: 0.2, 14: 0.1}, days=2)

    assert [trial.values["season"] for trial in board.trials] == [14, 7]
    assert list(board.trials[0].metrics) == ["mape", "mape.week1", "speed"]
    assert "smaller is better" in markdown(board, metrics=Metrics.of(demand))
    assert {"season", "mean_mape", "mean_covered", "mean_rows"} <= set(table(board, pipeline=demand).columns)


@pytest.mark.parametrize("metric", ["rows", "speed"])
def test_what_is_not_declared_or_only_describes_ranks_nothing(metric):
    with pytest.raises(RefusedError, match=r"cannot rank trials\. Allowed: covered, mape\."):
        leaderboard(records({7: 0.2}, 1), metric=metric, varied=["season"], pipeline=demand)


def test_a_group_ranks_as_the_metric_that_declares_it():
    board = leaderboard(records({7: 0.2, 14: 0.1}, 1), metric="mape.week1", varied=[], pipeline=demand)

    assert [trial.mean for trial in board.trials] == [0.05, 0.1]


def test_a_trial_without_the_metric_is_not_measured_and_has_no_rank():
    board = leaderboard(records({7: 0.2}, 1), metric="covered", varied=["season"], pipeline=demand)

    assert board.trials == ()
    assert [group.reason for group in board.failures] == ["Not measured: covered."]


def test_trials_without_rows_are_compared_by_days_whose_windows_do_not_overlap():
    board = ranked({7: 0.2, 14: 0.1, 21: 0.1001}, days=130)

    found = with_evidence(board, by_days(board, window_days=7), pipeline=demand)

    assert [trial.distinguishable for trial in found.trials] == [None, False, True]
    assert found.compared_days.days == 19
    assert first(found) == "1 of 2 other trials is not significantly worse than the best."
    assert any("19 days from" in note and "do not overlap" in note for note in found.notes)
    assert type(found).model_validate(found.document()) == found


def test_few_days_tell_no_trials_apart():
    board = ranked({7: 0.2, 14: 0.1}, days=5)

    found = with_evidence(board, by_days(board, window_days=7), pipeline=demand)

    assert found.trials[1].distinguishable is None
    assert first(found).startswith(
        "Whether the other trial is worse than the first cannot be told: there are "
    )
    assert "compared_days" not in board.document()


def test_days_that_are_a_window_apart_end_with_the_latest():
    days = [FIRST + dt.timedelta(days=n) for n in (0, 1, 2, 3, 8)]

    assert apart(days, 3) == [days[0], days[3], days[4]]
    assert apart(days, 1) == days


def test_a_report_is_over_the_declared_metrics_and_names_the_parameters_of_the_pipeline():
    parameters = Forecast(method="ets", season=14)
    days = [FIRST + dt.timedelta(days=n) for n in range(30)]
    done = [
        DayRecord(
            as_of=day,
            status="made",
            run_id=demand.run_id(parameters, day),
            metrics={"speed": 1.0, "mape.week1": 0.1, "mape": 0.2},
        )
        for day in days
    ]

    report = build_report(done, parameters=parameters, pipeline=demand, environment="dev")

    assert report.parameters == demand.identity(parameters)
    assert (report.metric, list(report.metrics)) == ("mape", ["mape", "mape.week1", "speed"])
    assert report.metrics["mape"].trend.direction == "no clear trend"  # the days span three windows of 7
    assert report_text(report, pipeline=demand).startswith("# north ets season=14, 2026-01-01 to 2026-01-30")


def test_the_parameters_of_sweeps_have_the_metrics_of_the_pipeline():
    assert check_sweep({"metric": "mape"}, pipeline=demand).metric == "mape"
    with pytest.raises(RefusedError, match=r"metric: unknown\. Allowed: covered, mape\."):
        check_sweep({"metric": "roc_auc"}, pipeline=demand)
