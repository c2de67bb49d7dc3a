"""Have the rows moved? The later half of a window against the earlier half."""

import datetime as dt
from collections.abc import Mapping

from ml_assets.core.report.record import Part

FLAGGED = 0.10  # relative change from which on it is flagged
FEWEST = 4
DIGITS = 10


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
    if len(points) < FEWEST:
        return None
    import numpy as np

    days = sorted(points)
    half = len(days) // 2
    first, second = days[:half], days[-half:]
    earlier, later = (float(np.mean([points[day] for day in part])) for part in (first, second))
    apart = float(np.mean([b.toordinal() - a.toordinal() for a, b in zip(first, second, strict=True)]))
    change, told = round(later - earlier, DIGITS) + 0.0, round(earlier, DIGITS)
    relative = round(change / earlier, DIGITS) + 0.0 if told else None
    return Drift(
        earlier=told,
        later=round(later, DIGITS),
        change=change,
        relative=relative,
        flagged=bool(change) if relative is None else abs(relative) >= FLAGGED,
        days_apart=round(apart, 2),
        shared=round(max(0.0, 1 - apart / window_days), 4),
    )
