"""Ticks that end in time: Dagster gives up after a minute, and what it gave up holds a thread of the code server."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import dagster as dg

from ml_assets.errors import MlAssetsError, OutOfTimeError
from ml_assets.storage.deadline import within

SECONDS = 35.0  # after which nothing is begun
GRACE = 10.0  # further seconds for what was begun

Context = TypeVar("Context")


def in_time(evaluate: Callable[[Context], Any], *, name: str = "") -> Callable[[Context], Any]:
    """The evaluation of a sensor or schedule, skipped where it takes too long or is refused: the cursor stays as it is.

    It is told by its name, by default that of the function. Of one name, no two go on side by side.

    What goes on by itself meanwhile is not begun again; see `storage.deadline`. Refused it is where settings or store
    cannot be used: the reason is that of the skip, in our words, and a later tick tries again.
    """

    @functools.wraps(evaluate)
    def evaluate_in_time(context: Context) -> Any:
        try:
            return within(SECONDS, lambda: evaluate(context), what=name or evaluate.__name__, grace=GRACE)
        except OutOfTimeError as error:
            return dg.SkipReason(f"{error} This tick was given up, so that it holds nobody up.")
        except MlAssetsError as error:
            return dg.SkipReason(f"{error}")

    return evaluate_in_time
