"""One number over many days: its level, its spread, where it is going, and the days that stand out."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from ml_assets.core.report.record import Part

DIGITS = 10
OUTLIER = 3.5  # of the modified z-score, after Iglewicz and Hoaglin (1993)
FEWEST_FOR_OUTLIERS = 5
FEWEST_FOR_TREND = 3
CONFIDENCE = 0.95

Direction = Literal["rising", "falling", "no clear trend"]


class Trend(Part):
    """The least-squares line through the days.

    Attributes:
        slope: change a day.
        low: lower end of the slope's 95 % confidence interval, each day taken as independent of the others.
        high: its upper end.
        direction: `no clear trend` where the interval holds 0.
    """

    slope: float
    low: float
    high: float
    direction: Direction


class Outlier(Part):
    """A day that stands out: `score` is its modified z-score."""

    as_of: dt.date
    value: float
    score: float


class Summary(Part):
    """One number over the days that have it; `std` is that of a sample, None of a single day."""

    days: int
    mean: float
    std: float | None
    min: float
    max: float
    trend: Trend | None
    outliers: tuple[Outlier, ...]


def summarise(points: Mapping[dt.date, float]) -> Summary:
    """The summary of a number by day; there must be one day at least, and their order does not matter."""
    import numpy as np

    days = sorted(points)
    values = np.array([round(points[day], DIGITS) for day in days])
    return Summary(
        days=len(days),
        mean=_rounded(values.mean()),
        std=_rounded(values.std(ddof=1)) if len(days) > 1 else None,
        min=_rounded(values.min()),
        max=_rounded(values.max()),
        trend=_trend(days, values),
        outliers=_outliers(days, values),
    )


def _trend(days: list[dt.date], values: Any) -> Trend | None:
    """None for fewer than three days: a line through two has no error."""
    if len(days) < FEWEST_FOR_TREND:
        return None
    import numpy as np
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    x = np.array([day.toordinal() for day in days], dtype=float)
    x -= x.mean()
    y = values - values.mean()
    squares = float(x @ x)
    slope = float(x @ y) / squares
    rest, freedom = y - slope * x, len(days) - 2
    error = float(np.sqrt(rest @ rest / freedom / squares))
    margin = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    slope, low, high = (_rounded(value) for value in (slope, slope - margin, slope + margin))
    return Trend(slope=slope, low=low, high=high, direction=_direction(low, high))


def _direction(low: float, high: float) -> Direction:
    if low > 0:
        return "rising"
    return "falling" if high < 0 else "no clear trend"


def _outliers(days: list[dt.date], values: Any) -> tuple[Outlier, ...]:
    """By median and median absolute deviation; where more than half of the days are equal, by the mean one."""
    if len(days) < FEWEST_FOR_OUTLIERS:
        return ()
    import numpy as np

    distance = values - np.median(values)
    middle, usual = float(np.median(abs(distance))), float(abs(distance).mean())
    scale = middle / 0.6744897502 if middle else usual * 1.2533141373
    if not scale:
        return ()
    scores = distance / scale
    return tuple(
        Outlier(as_of=day, value=_rounded(value), score=round(float(score), 2))
        for day, value, score in zip(days, values, scores, strict=True)
        if abs(score) > OUTLIER
    )


def _rounded(value: Any) -> float:
    return round(float(value), DIGITS) + 0.0  # no -0.0
