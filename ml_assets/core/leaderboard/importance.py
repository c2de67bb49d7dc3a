"""Which parameter decides the metric? The share of its variance over trials that each explains alone."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from ml_assets.core.leaderboard.trial import Value, is_number, levels, order, places
from ml_assets.core.report.record import Part

MOST_LEVELS = 10  # values of a number, up to which each is a group of its own
BINS = 5
TRIALS_A_BIN = 3
FEWEST_TRIALS = 4
DIGITS = 10


class Share(Part):
    """One varied parameter.

    Attributes:
        name: the parameter.
        mean: over the days, between 0 and 1.
        by_day: the variance between its groups / the variance over all trials.
        groups: how many groups its values make.
        binned: whether a group holds several values: those of numbers with many values, by rank.
        chance: what a parameter that does nothing reaches on average: (groups - 1) / (trials - 1).
    """

    name: str
    mean: float
    by_day: dict[dt.date, float]
    groups: int
    binned: bool
    chance: float


class Importance(Part):
    """The varied parameters of a sweep, the most important first.

    Attributes:
        trials: how many trials were looked at.
        days: those that all of these trials have, and on which the metric is not the same for all.
        shares: one a parameter. What parameters do together is in none of them.
        left_out: parameters of text that have another value in (almost) every trial: nothing can be told.
        agreement: Kendall's W of the days' orders of the parameters, 1 = the same on every day; None for one
            day or where no day has an order.
        full_grid: whether each combination of values was tried exactly once. Where not, parameters go
            together by chance or by choice, and their shares overlap.
    """

    trials: int
    days: tuple[dt.date, ...]
    shares: tuple[Share, ...]
    left_out: tuple[str, ...]
    agreement: float | None
    full_grid: bool


def importance(
    values: Sequence[Mapping[str, Value]], metric: Mapping[dt.date, Sequence[float]]
) -> Importance | None:
    """The importance of each parameter.

    Args:
        values: of each trial, the varied parameters.
        metric: by day, one number a trial, in the same order.

    Returns:
        None where it cannot be told: fewer than two parameters that vary, fewer than four trials, or a metric
        that is the same for all trials on every day.
    """
    names = list(values[0]) if values else []
    columns = {name: [trial[name] for trial in values] for name in names}
    days = sorted(day for day, numbers in metric.items() if _squares(numbers) > 0)
    vary = [name for name in names if len(levels(columns[name])) > 1]
    if len(vary) < 2 or len(values) < FEWEST_TRIALS or not days:  # noqa: PLR2004 - one has nothing to share with
        return None
    groups = {name: group(columns[name]) for name in names}
    found = [
        _share(
            name,
            codes,
            {day: metric[day] for day in days},
            binned=max(codes) + 1 < len(levels(columns[name])),
        )
        for name, codes in groups.items()
        if codes is not None
    ]
    return Importance(
        trials=len(values),
        days=tuple(days),
        shares=tuple(sorted(found, key=lambda share: (-share.mean, share.name))),
        left_out=tuple(name for name, codes in groups.items() if codes is None),
        agreement=kendall_w([[share.by_day[day] for share in found] for day in days]),
        full_grid=_full_grid(columns),
    )


def group(values: Sequence[Value]) -> list[int] | None:
    """The group of each value, from 0 on; None for text with a value of its own in more than half of the trials.

    Each value is a group where two trials have it on average and there are at most ten values; otherwise
    numbers are put into at most five groups of nearly equal size, equal values into one.
    """
    found = levels(values)
    numbers = [value for value in found if is_number(value)]
    few = 2 * len(found) <= len(values)
    if few and (len(found) <= MOST_LEVELS or not numbers):
        return places(values, found)
    return _bins(values) if numbers and len(numbers) + 1 >= len(found) else None


def _bins(values: Sequence[Value]) -> list[int]:
    import numpy as np

    held = [float(value) for value in values if is_number(value)]
    count = max(2, min(BINS, len(held) // TRIALS_A_BIN))
    edges = np.quantile(held, np.linspace(0, 1, count + 1)[1:-1])
    codes = [int(np.searchsorted(edges, value)) if is_number(value) else count for value in values]
    known = {code: place for place, code in enumerate(sorted(set(codes)))}
    return [known[code] for code in codes]


def _share(
    name: str, codes: Sequence[int], metric: Mapping[dt.date, Sequence[float]], *, binned: bool
) -> Share:
    by_day = {day: explained(codes, numbers) for day, numbers in metric.items()}
    many = max(codes) + 1
    return Share(
        name=name,
        mean=round(sum(by_day.values()) / len(by_day), DIGITS),
        by_day=by_day,
        groups=many,
        binned=binned,
        chance=round((many - 1) / (len(codes) - 1), DIGITS),
    )


def explained(codes: Sequence[int], numbers: Sequence[float]) -> float:
    """The sum of squares between groups / the sum of squares over all, 0 to 1; the numbers must differ."""
    import numpy as np

    y = np.array(numbers) - np.mean(numbers)
    rows = np.bincount(codes)
    between = float((np.bincount(codes, weights=y) ** 2 / rows).sum())
    return round(min(1.0, between / float(y @ y)), DIGITS) + 0.0


def _squares(numbers: Sequence[float]) -> float:
    """0 where all are equal, whatever rounding says."""
    import numpy as np

    return float(np.var(numbers)) if max(numbers) > min(numbers) else 0.0


def kendall_w(scores: Sequence[Sequence[float]]) -> float | None:
    """Agreement of several orders (one row each) of the same things, 0 to 1, corrected for ties.

    None for fewer than two rows or two things, and where all things tie in every row.
    """
    import numpy as np

    table = np.array(scores)
    if table.ndim != 2 or min(table.shape) < 2:  # noqa: PLR2004 - nothing to agree on
        return None
    raters, things = table.shape
    ranks = np.array([_ranks(row) for row in table])
    sums = ranks.sum(axis=0)
    ties = sum(int(n) ** 3 - int(n) for row in ranks for n in np.unique(row, return_counts=True)[1])
    whole = raters**2 * (things**3 - things) - raters * ties
    if not whole:
        return None
    return round(float(12 * ((sums - sums.mean()) ** 2).sum() / whole), DIGITS)


def _ranks(row: Any) -> list[float]:
    """From 1 on; those that tie share the mean of their ranks."""
    return [float((row < value).sum() + ((row == value).sum() + 1) / 2) for value in row]


def _full_grid(columns: Mapping[str, Sequence[Value]]) -> bool:
    combinations = 1
    for values in columns.values():
        combinations *= len(levels(values))
    keys = [tuple(map(order, trial)) for trial in zip(*columns.values(), strict=True)]
    return combinations == len(keys) == len(set(keys))
