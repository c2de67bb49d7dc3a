"""How good scores were, of all days together and of each; and whether that is what the evaluation promised."""

import datetime as dt
import math
from collections.abc import Mapping
from typing import Literal

import polars as pl

from ml_assets.core.monitoring.outcomes import OUTCOME, Joined
from ml_assets.core.report.record import Part
from ml_assets.core.scoring.score import SCORE
from ml_assets.core.training_set import DAY

DIGITS = 10
OF_A_DAY = ("roc_auc", "roc_auc_low", "roc_auc_high", "log_loss", "brier", "base_rate")
Verdict = Literal["not known yet", "worse", "better", "no clear difference"]


class Measured(Part):
    """Metrics of some rows, or the reason why none are told."""

    rows: int
    metrics: dict[str, float]
    reason: str = ""


class MeasuredDay(Measured):
    """Those of one scored day."""

    day: dt.date


class Compared(Part):
    """One metric of the outcomes beside that of the evaluation; only ROC AUC has an interval of the difference."""

    evaluated: float
    now: float
    difference: float
    low: float | None = None
    high: float | None = None


class Outcomes(Part):
    """Scores against outcomes.

    Attributes:
        first: the first day of the window; None where no day after the model's own rows has closed outcomes yet.
        last: the last one: by the end of as_of, all windows of its outcomes have closed.
        closing_days: how many days that takes.
        days_scored: days of the window that have predictions.
        waiting: scored rows without a closed outcome.
        unscored: outcomes without a score, on scored days.
        ambiguous: scored rows that ids and event time do not tell apart.
        overall: of all rows together.
        calibration: mean score and observed rate of groups of them by score, where there are metrics.
        compared: against the evaluation, by metric.
        verdict: whether ROC AUC is what the evaluation said.
        days: of each scored day.
    """

    first: dt.date | None
    last: dt.date | None
    closing_days: int
    days_scored: int
    waiting: int
    unscored: int
    ambiguous: int
    overall: Measured
    calibration: dict[str, list[float]]
    compared: dict[str, Compared]
    verdict: Verdict
    days: tuple[MeasuredDay, ...]


def measure(table: pl.DataFrame, *, base_rate: float, min_rows: int) -> Measured:
    """Metrics of rows with `score` and `outcome`; none, with the reason, of too few rows or of one class.

    Args:
        table: one row a score that has met its outcome.
        base_rate: share of positives in the training rows, which the baseline always predicts.
        min_rows: fewer say too little.
    """
    from ml_assets.core.evaluation import metrics

    y = table[OUTCOME].to_numpy()
    reason = ""
    if table.height < min_rows:
        reason = f"{table.height} rows with outcomes; from {min_rows} on there are metrics"
    elif not 0 < y.sum() < len(y):
        reason = f"all {table.height} outcomes are {int(y[0])}"
    if reason:
        return Measured(rows=table.height, metrics={}, reason=reason)
    own = pl.int_range(table.height, eager=True).to_numpy()  # each row by itself
    found = metrics(y, table[SCORE].to_numpy(), base_rate=base_rate, entity=own)
    return Measured(rows=table.height, metrics={name: round(value, DIGITS) for name, value in found.items()})


def outcomes_of(
    joined: Joined,
    *,
    days: tuple[dt.date, ...],
    scored: tuple[dt.date, ...],
    closing: int,
    evaluated: Mapping[str, float],
    base_rate: float,
    min_rows: int,
) -> Outcomes:
    """All that outcomes say.

    Args:
        joined: rows with score and outcome.
        days: the window, in order; none where nothing has closed yet.
        scored: those of them that have predictions.
        closing: how many days after its own a day's windows have closed.
        evaluated: the metrics of the model's evaluation.
        base_rate: share of positives in the rows that the model learned from: what the baseline always predicts.
        min_rows: rows from which on metrics are told.
    """
    overall = measure(joined.table, base_rate=base_rate, min_rows=min_rows)
    compared = compare(evaluated, overall.metrics)
    return Outcomes(
        first=days[0] if days else None,
        last=days[-1] if days else None,
        closing_days=closing,
        days_scored=len(scored),
        waiting=joined.waiting,
        unscored=joined.unscored,
        ambiguous=joined.ambiguous,
        overall=overall,
        calibration=_calibration(joined.table) if overall.metrics else {},
        compared=compared,
        verdict=verdict(compared.get("roc_auc")),
        days=tuple(_day(joined.table, day, base_rate=base_rate, min_rows=min_rows) for day in scored),
    )


def compare(evaluated: Mapping[str, float], now: Mapping[str, float]) -> dict[str, Compared]:
    """Each metric that both have.

    The interval of the difference of two ROC AUCs of different rows is made of their own intervals (Newcombe's
    square-and-add).
    """
    found = {}
    for name in now:
        if name in evaluated and not name.endswith(("_low", "_high")):
            low, high = _interval(evaluated, now) if name == "roc_auc" else (None, None)
            difference = round(now[name] - evaluated[name], DIGITS) + 0.0
            found[name] = Compared(
                evaluated=evaluated[name], now=now[name], difference=difference, low=low, high=high
            )
    return found


def verdict(auc: Compared | None) -> Verdict:
    """Whether ROC AUC differs from the evaluation's by more than chance would make it."""
    if auc is None or auc.low is None or auc.high is None:
        return "not known yet"
    if auc.high < 0:
        return "worse"
    return "better" if auc.low > 0 else "no clear difference"


def _interval(evaluated: Mapping[str, float], now: Mapping[str, float]) -> tuple[float, float]:
    difference = now["roc_auc"] - evaluated["roc_auc"]
    below = [now["roc_auc"] - now["roc_auc_low"], evaluated["roc_auc_high"] - evaluated["roc_auc"]]
    above = [now["roc_auc_high"] - now["roc_auc"], evaluated["roc_auc"] - evaluated["roc_auc_low"]]
    return round(difference - math.hypot(*below), DIGITS), round(difference + math.hypot(*above), DIGITS)


def _day(table: pl.DataFrame, day: dt.date, *, base_rate: float, min_rows: int) -> MeasuredDay:
    found = measure(table.filter(pl.col(DAY) == day), base_rate=base_rate, min_rows=min_rows)
    kept = {name: found.metrics[name] for name in OF_A_DAY if found.metrics}
    return MeasuredDay(day=day, rows=found.rows, metrics=kept, reason=found.reason)


def _calibration(table: pl.DataFrame) -> dict[str, list[float]]:
    from ml_assets.core.evaluation import curves

    return curves(table[OUTCOME].to_numpy(), table[SCORE].to_numpy())["calibration"]
