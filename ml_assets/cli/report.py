"""`ml-assets report`: how a window of days went, from the store alone; nothing is written."""

from ml_assets.cli.call import Call
from ml_assets.cli.request import names_several, read_request
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.report import text
from ml_assets.core.report.document import Report
from ml_assets.core.report.record import STATUSES

ONLY_STORED = "Read from the store alone: a day that failed counts as missing, a reused one as made."
USUAL_DAYS = "14"


def report(call: Call) -> int:
    """Print the report of the requested days."""
    if not names_several(call.args):
        call.args.last = USUAL_DAYS
    request = read_request(call)
    from ml_assets.pipeline.report import report as read_report

    found = read_report(request.parameters, request.days, pipeline=call.pipeline, workspace=call.workspace)
    call.show(found.document(), lambda: print_report(found, pipeline=call.pipeline, note=ONLY_STORED))
    return 0


def print_report(report: Report, *, pipeline: Declared, note: str = "") -> None:
    """Print a report: how many days, a line a metric, what stands out, what has moved, how to try again."""
    from ml_assets.cli.tables import console, print_sections, table

    out, metrics = console(), Metrics.of(pipeline)
    counts = ", ".join(f"{report.counts[status]} {status}" for status in STATUSES if report.counts[status])
    out.print(
        f"[bold]{report.first} to {report.last}[/bold]  environment {report.environment}: {report.done} of "
        f"{text.count(report.asked, 'day')} done ({report.success_rate:.1%}): {counts}"
    )
    if report.metrics:
        head = ("metric", "mean", "std", "min", "max", "trend (95 % interval)")
        rows = [
            (name, *map(text.number, (item.mean, item.std, item.min, item.max)), text.trend(item.trend))
            for name, item in report.metrics.items()
            if not metrics.is_end(name, report.metrics)
        ]
        out.print(table(head, rows))
        out.print(text.pooled(report.pooled), markup=False)
    drift = [f"{name}: {text.drift(item)}" for name, item in report.drift.items()]
    sections = {
        f"Outliers ({text.OUTLIER_RULE})": text.outliers({**report.metrics, **report.rows}, metrics=metrics),
        f"Drift, later half of the days against the earlier ({text.DRIFT_RULE})": drift,
        "Failed": [f"{text.stretches(group.days)}: {group.reason}" for group in report.errors],
        "Try again": report.retry,
    }
    print_sections(out, sections)
    if note:
        print(note)
