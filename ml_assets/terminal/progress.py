"""How far a command is, on standard error: what the library logs, as lines or as a bar."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOGGER = logging.getLogger("ml_assets")
Tell = Callable[[str], None]
"""Shows a line."""


@contextmanager
def progress(*, show: bool, doing: str = "Training") -> Iterator[Tell]:
    """Show each artifact as it is made, and each line that is told to what this gives."""
    if not show:
        yield lambda _: None
        return
    from ml_assets.terminal.console import SafeConsole

    out = SafeConsole(stderr=True)

    def tell(line: str) -> None:
        out.print(line, style="dim", markup=False)

    with _logged(lambda record: tell(record.getMessage())), out.status(doing, spinner=out.spinner):
        yield tell


@contextmanager
def bar(*, show: bool) -> Iterator[None]:
    """Show a bar of the trials of a sweep: how many are done, the best value so far, the time left; warnings above it."""
    if not show:
        yield
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from ml_assets.terminal.console import SafeConsole

    best = TextColumn("best {task.fields[best]}")
    columns = (TextColumn("Sweep"), BarColumn(), MofNCompleteColumn(), best, TimeRemainingColumn())
    with Progress(*columns, console=SafeConsole(stderr=True)) as shown:
        task = shown.add_task("sweep", total=None, best="-")

        def emit(record: logging.LogRecord) -> None:
            if told := getattr(record, "sweep", None):
                best = "-" if told.best is None else f"{told.best:.4f}"
                shown.update(task, completed=told.done, total=told.total, best=best)
            elif record.levelno >= logging.WARNING:
                shown.console.print(record.getMessage(), style="dim", markup=False)

        with _logged(emit):
            yield


@contextmanager
def _logged(emit: Callable[[logging.LogRecord], None]) -> Iterator[None]:
    """Give `emit` what the library logs."""
    handler = logging.Handler()
    handler.emit = emit  # type: ignore[method-assign, assignment]
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
