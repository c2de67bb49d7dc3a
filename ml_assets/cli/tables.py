"""Results as tables for a terminal, and progress; on a narrow one, or in a file, paths stay whole."""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.markup import escape
from rich.table import Table

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.slices import metric_assets
from ml_assets.terminal.console import SafeConsole

WIDTH = 240
LOGGER = logging.getLogger("ml_assets")


def console() -> SafeConsole:
    """A console that never breaks a path: what is wider than the terminal is left for the terminal to wrap."""
    return SafeConsole(width=WIDTH, soft_wrap=True, highlight=False)


def table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> Table:
    """A table without lines; what stands in it is text, and no markup."""
    made = Table(*map(escape, head), box=None, padding=(0, 2))
    for row in rows:
        made.add_row(*map(escape, row))
    return made


def print_sections(out: SafeConsole, sections: Mapping[str, Sequence[str]]) -> None:
    """Each section under its title; those that are empty are left out."""
    for title, lines in sections.items():
        if lines:
            out.print(f"\n{title}:\n" + "\n".join(f"  {line}" for line in lines), markup=False)


def print_result(result: Mapping[str, Any], *, given: Collection[str], pipeline: Declared, more: str) -> None:
    """Print parameters, metrics and paths of a run; `more` is the command that tells all about it."""
    out = console()
    out.print(
        f"run_id [bold]{result['run_id']}[/bold]  as_of {result['as_of']}  environment {result['environment']}"
    )
    out.print(f"Dagster run {result['dagster_run_id']}\n")
    out.print(parameters_table(result["parameters"], given=given))
    out.print(metrics_table(result["metrics"], pipeline=pipeline))
    for asset, artifact in result["artifacts"].items():
        out.print(f"{asset:<13} {'reused' if artifact['reused'] else 'made  '} {escape(artifact['uri'])}/")
    asset, artifact = next(iter(result["artifacts"].items()))
    root = artifact["uri"].partition(f"/{pipeline.folder}/{asset}/".replace("//", "/"))[0]
    out.print(f"\nArtifacts are under {root}. All about this run: {more}", markup=False)


def parameters_table(parameters: Mapping[str, Any], *, given: Collection[str]) -> Table:
    """Parameter, value and origin."""
    rows = [
        (name, json.dumps(value), "given" if name in given else "default")
        for name, value in parameters.items()
    ]
    return table(("parameter", "value", "origin"), rows)


def metrics_table(metrics: Mapping[str, float], *, pipeline: Declared) -> Table:
    """Metric, value and, where there are any, interval: four digits."""
    declared = Metrics.of(pipeline)
    names = declared.in_order(declared.without_ends(metrics))
    head = ["metric", "value", *(["95 % interval"] if len(names) < len(metrics) else [])]
    rows = [[name, number(metrics[name]), declared.interval_text(name, metrics)] for name in names]
    return table(head, [row[: len(head)] for row in rows])


def number(value: float | None) -> str:
    """Four digits after the point; a whole number as it is, and nothing for none."""
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def print_backfill(result: Mapping[str, Any], *, pipeline: Declared) -> None:
    """Print one line a day: its first metric, how many artifacts were made, and where the main one is."""
    names = Metrics.of(pipeline).ranked[:1]
    main = pipeline.promotes or metric_assets(pipeline)[0]
    rows = [
        (
            day["as_of"],
            day["run_id"],
            *(number(day["metrics"].get(name)) for name in names),
            str(sum(not artifact["reused"] for artifact in day["artifacts"].values())),
            f"{day['artifacts'][main]['uri']}/",
        )
        for day in result["days"]
    ]
    out = console()
    out.print(table(("as_of", "run_id", *names, "made", main), rows))
    out.print(f"{len(result['days'])} days done, {len(result['failed'])} failed")


@contextmanager
def logged(emit: Callable[[logging.LogRecord], None]) -> Iterator[None]:
    """Give `emit` what the library logs."""
    handler = logging.Handler()
    handler.emit = emit  # type: ignore[method-assign, assignment]
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)


@contextmanager
def progress(*, show: bool, doing: str = "Training") -> Iterator[Callable[[str], None]]:
    """Show on stderr each artifact as it is made, and each line that is told to what this gives."""
    if not show:
        yield lambda _: None
        return
    out = SafeConsole(stderr=True)

    def tell(line: str) -> None:
        out.print(f"[dim]{escape(line)}[/dim]")

    with logged(lambda record: tell(record.getMessage())), out.status(doing, spinner=out.spinner):
        yield tell
