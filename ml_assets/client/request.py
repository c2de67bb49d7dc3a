"""What is asked of a deployment, checked here first; and waiting for what comes of it."""

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ml_assets.core import as_of as days_
from ml_assets.core.parameters import AnyParameters
from ml_assets.core.problems import diagnose
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError, RemoteError

Day = dt.date | str
Progress = Callable[[str], None]
POLL_SECONDS = 1.0


def checked_request(
    parameters: Mapping[str, Any],
    given: Sequence[Day],
    *,
    cls: type[AnyParameters],
    every: str = "",
    also: Sequence[str] = (),
) -> tuple[AnyParameters, list[dt.date]]:
    """The parameters and days, or RefusedError with every problem of both. The deployment knows its first day."""
    checked, problems = diagnose(parameters, cls)
    problems += also
    now = dt.datetime.now(tz=dt.timezone.utc)
    found = {day_of(day) for day in given}
    problems += days_.problems(found, now=now, first=None, every=every)
    if checked is None or problems:
        raise RefusedError(problems)
    return checked, sorted(day for day in found if day is not None)


def refuse_early(day: dt.date, *, first: dt.date) -> None:
    """RefusedError where the day is before the first one of a deployment."""
    problem = days_.problem(day, now=dt.datetime.now(tz=dt.timezone.utc), first=first)
    if problem is not None:
        raise RefusedError([problem])


def day_of(day: Any) -> dt.date | None:
    """The day, or None where it is none."""
    if isinstance(day, str):
        return None if looks_like_credential(day) else days_.parse(day)
    if isinstance(day, dt.datetime):  # so is a pandas Timestamp
        return day.date()
    return day if isinstance(day, dt.date) else None


def until(ended: Callable[[], bool], *, what: str, seconds: float | None) -> None:
    """Ask again and again until it has ended."""
    end = None if seconds is None else time.monotonic() + seconds
    while not ended():
        if end is not None and time.monotonic() > end:
            raise RemoteError(
                f"The {what} has not ended after {seconds:g} s. It goes on; look it up by its id."
            )
        time.sleep(POLL_SECONDS)


def silent(_: str) -> None:
    """Say nothing."""
