"""One number over many days: its level, its spread, where it is going, and the days that stand out."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ml_assets.core.report.outliers import Outlier, outliers
from ml_assets.core.report.record import Part
from ml_assets.core.report.trend import Trend, trend

DIGITS = 10


class Summary(Part):
    """One number over the days that have it; `std` is that of a sample, None of a single day."""

    days: int
    mean: float
    std: float | None
    min: float
    max: float
    trend: Trend | None
    outliers: tuple[Outlier, ...]


def summarise(points: Mapping[dt.date, float], *, window_days: int, series: int = 1) -> Summary:
    """The summary of a number by day; there must be one day at least, and their order does not matter.

    Args:
        points: the number by day.
        window_days: on the rows of how many days each of them is measured: that of the holdout for a metric.
        series: how many numbers the report summarises; they share the chance of an outlier without a reason.
    """
    import numpy as np

    days = sorted(points)
    values = np.array([round(points[day], DIGITS) for day in days])
    return Summary(
        days=len(days),
        mean=_rounded(values.mean()),
        std=_rounded(values.std(ddof=1)) if len(days) > 1 else None,
        min=_rounded(values.min()),
        max=_rounded(values.max()),
        trend=trend(days, values, window_days=window_days),
        outliers=outliers(days, values, series=series),
    )


def _rounded(value: Any) -> float:
    return round(float(value), DIGITS) + 0.0  # no -0.0
