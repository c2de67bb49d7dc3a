"""The rows on which two models are compared: how many there are, and when there will be enough."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from ml_assets.core.contract import Task
from ml_assets.core.statistics.paired import BLOCK_DAYS, FEWEST_DAYS, Missing, What

A_DAY = dt.timedelta(days=1)


class Part(BaseModel):
    """The base of every part of a comparison: frozen, and closed."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Board(Part):
    """A leaderboard that ranks the candidate's parameter set.

    Attributes:
        run_id: names it.
        as_of: its day.
        rows_until: the last event day of any row that it looked at.
    """

    run_id: str
    as_of: dt.date
    rows_until: dt.date


class Sample(Part):
    """The rows on which both models were scored.

    Attributes:
        first: the first day whose rows may count: neither model was trained on it, nor the candidate chosen on it.
        through: outcomes had closed by the end of this day (UTC).
        first_day: the first event day that there are rows of, or None.
        last_day: the last one, or None.
        rows: how many there are.
        entities: distinct ones among them.
        positive_entities: those with a row of outcome 1.
        negative_entities: those with a row of outcome 0.
        ambiguous: closed rows that are left out, for day, ids and event time do not tell them apart.
        only_candidate: closed rows that the reference cannot be scored on.
        only_reference: closed rows that the candidate cannot be scored on.
        sha256: over the rows and both models; equal for equal ones.
        task: what an outcome is; not in the document of a yes or no, as of earlier versions.
        class_entities: entities of the class that has the fewest; None, and not in the document, where there are no classes.
    """

    first: dt.date
    through: dt.date
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    rows: int = 0
    entities: int = 0
    positive_entities: int = 0
    negative_entities: int = 0
    ambiguous: int = 0
    only_candidate: int = 0
    only_reference: int = 0
    sha256: str = ""
    task: Task = "binary"
    class_entities: int | None = None

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        new = {"task": "binary", "class_entities": None}
        return {name: value for name, value in fields.items() if name not in new or value != new[name]}

    @property
    def days(self) -> int:
        """From the first event day to the last, both included."""
        if self.first_day is None or self.last_day is None:
            return 0
        return (self.last_day - self.first_day).days + 1


class Lack(Part):
    """What there is too little of.

    Attributes:
        what: calendar days from the first row to the last, blocks of days that have rows, entities, or those with a row of
            that outcome, or of the class that has the fewest.
        has: how many there are.
        needs: how many a verdict needs.
    """

    what: What
    has: int
    needs: int


class Shortage(Part):
    """What is missing for a verdict.

    Attributes:
        lacks: at least one.
        enough_from: the first day, as `through`, that should do if rows go on as they have; None where more days would not.
    """

    lacks: tuple[Lack, ...]
    enough_from: dt.date | None


def shortage(
    sample: Sample, missing: Sequence[Missing], *, window_days: int, closing_days: int
) -> Shortage | None:
    """What is missing, or None where there is enough.

    Args:
        sample: the rows.
        missing: what there is too little of.
        window_days: days that are compared at most.
        closing_days: how many days after its own a day's outcomes have all closed.
    """
    if not missing:
        return None
    lacks = tuple(Lack(what=item.what, has=item.has, needs=item.needs) for item in missing)
    more = [_more_days(lack, sample, window_days=window_days) for lack in lacks]
    if None in more:
        return Shortage(lacks=lacks, enough_from=None)
    days = dt.timedelta(days=max(found for found in more if found is not None))
    last = sample.last_day or sample.first - A_DAY
    closed = last + days + dt.timedelta(days=closing_days)
    return Shortage(lacks=lacks, enough_from=max(closed, sample.through + days))


def _more_days(lack: Lack, sample: Sample, *, window_days: int) -> int | None:
    """How many more days it takes, of rows like those that there are; None where more days do not help."""
    still = lack.needs - lack.has
    if lack.what == "days":
        return still
    if lack.what == "blocks":
        to_come = max(0, lack.needs - sample.days // BLOCK_DAYS)
        return max(0, FEWEST_DAYS - sample.days) + BLOCK_DAYS * max(0, still - to_come)
    if not sample.days:  # as many as they may be, once there are rows
        return 0
    if not lack.has or sample.days >= window_days:
        return None
    return math.ceil(still * sample.days / lack.has)
