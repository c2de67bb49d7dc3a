"""Successive halving over days: all candidates on few days, the best ones on more, the last ones on all.

The days of a round are spread evenly over the window and not its latest ones: neighbouring days train on
almost the same rows, so that a few of them say one thing several times, while spread ones see the window's
seasons. The latest day is always among them. A round keeps the days of the rounds before, whose runs
are stored already and cost nothing again.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FEWEST = 2
"""Trials that go on at least, so that the best one has been compared with another on every day."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The size of one round: how many trials at most, on how many days."""

    trials: int
    days: int


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round: which trials, by name, on which days.

    Attributes:
        number: 0 for the first round.
        stages: the sizes of all rounds.
        trials: names (the run_id of each trial at the sweep's as_of), sorted.
        days: those of this round, ascending; those of the rounds before are among them.
        window: all days of the sweep, ascending.
    """

    number: int
    stages: tuple[Stage, ...]
    trials: tuple[str, ...]
    days: tuple[dt.date, ...]
    window: tuple[dt.date, ...]

    @property
    def last(self) -> bool:
        """Whether this is the final round, on all days."""
        return self.number == len(self.stages) - 1


def stages(trials: int, days: int, *, reduction: int) -> tuple[Stage, ...]:
    """The sizes of all rounds for this many trials and days; the last one is on all days.

    Each round has 1/reduction of the trials before it (two at least) on about reduction times as many days.
    There are as many rounds as both numbers allow, so one day or two trials make a single round.
    """
    counts = _counts(trials, reduction=reduction)
    rounds = min(len(counts), _times(days, reduction=reduction) + 1)
    return tuple(Stage(trials=counts[i], days=days // reduction ** (rounds - 1 - i)) for i in range(rounds))


def _counts(trials: int, *, reduction: int) -> list[int]:
    counts = [trials]
    while (fewer := max(FEWEST, counts[-1] // reduction)) < counts[-1]:
        counts.append(fewer)
    return counts


def _times(days: int, *, reduction: int) -> int:
    """How often `days` can be divided by `reduction` before less than one is left."""
    times = 0
    while days >= reduction:
        days, times = days // reduction, times + 1
    return times


def cost(plan: Sequence[Stage]) -> int:
    """Trial-days that a plan runs at most, each day of a trial once; never more than trials x days."""
    before = [0, *(stage.days for stage in plan)]
    return sum(stage.trials * (stage.days - earlier) for stage, earlier in zip(plan, before, strict=False))


def first_round(trials: Iterable[str], window: Iterable[dt.date], *, reduction: int) -> Round:
    """All trials on the first few days.

    Args:
        trials: a name for each trial; no two alike.
        window: all days of the sweep.
        reduction: one in how many goes on.

    Raises:
        ValueError: there is no trial or no day, or a name is there twice.
    """
    names, days = sorted(trials), tuple(sorted(set(window)))
    if not names or not days or len(set(names)) < len(names):
        raise ValueError("Halving needs trials with different names, and days.")
    plan = stages(len(names), len(days), reduction=reduction)
    return _round(0, plan, tuple(names), days)


def next_round(of: Round, results: Mapping[str, float | None], *, larger_is_better: bool) -> Round | None:
    """The round after `of`, or None where it was the last one or no trial is left.

    Args:
        of: the round that was run.
        results: for each of its trials the mean metric over its days; None, or what is no finite number, for
            a trial that failed, which is dropped.
        larger_is_better: whether the best trial is the one with the largest metric; ties go by name.

    Raises:
        ValueError: the results are not those of the round's trials.
    """
    if set(results) != set(of.trials):
        raise ValueError("Halving needs one result for each trial of the round, and no other.")
    best = ranked(results, larger_is_better=larger_is_better)
    if of.last or not best:
        return None
    number = of.number + 1
    return _round(number, of.stages, tuple(sorted(best[: of.stages[number].trials])), of.window)


def ranked(results: Mapping[str, float | None], *, larger_is_better: bool) -> list[str]:
    """The trials that did not fail, best first; ties by name."""
    sign = -1 if larger_is_better else 1
    sound = {name: sign * v for name, v in results.items() if v is not None and math.isfinite(v)}
    return sorted(sound, key=lambda name: (sound[name], name))


def _round(
    number: int, plan: tuple[Stage, ...], names: tuple[str, ...], window: tuple[dt.date, ...]
) -> Round:
    days = tuple(sorted(spread(window)[: plan[number].days]))
    return Round(number=number, stages=plan, trials=names, days=days, window=window)


def spread(window: Sequence[dt.date]) -> list[dt.date]:
    """All days of an ascending window, so ordered that the first few of any number are spread over it.

    The latest day comes first, then always the day that is farthest from those before it; of equally far
    ones the later.
    """
    found: list[dt.date] = []
    gap = dict.fromkeys(window, math.inf)
    while gap:
        day = max(gap, key=lambda each: (gap[each], each))
        del gap[day]
        found.append(day)
        gap = {each: min(far, abs((each - day).days)) for each, far in gap.items()}
    return found
