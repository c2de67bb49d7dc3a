"""`ml-assets report`: how a window of days went, from the store alone; nothing is written."""

import json
from typing import TYPE_CHECKING

from ml_assets.cli.request import BackfillRequest
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.report import text
from ml_assets.core.report.document import Report
from ml_assets.core.report.record import STATUSES
from ml_assets.pipeline.report import report as read_report
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings

if TYPE_CHECKING:
    from rich.table import Table

ONLY_STORED = "Read from the store alone: a day that failed counts as missing, a reused one as made."


def report(request: BackfillRequest, *, environment: str, as_json: bool) -> int:
    """Print the report of the requested days."""
    workspace = open_workspace(load_settings(), pipeline=tabular, environment=environment)
    found = read_report(request.parameters, request.days, pipeline=tabular, workspace=workspace)
    if as_json:
        print(json.dumps(found.document(), indent=2))
        return 0
    print_report(found, pipeline=tabular)
    print(ONLY_STORED)
    return 0


def print_report(report: Report, *, pipeline: Declared) -> None:
    """Print a report: how many days, a line a metric, what stands out, what has moved, how to try again."""
    from ml_assets.cli.tables import console

    out, metrics = console(), Metrics.of(pipeline)
    counts = ", ".join(f"{report.counts[status]} {status}" for status in STATUSES if report.counts[status])
    out.print(
        f"[bold]{report.first} to {report.last}[/bold]  environment {report.environment}: {report.done} of "
        f"{text.count(report.asked, 'day')} done ({report.success_rate:.1%}): {counts}"
    )
    if report.metrics:
        out.print(_metrics(report, metrics))
        out.print(text.pooled(report.pooled), markup=False)
    sections = {
        f"Outliers ({text.OUTLIER_RULE})": text.outliers({**report.metrics, **report.rows}, metrics=metrics),
        f"Drift, later half of the days against the earlier ({text.DRIFT_RULE})": [
            f"{name}: {text.drift(item)}" for name, item in report.drift.items()
        ],
        "Failed": [f"{text.stretches(group.days)}: {group.reason}" for group in report.errors],
        "Try again": list(report.retry),
    }
    for title, lines in sections.items():
        if lines:
            out.print(f"\n{title}:\n" + "\n".join(f"  {line}" for line in lines), markup=False)


def _metrics(report: Report, metrics: Metrics) -> "Table":
    from rich.table import Table

    table = Table("metric", "mean", "std", "min", "max", "trend (95 % interval)", box=None, padding=(0, 2))
    for name, item in report.metrics.items():
        if not metrics.is_end(name, report.metrics):
            numbers = [text.number(value) for value in (item.mean, item.std, item.min, item.max)]
            table.add_row(name, *numbers, text.trend(item.trend))
    return table
