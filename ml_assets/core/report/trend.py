"""Where a number is going over many days whose rows overlap, and whether the later half of them differs.

A metric of one day is measured on the rows of a window of days (the holdout), so neighbouring days are nearly the same
measurement. The slope of the least-squares line has the HAC error of Newey and West (1987), Bartlett weights with the
length of the window as lag. At spans of a few windows that error is far too small and its distribution far from
normal: alone it calls a trend in 27 to 48 % of series without one. So it is corrected as Bell and McCaffrey (2002) do
it, with a working model in which a metric is the mean of independent daily effects over its window: the variance is
divided by its relative bias under that model, and Student's t has the degrees of freedom that match its spread.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ml_assets.core.report.record import Part

DIGITS = 10
FEWEST_DAYS = 3
FEWEST_WINDOWS = 3  # from the first day to the last, for a direction
CONFIDENCE = 0.95
DRIFT_FLAGGED = 0.10  # relative change from which on a drift is flagged
DRIFT_DAYS = 4  # at least

Direction = Literal["rising", "falling", "no clear trend", "window too short"]


class Trend(Part):
    """The least-squares line through the days.

    Attributes:
        slope: change a day.
        low: lower end of the slope's 95 % confidence interval; None where the days span fewer than three windows.
        high: its upper end.
        direction: `no clear trend` where the interval contains 0, `window too short` where there is none.
    """

    slope: float
    low: float | None
    high: float | None
    direction: Direction


@dataclass(frozen=True, kw_only=True)
class _Design:
    """What the days alone decide: their places around 0, weights of the slope, the form of its variance, Student's t.

    The form is one of residuals: of values themselves it would leave the root of their rounding, 1e-8, as the margin of
    a straight line.
    """

    places: Any
    weights: Any
    form: Any
    factor: float
    freedom: float


def trend(days: Sequence[dt.date], values: Any, *, window_days: int) -> Trend | None:
    """The trend of `values`, shape (n,), over `days`, which are in order; None for fewer than three days.

    Args:
        days: one for each value.
        values: the metric by day.
        window_days: on the rows of how many days each value is measured.
    """
    if len(days) < FEWEST_DAYS:
        return None
    design = _design(tuple(day.toordinal() for day in days), max(1, window_days))
    slope = float(design.weights @ values)
    if (days[-1] - days[0]).days < FEWEST_WINDOWS * window_days:
        return Trend(slope=_rounded(slope), low=None, high=None, direction="window too short")
    margin = _margin(design, values, slope)
    low, high = _rounded(slope - margin), _rounded(slope + margin)
    return Trend(slope=_rounded(slope), low=low, high=high, direction=_direction(low, high))


def _margin(design: _Design, values: Any, slope: float) -> float:
    """Half the width of the interval."""
    import numpy as np
    from scipy.special import stdtrit  # type: ignore[import-untyped,unused-ignore]

    residuals = values - values.mean() - slope * design.places
    variance = max(0.0, float(residuals @ design.form @ residuals)) * design.factor
    return float(stdtrit(design.freedom, (1 + CONFIDENCE) / 2) * np.sqrt(variance))


@lru_cache(maxsize=32)
def _design(places: tuple[int, ...], window: int) -> _Design:
    """For the ordinals of the days; all metrics of a report share one."""
    import numpy as np

    x = np.array(places, dtype=float)
    x -= x.mean()
    weights = x / (x @ x)
    residuals = np.eye(len(x)) - 1 / len(x) - np.outer(x, weights)
    gap = abs(x[:, None] - x)
    bartlett = np.clip(1 - gap / (window + 1), 0, None)
    shared = np.clip(1 - gap / window, 0, None)  # correlation of two means over windows of that length
    form = bartlett * np.outer(weights, weights)
    product = residuals @ form @ residuals @ shared
    expected = float(np.trace(product))
    spread = 2 * float((product * product.T).sum())
    return _Design(
        places=x,
        weights=weights,
        form=form,
        factor=float(weights @ shared @ weights) / expected,
        freedom=2 * expected**2 / spread,
    )


def _direction(low: float, high: float) -> Direction:
    if low > 0:
        return "rising"
    return "falling" if high < 0 else "no clear trend"


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0  # no -0.0


class Drift(Part):
    """How one number about the rows has changed over the window.

    Attributes:
        earlier: mean over the earlier half of the days.
        later: mean over the later half; with an odd number of days, the one in the middle is in neither.
        change: later - earlier.
        relative: change / earlier, None where earlier is 0 in the digits that are kept.
        flagged: whether the relative change is 10 % or more, or there was nothing earlier.
        days_apart: mean distance of the two halves in days.
        shared: share of the days that a typical window of the one half has in common with one of the other.
    """

    earlier: float
    later: float
    change: float
    relative: float | None
    flagged: bool
    days_apart: float
    shared: float


def drift(points: Mapping[dt.date, float], *, window_days: int) -> Drift | None:
    """The drift of a number by day, each taken over `window_days` days; None for fewer than four days."""
    if len(points) < DRIFT_DAYS:
        return None
    import numpy as np

    days = sorted(points)
    half = len(days) // 2
    first, second = days[:half], days[-half:]
    earlier, later = (float(np.mean([points[day] for day in part])) for part in (first, second))
    apart = float(np.mean([b.toordinal() - a.toordinal() for a, b in zip(first, second, strict=True)]))
    change, before = round(later - earlier, DIGITS) + 0.0, round(earlier, DIGITS)
    relative = round(change / earlier, DIGITS) + 0.0 if before else None
    return Drift(
        earlier=before,
        later=round(later, DIGITS),
        change=change,
        relative=relative,
        flagged=bool(change) if relative is None else abs(relative) >= DRIFT_FLAGGED,
        days_apart=round(apart, 2),
        shared=round(max(0.0, 1 - apart / window_days), 4),
    )
