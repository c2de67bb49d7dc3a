"""Ticks that end in time: Dagster gives up after a minute, and what it gave up holds a thread of the code server."""

from collections.abc import Callable
from typing import Any

import dagster as dg

from ml_assets.adapter.view import View
from ml_assets.errors import MlAssetsError, OutOfTimeError
from ml_assets.storage.deadline import within

SECONDS = 35.0  # after which nothing is begun
GRACE = 10.0  # further seconds for what was begun


def in_time(evaluate: Callable[[Any, View], Any], view: View, *, name: str) -> Callable[[Any], Any]:
    """The evaluation of a view's sensor or schedule, skipped where it takes too long or is refused: the cursor stays.

    It is told by its name. Of one name, no two go on side by side.

    What goes on by itself meanwhile is not begun again; see `storage.deadline`. Refused it is where settings or store
    cannot be used: the reason is that of the skip, in our words, and a later tick tries again.
    """

    def evaluate_in_time(context: Any) -> Any:
        try:
            return within(SECONDS, lambda: evaluate(context, view), what=name, grace=GRACE)
        except OutOfTimeError as error:
            return dg.SkipReason(f"{error} This tick was given up, so that it holds nobody up.")
        except MlAssetsError as error:
            return dg.SkipReason(f"{error}")

    return evaluate_in_time
