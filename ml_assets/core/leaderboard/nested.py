"""How good a choice by a leaderboard is: chosen on the earlier event days of a holdout, measured on the later ones.

The mean of the first trial is that of the best of many on the rows that chose it, and so too good. Rows that chose
nothing have no such bias, though they are fewer and measure the choice by half of the rows.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_assets.core.entities import entity_codes
from ml_assets.core.leaderboard.evidence import DIGITS, Nested, finite
from ml_assets.core.scores import OUTCOME
from ml_assets.core.scoring.score import SCORE
from ml_assets.core.statistics.intervals import auc_interval, mean_interval
from ml_assets.core.statistics.row_values import row_values
from ml_assets.core.training_set import DAY


@dataclass(kw_only=True)
class NestedChoice:
    """Trials as they come; only the best one so far is kept.

    Attributes:
        metric: what chooses.
        larger: whether more of it is better.
        entity: the id whose rows belong together; "" for none.
    """

    metric: str
    larger: bool
    entity: str
    _trials: int = 0
    _best: tuple[tuple[float, str], pl.DataFrame, float] | None = None

    def consider(self, run_id: str, scored: pl.DataFrame, *, base_rate: float) -> None:
        """Take one trial, with the rows of its last holdout as `core.scores.scored_rows` gives them."""
        earlier, later = halves(scored)
        if not (_both_outcomes(earlier) and _both_outcomes(later)):
            return
        value = self._measured(earlier, base_rate).value
        key = (-value if self.larger else value, run_id)
        self._trials += 1
        if self._best is None or key < self._best[0]:
            self._best = (key, scored, base_rate)

    def result(self) -> Nested | None:
        """The choice, measured; None for fewer than two trials that have both outcomes in both halves."""
        if self._best is None or self._trials < 2:  # noqa: PLR2004 - there is nothing to choose
            return None
        (chosen, run_id), scored, base_rate = self._best
        earlier, later = halves(scored)
        entity = entity_codes(later, self.entity)
        value = self._measured(later, base_rate)
        if self.metric == "roc_auc":
            ends = auc_interval(later[OUTCOME].to_numpy(), later[SCORE].to_numpy(), entity)
        else:
            ends = mean_interval(value.value, value.contributions, entity)
        low, high = map(finite, ends)
        return Nested(
            run_id=run_id,
            trials=self._trials,
            chosen=_rounded(-chosen if self.larger else chosen),
            chosen_first=_day(earlier, 0),
            chosen_last=_day(earlier, -1),
            value=_rounded(value.value),
            low=low,
            high=high,
            first=_day(later, 0),
            last=_day(later, -1),
            rows=later.height,
        )

    def _measured(self, rows: pl.DataFrame, base_rate: float) -> Any:
        outcome, score = rows[OUTCOME].to_numpy(), rows[SCORE].to_numpy()
        return row_values(self.metric, outcome, score, base_rate=base_rate)


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


def _both_outcomes(rows: pl.DataFrame) -> bool:
    return rows[OUTCOME].n_unique() > 1


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0
