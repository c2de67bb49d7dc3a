"""One number over many days: its level, its spread, where it is going, and the days that stand out.

Those are found by the generalized extreme studentized deviate test of Rosner (1983; NIST/SEMATECH handbook,
1.3.5.17.3): days are taken out one after the other, the furthest from the mean of those left first, and the last one
that is beyond its limit is an outlier with all before it. The limits hold the chance that a series without a reason has
any outlier, however long. Days whose windows overlap are less spread about their mean than independent ones would be,
so it is smaller for these.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ml_assets.core.report.record import Part
from ml_assets.core.report.trend import Trend, trend

DIGITS = 10
FEWEST = 5
SHARE, MOST = 5, 10  # at most one day in five, and ten of them
ERROR = 0.04  # of a report with any outlier though nothing happened; the limits are approximate for few days


class Outlier(Part):
    """A day that stands out.

    `score` is its distance from the mean of the days that do not, in their standard deviations; None where these are
    all equal.
    """

    as_of: dt.date
    value: float
    score: float | None


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


def outliers(days: Sequence[dt.date], values: Any, *, series: int = 1) -> tuple[Outlier, ...]:
    """The outliers among `values`, shape (n,), one a day; none of fewer than five days.

    Args:
        days: one for each value.
        values: the number by day.
        series: how many series share the chance of an outlier without a reason.
    """
    if len(days) < FEWEST:
        return ()
    import numpy as np

    places = _furthest(values, error=ERROR / max(1, series))
    rest = np.delete(values, places)
    middle, spread = float(rest.mean()), float(rest.std(ddof=1))
    equal = spread <= 10**-DIGITS
    return tuple(
        Outlier(
            as_of=days[place],
            value=round(float(values[place]), DIGITS) + 0.0,
            score=None if equal else round(float(values[place] - middle) / spread, 2),
        )
        for place in sorted(places)
    )


def _furthest(values: Any, *, error: float) -> list[int]:
    """The places of the outliers."""
    removed = list(_removed(values, most=max(1, min(MOST, len(values) // SHARE))))
    beyond = [
        step
        for step, (_, distance) in enumerate(removed)
        if distance > _limit(len(values) - step, error=error)
    ]
    return [place for place, _ in removed[: beyond[-1] + 1]] if beyond else []


def _removed(values: Any, *, most: int) -> Iterator[tuple[int, float]]:
    """The place of the furthest of those left and its distance in standard deviations, again and again."""
    import numpy as np

    left = np.arange(len(values))
    for _ in range(most):
        distances = abs(values[left] - values[left].mean())
        spread = values[left].std(ddof=1)
        if spread <= 10**-DIGITS:
            return
        furthest = int(distances.argmax())
        yield int(left[furthest]), float(distances[furthest] / spread)
        left = np.delete(left, furthest)


def _limit(many: int, *, error: float) -> float:
    """That of the furthest of so many days: of Grubbs (1969), whose test it is for one outlier."""
    import numpy as np
    from scipy.special import stdtrit  # type: ignore[import-untyped,unused-ignore]

    t = float(stdtrit(many - 2, 1 - error / (2 * many)))
    return float((many - 1) * t / np.sqrt((many - 2 + t**2) * many))
