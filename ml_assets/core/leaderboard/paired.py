"""Is a trial worse than the first one? Differences paired by day, and a correction for asking many times.

The first trial is the best of many by its own numbers, and every other one is compared with it, so some differ by
chance. `holm` corrects for the number of comparisons. In a simulation of trials that are equally good (10 or 50 of
them, 3 to 14 independent days) a given trial was then marked as worse in 2 % of the sweeps at most, and in 9 % to
27 % without it. That is what the mark promises: of one trial that is as good as the best, not of all of them
together, of which some was marked in 8 % to 30 % of the sweeps (53 % to 99 % without).
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ml_assets.core.leaderboard.overlap import shared_holdout, widening

CONFIDENCE = 0.95
FEWEST = 2


@dataclass(frozen=True, kw_only=True)
class Paired:
    """The mean difference of two series over the days that both have.

    Attributes:
        days: how many those are.
        mean: None where there are none.
        low: lower end of the 95 % t interval, widened for the holdout days that the days share; None for fewer
            than two days.
        high: its upper end.
        independent_low: lower end of the same interval without widening, as if the days were independent.
        independent_high: its upper end.
        p_value: two-sided, that the mean is 0, with the same widening; None as above.
    """

    days: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    independent_low: float | None = None
    independent_high: float | None = None
    p_value: float | None = None


def paired(
    series: Mapping[dt.date, float], reference: Mapping[dt.date, float], *, holdout_days: int = 0
) -> Paired:
    """`series - reference`, day by day; with `holdout_days=0` each day counts as independent of the others."""
    days = tuple(sorted(set(series) & set(reference)))
    differences = [round(series[day] - reference[day], 10) for day in days]
    if not differences:
        return Paired(days=0)
    mean = math.fsum(differences) / len(differences)
    if len(differences) < FEWEST:
        return Paired(days=len(differences), mean=mean)
    wider = _widening(days, holdout_days)
    margin, p_value = _t(mean, _error(differences, mean) * wider, freedom=len(days) - 1)
    return Paired(
        days=len(days),
        mean=mean,
        low=mean - margin,
        high=mean + margin,
        independent_low=mean - margin / wider,
        independent_high=mean + margin / wider,
        p_value=p_value,
    )


@lru_cache(maxsize=64)
def _widening(days: tuple[dt.date, ...], holdout_days: int) -> float:
    return widening(len(days), shared_holdout(days, holdout_days))


def _error(differences: Sequence[float], mean: float) -> float:
    """Standard error of the mean; 0 where all differences are equal but for rounding."""
    squares = math.fsum((value - mean) ** 2 for value in differences)
    error = math.sqrt(squares / (len(differences) - 1) / len(differences))
    return error if error > 1e-9 * abs(mean) else 0.0


def _t(mean: float, error: float, *, freedom: int) -> tuple[float, float]:
    """Half the width of the interval, and the p-value."""
    from scipy.special import stdtr, stdtrit  # type: ignore[import-untyped,unused-ignore]

    if not error:
        return 0.0, float(mean == 0)
    margin = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return margin, float(2 * stdtr(freedom, -abs(mean) / error))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values after Holm (1979), in the order given: valid however the tests depend on each other."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, largest = [0.0] * len(p_values), 0.0
    for step, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - step) * p_values[place]))
        adjusted[place] = largest
    return adjusted
