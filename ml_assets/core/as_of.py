"""The day of a run: a complete one, in UTC, not before the first."""

import datetime as dt
import re
from collections.abc import Iterable

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY = re.compile(rf"^week on (?P<weekday>{'|'.join(WEEKDAYS)})\Z")
USUAL_FIRST = dt.date(2025, 1, 1)
NOT_REAL = "as_of: not a real day. Allowed: YYYY-MM-DD, at most {last}."
NOT_COMPLETE = "as_of: not a complete day yet (UTC). Allowed: at most {last}."
TOO_EARLY = "as_of: before the first day. Allowed: {first} to {last}; ML_ASSETS_FIRST_AS_OF sets the first."
NOT_ITS_DAY = "as_of: not a day of its pipeline, which is made every {every}. Allowed: such as {near}."
NOT_A_SPAN = "days: not a span. Allowed: a first and a last day, YYYY-MM-DD, in this order."
_ISO = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def last_complete_day(now: dt.datetime, *, every: str = "") -> dt.date:
    """Yesterday in UTC: the latest day whose end has passed at `now` (timezone-aware); of those that `every` allows."""
    yesterday = now.astimezone(dt.timezone.utc).date() - dt.timedelta(days=1)
    return next(day for n in range(7) if is_day(day := yesterday - dt.timedelta(days=n), every=every))


def is_day(day: dt.date, *, every: str) -> bool:
    """Whether a pipeline is made for a day: any, or for `week on monday` a Monday."""
    match = EVERY.match(every)
    return match is None or WEEKDAYS[day.weekday()] == match["weekday"]


def window(last: dt.date, *, days: int, first: dt.date, every: str = "") -> tuple[dt.date, ...]:
    """The `days` days up to and including `last`, oldest first, without those before `first` or that `every` leaves out."""
    found = (last - dt.timedelta(days=n) for n in reversed(range(days)))
    return tuple(day for day in found if day >= first and is_day(day, every=every))


def days_between(every: str) -> int:
    """How many days after one that `every` allows the next one is."""
    return 7 if EVERY.match(every) else 1


def parse(text: str) -> dt.date | None:
    """The day that `text` names as YYYY-MM-DD, or None where it is no real day."""
    try:
        return dt.date.fromisoformat(text) if _ISO.match(text) else None
    except ValueError:
        return None


def problem(day: dt.date | None, *, now: dt.datetime, first: dt.date | None, every: str = "") -> str | None:
    """What is wrong with `day` as an as_of, as one line, or None.

    Args:
        day: what was asked for; None where it was no real day.
        now: the present moment, timezone-aware.
        first: the first day that is allowed, or None where that is not known yet.
        every: which days its pipeline is made for, `week on monday`; "" for each.
    """
    last = last_complete_day(now)
    if day is None:
        return NOT_REAL.format(last=last)
    if day > last:
        return NOT_COMPLETE.format(last=last)
    if first is not None and day < first:
        return TOO_EARLY.format(first=first, last=last)
    if not is_day(day, every=every):
        near = last_complete_day(now, every=every)
        return NOT_ITS_DAY.format(every=every, near=near)
    return None


def problems(
    days: Iterable[dt.date | None], *, now: dt.datetime, first: dt.date | None, every: str = ""
) -> list[str]:
    """What is wrong with several days, each line once."""
    found = (problem(day, now=now, first=first, every=every) for day in days)
    return list(dict.fromkeys(line for line in found if line is not None))
