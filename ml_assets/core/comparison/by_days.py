"""A candidate against a reference by what was measured of both on the same days, of days or of rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ml_assets.core.comparison.compare import DIGITS, kpi_verdict, overall
from ml_assets.core.comparison.document import Kpi, Verdict
from ml_assets.core.comparison.sample import Board, Lack, Part
from ml_assets.core.comparison.text import kpi_line, sentence
from ml_assets.core.metrics import Metrics
from ml_assets.core.statistics.paired import BLOCK_DAYS, FEWEST_BLOCKS, FEWEST_DAYS, difference, missing_days
from ml_assets.text import count

Values = Mapping[dt.date, Mapping[str, float]]


class DayComparison(Part):
    """What became of all metrics with a margin.

    Attributes:
        through: days up to this one were looked at.
        days: those that both have, the oldest first; of days whose windows overlap only one counts.
        rows: those of these days that both have a loss of; 0 where none is known, and days are compared.
        chosen_on: the leaderboards that rank the candidate's parameter set: the days that they looked at do not count.
        lacks: what is missing for a verdict, by metric; none where there is enough.
        kpis: one for each margin; none where days are too few.
        verdict: as in a comparison by rows.
        error: the chance, at most, with which the truth is beyond an end of an interval.
    """

    schema_version: Literal[1] = 1
    through: dt.date
    days: tuple[dt.date, ...]
    rows: int = 0
    chosen_on: tuple[Board, ...] = ()
    lacks: Mapping[str, tuple[Lack, ...]]
    kpis: tuple[Kpi, ...] = ()
    verdict: Verdict
    error: float

    @property
    def passed(self) -> bool:
        """Whether the candidate may take the reference's place."""
        return self.verdict in ("better", "not worse")


def apart(days: Sequence[dt.date], window_days: int) -> list[dt.date]:
    """The days, oldest first, that are a window from each other at least; the latest of all is one of them."""
    kept: list[dt.date] = []
    for day in sorted(days, reverse=True):
        if not kept or (kept[-1] - day).days >= window_days:
            kept.append(day)
    return kept[::-1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Paired:
    """One metric of both on the same days, or on the same rows.

    Attributes:
        own: the candidate's values, shape (n,).
        other: the reference's.
        day: proleptic ordinals of their days.
        entity: integers, equal for what belongs together.
    """

    own: Any
    other: Any
    day: Any
    entity: Any


def pairs_by_day(candidate: Values, reference: Values, *, windows: Mapping[str, int]) -> dict[str, Paired]:
    """Each metric on the days that both have of it.

    Days whose windows overlap are nearly one measurement: only days as far apart as a window is long count.

    Args:
        candidate: its metrics by day.
        reference: those of the other one.
        windows: over how many days each metric is measured.
    """
    import numpy as np

    found = {}
    for metric, window in windows.items():
        both = [day for day in candidate if metric in candidate[day] and metric in reference.get(day, {})]
        days = apart(both, window)
        own, other = (np.array([values[day][metric] for day in days]) for values in (candidate, reference))
        ordinals = np.array([day.toordinal() for day in days])
        found[metric] = Paired(own=own, other=other, day=ordinals, entity=np.arange(len(days)))
    return found


def lacking(pairs: Mapping[str, Paired]) -> dict[str, tuple[Lack, ...]]:
    """What is missing to compare each metric; nothing of those with enough."""
    return {
        metric: tuple(Lack(what=item.what, has=item.has, needs=item.needs) for item in lacks)
        for metric, pair in pairs.items()
        if (lacks := missing_days(pair.day))
    }


def compare_pairs(
    pairs: Mapping[str, Paired], *, metrics: Metrics, margins: Mapping[str, float], error: float
) -> tuple[Kpi, ...]:
    """Each metric that has a margin.

    Args:
        pairs: with enough days (`lacking`).
        metrics: what is declared of them.
        margins: by how much the candidate may be worse.
        error: chance, at most, with which the truth is beyond an end of an interval.

    Raises:
        RefusedError: a metric says nothing about what is better.
    """
    return tuple(
        _kpi(name, pairs[name], margin, larger=metrics.larger_is_better(name), error=error)
        for name, margin in margins.items()
    )


def _kpi(metric: str, pair: Paired, margin: float, *, larger: bool, error: float) -> Kpi:
    worse = (1 if larger else -1) * (pair.other - pair.own)
    pulls = (worse - worse.mean()) / len(worse)
    found = difference(float(worse.mean()), pulls, entity=pair.entity, day=pair.day, error=error)
    low, high = _rounded(found.low), _rounded(found.high)
    return Kpi(
        metric=metric,
        margin=margin,
        candidate=_rounded(pair.own.mean()),
        reference=_rounded(pair.other.mean()),
        degradation=_rounded(found.value),
        low=low,
        high=high,
        verdict=kpi_verdict(low, high, margin=margin),
    )


def verdict_of(kpis: Sequence[Kpi]) -> Verdict:
    """What all metrics say together; too few where none was looked at."""
    return overall(kpis) if kpis else "too few rows"


def lines(comparison: DayComparison) -> list[str]:
    """It in plain English: the verdict, a line for each metric, and on which days."""
    days = comparison.days
    rows = f"{count(comparison.rows, 'row')} of " if comparison.rows else ""
    span = f"{rows}{count(len(days), 'day')}, {days[0]} to {days[-1]}" if days else "No day"
    told = [f"{span}, that both have up to {comparison.through}."]
    if comparison.lacks:
        told = [sentence("too few rows", of="days"), *told, *map(_lack, comparison.lacks.items())]
    else:
        chance = f"The truth is beyond an end of an interval with a chance of at most {100 * comparison.error:.2g}%."
        told = [
            sentence(comparison.verdict, of="days"),
            *map(kpi_line, comparison.kpis),
            f"{told[0]} {chance}",
        ]
    return told + [
        f"The leaderboard {board.run_id} of {board.as_of} ranks this parameter set: the days that it looked at do not count."
        for board in comparison.chosen_on
    ]


def _lack(named: tuple[str, tuple[Lack, ...]]) -> str:
    metric, lacks = named
    has = " and ".join(f"{lack.has} {_NOUNS[lack.what]}" for lack in lacks)
    return f"{metric}: {has}. Needed: {FEWEST_DAYS} days from the first to the last, in {FEWEST_BLOCKS} blocks of {BLOCK_DAYS} days."


_NOUNS = {"days": "days from the first to the last", "blocks": "blocks with days"}


def _rounded(value: float) -> float:
    return round(float(value), DIGITS) + 0.0  # no -0.0
