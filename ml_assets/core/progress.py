"""How far something is: told by whoever does it to whoever shows it, through the log, for neither knows the other."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

LOGGER = logging.getLogger("ml_assets.progress")
"""Each record, of level DEBUG, has a `Step` as its attribute `step`; only who listens to this very logger gets it."""
LOGGER.propagate = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """One more of `unit` is done: a day, a trial, an artifact.

    Attributes:
        unit: what is counted.
        total: how many there are as far as is known by now; None where it is not.
        note: what else is known, such as the best value so far.
    """

    unit: str
    total: int | None = None
    note: str = ""


def tell_step(unit: str, *, total: int | None = None, note: str = "") -> None:
    """Tell that one more is done; arguments as of `Step`."""
    if LOGGER.isEnabledFor(logging.DEBUG):
        LOGGER.debug(
            "one %s more of %s", unit, total, extra={"step": Step(unit=unit, total=total, note=note)}
        )


def steps(items: Iterable[T], unit: str, *, total: int | None = None) -> Iterator[T]:
    """The items, each told as done when the next one is asked for."""
    for item in items:
        yield item
        tell_step(unit, total=total)
