"""Metrics over all days of a report, with intervals made of the rows of their holdouts, each once."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ml_assets.core.report.record import DayRecord, Part

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    import datetime as dt

    from polars import DataFrame

    from ml_assets.core.statistics.row_values import RowMetric

DIGITS = 10


class Pooled(Part):
    """A metric over all days that are done.

    Attributes:
        value: its mean over the days.
        low: lower end of the 95 % interval of that, by entity; None where the rows are not known.
        high: its upper end.
    """

    value: float
    low: float | None = None
    high: float | None = None


class Pool(Part):
    """The metrics over all days.

    Attributes:
        metrics: by name.
        rows: how many rows the holdouts have, each counted once; None where they are not known.
        entities: of how many entities, such as customers.
        why_not: why there is no interval; "" where there is one.
    """

    metrics: dict[str, Pooled]
    rows: int | None = None
    entities: int | None = None
    why_not: str = ""


def means(days: Iterable[DayRecord], *, names: Iterable[str], why_not: str) -> Pool | None:
    """The means of these metrics alone; None where no day is done."""
    done = [day.metrics for day in days if day.done]
    found = {
        name: Pooled(value=_rounded(math.fsum(of[name] for of in done) / len(done)))
        for name in names
        if done and all(name in of for of in done)
    }
    return Pool(metrics=found, why_not=why_not) if found else None


def pool(
    scored: "Callable[[], Iterable[tuple[dt.date, DataFrame]]]",
    *,
    entity: str,
    metrics: Mapping[str, "RowMetric"],
) -> Pool:
    """Means and intervals of the scores of one day at least.

    Args:
        scored: gives, by as_of, the rows of its holdout as `core.scores.scored_rows` gives them; called several times,
            as they are not kept.
        entity: the id whose rows belong together; "" for none.
        metrics: by name, what they are of rows.
    """
    from ml_assets.core.row_sample import RowSample, averaged
    from ml_assets.core.statistics.intervals import mean_interval

    sample = RowSample.of(scored(), entity=entity)
    averages = averaged(sample, scored(), metrics=metrics)
    found = {}
    for name, of in averages.items():
        low, high = mean_interval(of.value, of.contributions, sample.entity)
        known = math.isfinite(low)
        low, high = metrics[name].within(low, high)
        found[name] = Pooled(
            value=_rounded(of.value),
            low=_rounded(low) if known else None,
            high=_rounded(high) if known else None,
        )
    return Pool(metrics=found, rows=len(sample.day), entities=len(set(sample.entity.tolist())))


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0
