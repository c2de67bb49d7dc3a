"""How far a command is, on standard error: a bar with the time that is left on a terminal, and what the library logs as lines."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ml_assets.core.progress import LOGGER as STEPS
from ml_assets.core.progress import Step

if TYPE_CHECKING:
    from rich.progress import Progress

    from ml_assets.terminal.console import SafeConsole

LOGGER = logging.getLogger("ml_assets")
BAR_WIDTH = 20
Tell = Callable[[str], None]
"""Shows a line."""
Total = int | None | Callable[[], int]
"""How many there are, or what counts them, which is asked on a terminal only; None where the steps say."""


@contextmanager
def progress(
    *, show: bool, doing: str = "Making", unit: str = "", total: Total = None, lines: bool = True
) -> Iterator[Tell]:
    """Show how far something is, and each line that is told to what this gives.

    Args:
        show: whether to show anything at all.
        doing: what is done, in a word.
        unit: which steps the bar counts (`core.progress`); without one it shows the time that has passed.
        total: how many of them there are; a total that the steps tell is taken where none is given.
        lines: whether each line that the library logs is shown; else warnings alone are.
    """
    if not show:
        yield lambda _: None
        return
    from ml_assets.terminal.console import SafeConsole

    out = SafeConsole(stderr=True)

    def tell(line: str) -> None:
        out.print(line, style="dim", markup=False)

    def emit(record: logging.LogRecord) -> None:
        if record.levelno >= (logging.INFO if lines else logging.WARNING):
            tell(record.getMessage())

    with _heard(LOGGER, emit, logging.INFO):
        if out.is_terminal:
            with _bar(out, doing=doing, unit=unit, total=total() if callable(total) else total):
                yield tell
        else:
            yield tell


@contextmanager
def _bar(out: "SafeConsole", *, doing: str, unit: str, total: int | None) -> Iterator[None]:
    """A bar that each step of the unit moves on; it is gone when all is done."""
    with _columns(out, counts=bool(unit)) as shown:
        task = shown.add_task(doing, total=total, note="")

        def emit(record: logging.LogRecord) -> None:
            step = getattr(record, "step", None)
            if isinstance(step, Step) and step.unit == unit:
                shown.update(task, advance=1, note=step.note, total=step.total if total is None else total)

        with _heard(STEPS, emit, logging.DEBUG):
            yield


def _columns(out: "SafeConsole", *, counts: bool) -> "Progress":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    first = (SpinnerColumn(out.spinner), TextColumn("{task.description}", markup=False))
    if not counts:
        return Progress(*first, TimeElapsedColumn(), console=out, transient=True)
    left = (TimeRemainingColumn(), TextColumn("left"))
    note = TextColumn("{task.fields[note]}", markup=False)
    bar = BarColumn(bar_width=BAR_WIDTH)
    return Progress(*first, bar, MofNCompleteColumn(), *left, note, console=out, transient=True)


@contextmanager
def reading(doing: str, *, json: bool, unit: str = "", total: Total = None) -> Iterator[None]:
    """`progress` of a command that makes no artifacts: on a terminal alone, and not where JSON is asked for."""
    with progress(show=sys.stderr.isatty() and not json, doing=doing, unit=unit, total=total, lines=False):
        yield


@contextmanager
def _heard(logger: logging.Logger, emit: Callable[[logging.LogRecord], None], level: int) -> Iterator[None]:
    """Give `emit` what a logger gets from a level on."""
    handler, before = logging.Handler(level), logger.level
    handler.emit = emit  # type: ignore[method-assign, assignment]
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
