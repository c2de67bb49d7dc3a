"""The rows that several evaluations were measured on, each once, though their holdouts overlap.

A metric that is averaged over days has one contribution a row: the mean of its influences over the holdouts that it is
in. So a row counts once, however many days have measured it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import polars as pl

from ml_assets.core.contract import Task
from ml_assets.core.entities import entity_codes
from ml_assets.core.point_in_time import DAY
from ml_assets.core.scores import OUTCOME, row_keys
from ml_assets.core.scores import scored as scores_and_outcomes
from ml_assets.core.statistics.row_values import RowMetric

TWIN = "twin of the same key"  # a row's place among those that its key does not tell apart
ROW = "row of the sample"


@dataclass(frozen=True, kw_only=True, eq=False)
class RowSample:
    """The rows of the holdouts of some days.

    Attributes:
        day: the event day of each row as a proleptic ordinal, shape (n,).
        entity: integers of shape (n,), equal for rows of one entity.
        outcome: 0 or 1, the place of a class, or a number, shape (n,).
        task: what an outcome is.
        levels: the outcomes of which there should be some; empty where they are numbers.
        places: by as_of, which of these rows each row of its holdout is, in the order of the evaluation's scores.
        keys: by as_of, the columns that tell its rows apart.
    """

    day: Any
    entity: Any
    outcome: Any
    places: Mapping[dt.date, Any]
    keys: Mapping[dt.date, pl.DataFrame]
    task: Task = "binary"
    levels: tuple[int, ...] = (0, 1)

    @classmethod
    def of(cls, scored: Iterable[tuple[dt.date, pl.DataFrame]], *, entity: str) -> "RowSample":
        """The sample of at least one holdout.

        Args:
            scored: by as_of, the rows as `core.scores.scored_rows` gives them; all with the same columns.
            entity: the id whose rows belong together; "" for none.
        """
        keys, outcomes = {}, []
        for as_of, table in scored:
            keys[as_of], held = row_keys(table), scores_and_outcomes(table)
            outcomes.append(_numbered(keys[as_of]).with_columns(pl.Series(OUTCOME, held.outcome)))
        names = [name for name in outcomes[0].columns if name != OUTCOME]
        rows = pl.concat(outcomes).unique(names, keep="last", maintain_order=True).sort(names)
        places = {as_of: _places(rows, key) for as_of, key in keys.items()}
        return cls(
            day=rows[DAY].dt.epoch("d").to_numpy() + dt.date(1970, 1, 1).toordinal(),
            entity=entity_codes(rows, entity),
            outcome=rows[OUTCOME].to_numpy(),
            places=places,
            keys=keys,
            task=held.task,
            levels=held.levels,
        )

    @property
    def weight(self) -> Any:
        """What each row's share of an average over the days is, shape (n,); they sum to 1."""
        import numpy as np

        found = np.zeros(len(self.day))
        for places in self.places.values():
            found[places] += 1 / (len(self.places) * len(places))
        return found

    def holds(self, as_of: dt.date, table: pl.DataFrame) -> bool:
        """Whether these scores are of the very rows that the sample has of that day."""
        return self.keys[as_of].equals(row_keys(table))


@dataclass(frozen=True, kw_only=True, eq=False)
class Averaged:
    """A metric averaged over the days of a sample: its value, and each row's contribution to it, shape (n,)."""

    value: float
    contributions: Any


def averaged(
    sample: RowSample,
    scored: Iterable[tuple[dt.date, pl.DataFrame]],
    *,
    metrics: Mapping[str, RowMetric],
    facts: Mapping[dt.date, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[str, Averaged]:
    """The averages of metrics over all days of a sample, by name.

    Args:
        sample: the rows.
        scored: by as_of, the rows of its holdout as `core.scores.scored_rows` gives them; every day once.
        metrics: by name, what they are of rows.
        facts: by as_of, the facts of what was trained on, for metrics that take one of them.
    """
    import numpy as np

    count = len(sample.places)
    values: dict[str, list[float]] = {name: [] for name in metrics}
    found = {name: np.zeros(len(sample.day)) for name in metrics}
    for as_of, table in scored:
        held = scores_and_outcomes(table)
        for name, metric in metrics.items():
            of = metric.values(held.outcome, held.score, metric.given(facts.get(as_of, {})))
            values[name].append(of.value)
            found[name][sample.places[as_of]] += of.contributions / count
    return {name: Averaged(value=float(np.mean(values[name])), contributions=found[name]) for name in metrics}


def _numbered(keys: pl.DataFrame) -> pl.DataFrame:
    """With the place of a row among those with the same key, in their order."""
    return keys.with_columns(pl.int_range(pl.len()).over(keys.columns).alias(TWIN))


def _places(rows: pl.DataFrame, keys: pl.DataFrame) -> Any:
    numbered = _numbered(keys)
    names = numbered.columns
    indexed = rows.select(names).with_row_index(ROW)
    return numbered.join(indexed, on=names, how="left", nulls_equal=True, maintain_order="left")[
        ROW
    ].to_numpy()
