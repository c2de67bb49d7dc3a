"""What rows say of a leaderboard, or days where no row is known: which trials are worse, and what a choice is worth.

The mean of the first trial is that of the best of many on the rows that chose it, and so too good. Rows that chose
nothing have no such bias, though they are fewer and measure the choice by half of the rows: `NestedChoice` chooses on
the earlier event days of a holdout and measures on the later ones.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_assets.core.comparison.by_days import apart
from ml_assets.core.entities import entity_codes
from ml_assets.core.leaderboard.document import Days, Leaderboard, Nested, Rows
from ml_assets.core.leaderboard.ranking import Against, Evidence, finite
from ml_assets.core.leaderboard.trial import DIGITS
from ml_assets.core.point_in_time import DAY
from ml_assets.core.row_sample import Averaged, RowSample
from ml_assets.core.scores import Scored
from ml_assets.core.scores import scored as scores_and_outcomes
from ml_assets.core.statistics.confidence_set import cells, p_values
from ml_assets.core.statistics.intervals import count_clusters
from ml_assets.core.statistics.paired import Missing, difference, missing, missing_days
from ml_assets.core.statistics.row_values import RowMetric

ERROR = 0.05
MISSING = {
    "days": "days of rows",
    "blocks": "fortnights with rows",
    "positive_entities": "entities with outcome 1",
    "negative_entities": "entities with outcome 0",
    "class_entities": "entities of each class",
    "entities": "entities",
}
MISSING_DAYS = {"days": "days from the first to the last", "blocks": "fortnights with days"}


def rows_of(sample: RowSample) -> Rows:
    """What there is to compare on."""
    lacking = missing(
        sample.outcome, entity=sample.entity, day=sample.day, task=sample.task, levels=sample.levels
    )
    return Rows(
        rows=len(sample.day),
        entities=count_clusters(sample.entity),
        first=dt.date.fromordinal(int(sample.day.min())),
        last=dt.date.fromordinal(int(sample.day.max())),
        holdouts=len({places.tobytes() for places in sample.places.values()}),
        missing=tuple(map(_missing, lacking)),
    )


def _missing(lack: Missing, nouns: Mapping[str, str] = MISSING) -> str:
    return f"{lack.has} of the {lack.needs} {nouns[lack.what]} that it takes"


def against_first(
    sample: RowSample, trials: Iterable[tuple[str, Averaged]], *, larger: bool
) -> dict[str, Against]:
    """Each trial against the first one, of which only sums are kept.

    Args:
        sample: their rows.
        trials: by run_id, the first one first; their metric on these rows.
        larger: whether a larger metric is better.
    """
    sign, weight = (1 if larger else -1), sample.weight
    place = cells(day=sample.day, entity=sample.entity)
    first: Averaged | None = None
    sums, ends = {}, {}
    for name, trial in trials:
        first = first or trial
        apart = difference(
            trial.value - first.value,
            trial.contributions - first.contributions,
            entity=sample.entity,
            day=sample.day,
            error=ERROR / 2,
        )
        ends[name] = apart.low, apart.high
        sums[name] = place.sums(sign * (trial.contributions + trial.value * weight))
    return _against(ends, sums, shares=place.sums(weight))


def _against(
    ends: Mapping[str, tuple[float, float]], sums: Mapping[str, Any], *, shares: Any
) -> dict[str, Against]:
    """By run_id: the ends of the difference to the first, and the place in the confidence set."""
    import numpy as np

    names = sorted(sums)
    chances = p_values(np.array([sums[name] for name in names]), shares=shares)
    return {
        name: Against(low=ends[name][0], high=ends[name][1], p_value=round(float(chance), DIGITS))
        for name, chance in zip(names, chances, strict=True)
    }


def by_days(board: Leaderboard, *, window_days: int) -> Evidence:
    """The trials of a leaderboard against the first one by their days, for metrics of which no row is known.

    Days whose windows overlap are nearly one measurement, so only days as far apart as a window is long count: the
    latest one and every one that far before the last that counts. They are then taken as rows of their own.

    Args:
        board: the ranking; a trial on fewer days takes no part.
        window_days: over how many days each value is measured.
    """
    import numpy as np

    trials = [trial for trial in board.trials if trial.complete]
    if len(trials) < 2 or not board.trials[0].complete:  # noqa: PLR2004 - nothing to compare
        return Evidence()
    days = apart(board.days, window_days)
    day = np.array([it.toordinal() for it in days])
    entity, weight = np.arange(len(days)), np.full(len(days), 1 / len(days))
    lacking = missing_days(day)
    compared = Days(
        days=len(days),
        first=days[0],
        last=days[-1],
        missing=tuple(_missing(lack, MISSING_DAYS) for lack in lacking),
    )
    if lacking:
        return Evidence(compared_days=compared)
    values = {trial.run_id: np.array([trial.by_day[it] for it in days]) for trial in trials}
    first, place = values[trials[0].run_id], cells(day=day, entity=entity)
    ends = {
        trial.run_id: _ends(trial.difference or 0.0, values[trial.run_id] - first, day, entity)
        for trial in trials
    }
    sign = 1 if board.larger_is_better else -1
    sums = {run_id: place.sums(sign * weight * held) for run_id, held in values.items()}
    return Evidence(against=_against(ends, sums, shares=place.sums(weight)), compared_days=compared)


def _ends(value: float, differences: Any, day: Any, entity: Any) -> tuple[float, float]:
    pulls = (differences - differences.mean()) / len(differences)
    apart_by = difference(value, pulls, entity=entity, day=day, error=ERROR / 2)
    return apart_by.low, apart_by.high


@dataclass(kw_only=True)
class NestedChoice:
    """Trials as they come; only the best one so far is kept.

    Attributes:
        metric: what chooses, of rows.
        larger: whether more of it is better.
        entity: the id whose rows belong together; "" for none.
    """

    metric: RowMetric
    larger: bool
    entity: str
    _trials: int = 0
    _best: tuple[tuple[float, str], pl.DataFrame, float, float] | None = None

    def consider(self, run_id: str, scored: pl.DataFrame, *, given: float) -> None:
        """Take one trial, with the rows of its last holdout as `core.scores.scored_rows` gives them.

        `given` is the fact that the metric takes. One whose metric either half does not have takes no part.
        """
        values = [_value(self.metric, scores_and_outcomes(half), given) for half in halves(scored)]
        if values[0] is None or values[1] is None:
            return
        key = (-values[0] if self.larger else values[0], run_id)
        self._trials += 1
        if self._best is None or key < self._best[0]:
            self._best = (key, scored, given, values[1])

    def result(self) -> Nested | None:
        """The choice, measured; None for fewer than two trials that have the metric in both halves."""
        if self._best is None or self._trials < 2:  # noqa: PLR2004 - there is nothing to choose
            return None
        (chosen, run_id), scored, given, value = self._best
        earlier, later = halves(scored)
        held = scores_and_outcomes(later)
        ends = self.metric.interval(held.outcome, held.score, entity_codes(later, self.entity), given=given)
        low, high = map(finite, ends)
        return Nested(
            run_id=run_id,
            trials=self._trials,
            chosen=_rounded(-chosen if self.larger else chosen),
            chosen_first=_day(earlier, 0),
            chosen_last=_day(earlier, -1),
            value=_rounded(value),
            low=low,
            high=high,
            first=_day(later, 0),
            last=_day(later, -1),
            rows=later.height,
        )


def _value(metric: RowMetric, rows: Scored, given: float) -> float | None:
    """None where these rows do not have it."""
    try:
        return metric.values(rows.outcome, rows.score, given).value
    except ValueError:
        return None


def halves(scored: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the earlier half of the days, from the first to the last, and those of the later half, by day."""
    ordered = scored.sort(DAY, maintain_order=True)
    first, last = _day(ordered, 0), _day(ordered, -1)
    middle = first + dt.timedelta(days=((last - first).days + 1) // 2)
    early = ordered[DAY] < middle
    return ordered.filter(early), ordered.filter(~early)


def _day(rows: pl.DataFrame, place: int) -> dt.date:
    found: dt.date = rows[DAY][place]
    return found


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0
