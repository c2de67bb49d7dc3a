"""The report of a window of days, for a terminal."""

from collections.abc import Mapping
from types import MappingProxyType

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.report import text
from ml_assets.core.report.document import Report
from ml_assets.core.report.record import STATUSES
from ml_assets.terminal.tables import console, print_launch, print_sections, print_table, print_text
from ml_assets.text import count, number


def print_report(
    report: Report, *, pipeline: Declared, note: str = "", launch: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Print a report: how many days, a line a metric, what stands out, what has moved, how to try again.

    `launch` are the addresses of launchpads by day, of which the first is printed.
    """
    metrics = Metrics.of(pipeline)
    counts = ", ".join(f"{report.counts[status]} {status}" for status in STATUSES if report.counts[status])
    console().print(
        f"[bold]{report.first} to {report.last}[/bold]  environment {report.environment}: {report.done} of "
        f"{count(report.asked, 'day')} done ({report.success_rate:.1%}): {counts}"
    )
    if report.metrics:
        head = ("metric", "mean", "std", "min", "max", "trend (95 % interval)")
        rows = [
            (name, *map(number, (item.mean, item.std, item.min, item.max)), text.trend(item.trend))
            for name, item in report.metrics.items()
            if not metrics.is_end(name, report.metrics)
        ]
        print_table(head, rows)
        print_text(text.pooled(report.pooled))
    drift = [f"{name}: {text.drift(item)}" for name, item in report.drift.items()]
    sections = {
        f"Outliers ({text.OUTLIER_RULE})": text.outliers({**report.metrics, **report.rows}, metrics=metrics),
        f"Drift, later half of the days against the earlier ({text.DRIFT_RULE})": drift,
        "Failed": [f"{text.stretches(group.days)}: {group.reason}" for group in report.errors],
        "Try again": report.retry,
    }
    print_sections(sections)
    if note:
        print_text(note)
    print_days(launch)


def print_days(launch: Mapping[str, str]) -> None:
    """Print the first of the addresses of launchpads by day."""
    for day, link in list(launch.items())[:1]:
        print_launch([link], title=f"{day} in Dagster's launchpad")
