"""Which look at a model a monitoring is: each of them may err, and all of them together for one sound model in twenty."""

import datetime as dt

from ml_assets.core.report.record import Part
from ml_assets.core.statistics.tries import error_of_look


class Look(Part):
    """Which look at one model this is.

    Attributes:
        number: on how many days outcomes of the model had closed, this one included; none of it is stored.
        error: the chance with which each verdict of this look may be wrong where nothing has changed.
    """

    number: int
    error: float


def look_at(as_of: dt.date, *, closing: int, learned_until: dt.date) -> Look | None:
    """The look at the end of `as_of`, counted by the calendar; None where outcomes of no day have closed yet.

    Whether and how often a monitoring was made does not matter: each day on which one could be counts.

    Args:
        as_of: the day of the look.
        closing: how many days after its own the outcomes of a day have closed.
        learned_until: the last day of the model's own rows. The first look is that of the day after it.
    """
    number = (as_of - learned_until).days - closing
    return Look(number=number, error=error_of_look(number)) if number > 0 else None
