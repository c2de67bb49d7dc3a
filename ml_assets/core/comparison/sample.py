"""The rows on which two models are compared: how many there are, and when there will be enough."""

import datetime as dt
import math

from pydantic import BaseModel, ConfigDict

from ml_assets.core.statistics.paired import FEWEST_DAYS, FEWEST_ENTITIES

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

    @property
    def days(self) -> int:
        """From the first event day to the last, both included."""
        if self.first_day is None or self.last_day is None:
            return 0
        return (self.last_day - self.first_day).days + 1


class Shortage(Part):
    """What is missing for a verdict.

    Attributes:
        needed_days: from the first event day to the last.
        needed_entities: of either outcome.
        enough_from: the first day, as `through`, that should do if rows go on as they have; None where they never would.
    """

    needed_days: int = FEWEST_DAYS
    needed_entities: int = FEWEST_ENTITIES
    enough_from: dt.date | None


def shortage(sample: Sample, *, window_days: int, closing_days: int) -> Shortage | None:
    """What is missing, or None where there is enough.

    Args:
        sample: the rows.
        window_days: days that are compared at most.
        closing_days: how many days after its own a day's outcomes have all closed.
    """
    missing = _missing_days(sample, window_days=window_days)
    if missing == 0:
        return None
    if missing is None:
        return Shortage(enough_from=None)
    last = sample.last_day or sample.first - A_DAY
    closed = last + dt.timedelta(days=missing + closing_days)
    return Shortage(enough_from=max(closed, sample.through + dt.timedelta(days=missing)))


def _missing_days(sample: Sample, *, window_days: int) -> int | None:
    """How many more days there must be, of rows like those that there are; None where more days do not help."""
    missing = max(0, FEWEST_DAYS - sample.days)
    for entities in (sample.positive_entities, sample.negative_entities):
        if sample.days and entities < FEWEST_ENTITIES:
            if not entities or sample.days >= window_days:
                return None
            missing = max(missing, math.ceil((FEWEST_ENTITIES - entities) * sample.days / entities))
    return missing
