"""Trials against the first one, on the rows of all their holdouts."""

import datetime as dt
from collections.abc import Iterable

from ml_assets.core.leaderboard.evidence import DIGITS, Against, Rows
from ml_assets.core.row_sample import Averaged, RowSample
from ml_assets.core.statistics.confidence_set import cells, p_values
from ml_assets.core.statistics.paired import Missing, difference, missing

ERROR = 0.05
WORDS = {
    "days": "days of rows",
    "blocks": "fortnights with rows",
    "positive_entities": "entities with outcome 1",
    "negative_entities": "entities with outcome 0",
}


def rows_of(sample: RowSample) -> Rows:
    """What there is to compare on."""
    import numpy as np

    lacking = missing(sample.outcome, entity=sample.entity, day=sample.day)
    return Rows(
        rows=len(sample.day),
        entities=len(np.unique(sample.entity)),
        first=dt.date.fromordinal(int(sample.day.min())),
        last=dt.date.fromordinal(int(sample.day.max())),
        holdouts=len({places.tobytes() for places in sample.places.values()}),
        missing=tuple(map(_missing, lacking)),
    )


def _missing(of: Missing) -> str:
    return f"{of.has} of the {of.needs} {WORDS[of.what]} that it takes"


def against_first(
    sample: RowSample, trials: Iterable[tuple[str, Averaged]], *, larger: bool
) -> dict[str, Against]:
    """Each trial against the first one, of which only sums are kept.

    Args:
        sample: their rows.
        trials: by run_id, the first one first; their metric on these rows.
        larger: whether a larger metric is better.
    """
    import numpy as np

    sign, weight = (1 if larger else -1), sample.weight
    place = cells(day=sample.day, entity=sample.entity)
    first: Averaged | None = None
    sums, ends = {}, {}
    for name, of in trials:
        first = first or of
        ends[name] = _ends(of, first, sample)
        sums[name] = place.sums(sign * (of.contributions + of.value * weight))
    names = sorted(sums)
    chances = p_values(np.array([sums[name] for name in names]), shares=place.sums(weight))
    return {
        name: Against(low=ends[name][0], high=ends[name][1], p_value=round(float(chance), DIGITS))
        for name, chance in zip(names, chances, strict=True)
    }


def _ends(of: Averaged, first: Averaged, sample: RowSample) -> tuple[float, float]:
    found = difference(
        of.value - first.value,
        of.contributions - first.contributions,
        entity=sample.entity,
        day=sample.day,
        error=ERROR / 2,
    )
    return found.low, found.high
