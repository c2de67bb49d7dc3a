"""What the rows say of a leaderboard: which trials are worse than the first, and how good a choice by them is."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ml_assets.core.report.record import Part

DIGITS = 10


class Rows(Part):
    """The rows on which trials are compared: those of all their holdouts, each once.

    Attributes:
        rows: how many there are.
        entities: of how many entities, such as customers.
        first: day of the first event.
        last: day of the last one.
        holdouts: how many of the holdouts differ: several days may have the same rows.
        missing: what there is too little of to tell trials apart; empty where there is enough.
    """

    rows: int
    entities: int
    first: dt.date
    last: dt.date
    holdouts: int
    missing: tuple[str, ...]


class Nested(Part):
    """A choice by the earlier half of the event days of the last holdout, measured on the later half.

    Attributes:
        run_id: of the trial that is the best of the earlier days.
        trials: of how many.
        chosen: its metric on the earlier days.
        chosen_first: the first of them.
        chosen_last: the last of them.
        value: its metric on the later days.
        low: lower end of the 95 % interval of that, by entity; None where all rows are of one entity.
        high: its upper end.
        first: the first of the later days.
        last: the last of them.
        rows: how many rows these have.
    """

    run_id: str
    trials: int
    chosen: float
    chosen_first: dt.date
    chosen_last: dt.date
    value: float
    low: float | None
    high: float | None
    first: dt.date
    last: dt.date
    rows: int


@dataclass(frozen=True, kw_only=True)
class Against:
    """One trial against the first.

    Attributes:
        low: lower end of the 95 % interval of its difference to the first.
        high: its upper end.
        p_value: that of the Model Confidence Set: how often equally good trials are this far behind some other.
    """

    low: float
    high: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What rows say of a leaderboard.

    Attributes:
        rows: those that were looked at; None where trials have none to compare.
        against: by run_id, each trial that was compared with the first one.
        nested: how good a choice by the earlier rows is on the later ones.
    """

    rows: Rows | None = None
    against: Mapping[str, Against] = field(default_factory=dict)
    nested: Nested | None = None


def finite(number: float) -> float | None:
    """Rounded; None for an end that is infinitely far away."""
    return round(number, DIGITS) + 0.0 if math.isfinite(number) else None
