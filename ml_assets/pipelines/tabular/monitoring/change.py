"""What verdicts of any task are made of: one number of the outcomes against that of the evaluation."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from ml_assets.core.statistics.row_values import RowMetric
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.monitoring.verdicts import MetricChange, Verdict
from ml_assets.text import count

DIGITS = 10
FEWEST_ENTITIES = 30  # of which the error of a mean is known well enough
ALONE = 0.05  # the error of a verdict that is made once
NO_SCORES = "the evaluation kept no scores of its rows; evaluate the model again"


class Evaluated(NamedTuple):
    """What is stored of a model's evaluation.

    Attributes:
        metrics: its metrics.
        rows: `day`, the ids, the event time, the scores and `outcome` of its holdout; None where it kept none.
    """

    metrics: Mapping[str, float]
    rows: pl.DataFrame | None


class Rows(NamedTuple):
    """n rows with scores and outcomes.

    Attributes:
        y: outcomes, shape (n,): 0 or 1, the place of a class, or a number.
        score: what was predicted, shape (n,), or (n, classes).
        entity: whole numbers, equal for rows of one entity, shape (n,).
    """

    y: Any
    score: Any
    entity: Any


def too_few_entities(rows: Rows, noun: str) -> str:
    """`12 rows; verdicts need 30`, or `rows of 12 customer_id; ...`; "" where there are enough."""
    many = len(set(rows.entity.tolist()))
    if many >= FEWEST_ENTITIES:
        return ""
    what = f"rows of {many} {noun}" if many < len(rows.entity) else count(many, "row")
    return f"{what}; verdicts need {FEWEST_ENTITIES}"


class Estimate(NamedTuple):
    """A number with its interval."""

    value: float
    low: float
    high: float


def estimate(metric: RowMetric, rows: Rows, *, error: float) -> Estimate:
    """A metric of rows, with an interval that misses the truth with a chance of `error`."""
    found = metric.values(rows.y, rows.score, math.nan)
    return Estimate(found.value, *metric.interval(rows.y, rows.score, rows.entity, error=error, found=found))


def careful_change(name: str, current: Rows, reference: Rows | None, *, error: float) -> MetricChange:
    """`metric_change` of a metric whose rows may have losses of very different size."""
    if reference is None:
        return MetricChange(reason=NO_SCORES)
    now, before = careful_estimates(METRICS.of_rows(name), current, reference, error=error)
    return change(now, before, larger_is_better=METRICS.larger_is_better(name))


def careful_estimates(
    metric: RowMetric, current: Rows, reference: Rows, *, error: float
) -> tuple[Estimate, Estimate]:
    """Those of both; of the current rows it is taken to be no surer than that of as many rows of the evaluation.

    Where few rows happen to have no large loss, their mean is too small and their own variance says nothing of it.
    """
    now, before = (estimate(metric, rows, error=error) for rows in (current, reference))
    margin = (before.high - before.low) / 2 * math.sqrt(len(reference.y) / len(current.y))
    return Estimate(now.value, min(now.low, now.value - margin), max(now.high, now.value + margin)), before


def metric_change(name: str, current: Rows, reference: Rows | None, *, error: float) -> MetricChange:
    """A metric of the outcomes against that of the evaluation's own rows."""
    if reference is None:
        return MetricChange(reason=NO_SCORES)
    now, before = (estimate(METRICS.of_rows(name), rows, error=error) for rows in (current, reference))
    return change(now, before, larger_is_better=METRICS.larger_is_better(name))


def difference(current: Estimate, before: Estimate) -> tuple[float, float]:
    """The interval of current - before, of other rows: square-and-add (Newcombe 1998; Zou and Donner 2008).

    Rows of one entity in both make the true one narrower.
    """
    value = current.value - before.value
    below = math.hypot(current.value - current.low, before.high - before.value)
    above = math.hypot(current.high - current.value, before.value - before.low)
    return value - below, value + above


def change(current: Estimate, before: Estimate, *, larger_is_better: bool) -> MetricChange:
    """What the interval of current - before says."""
    low, high = difference(current, before)
    verdict: Verdict = "no clear difference"
    if high < 0 or low > 0:
        verdict = "better" if (low > 0) == larger_is_better else "worse"
    numbers = {
        "current": current.value,
        "evaluated": before.value,
        "difference": current.value - before.value,
        "low": low,
        "high": high,
    }
    return MetricChange(
        verdict=verdict, **{name: round(value, DIGITS) + 0.0 for name, value in numbers.items()}
    )
