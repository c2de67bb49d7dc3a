"""The report as Markdown, for Dagster's pages and for people without a terminal."""

from collections.abc import Iterator

from ml_assets.core.markup import bullets, plain, table
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.report import text
from ml_assets.core.report.document import Report, has_base_rate, has_rows
from ml_assets.core.report.record import STATUSES, DayRecord
from ml_assets.core.slices import label, subject
from ml_assets.text import count, number

MOST_DAYS = 31


def markdown(report: Report, *, pipeline: Declared) -> str:
    """The whole report as text; equal reports give equal text."""
    metrics = Metrics.of(pipeline)
    parts = [
        _title(report, pipeline),
        _metrics(report, metrics),
        _outliers(report, metrics),
        _drift(report),
        _errors(report),
        _retry(report),
        _days(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(report: Report, pipeline: Declared) -> str:
    counts = ", ".join(f"{report.counts[status]} {status}" for status in STATUSES)
    names = (subject(report.parameters, pipeline=pipeline), label(report.parameters, pipeline=pipeline))
    return (
        f"# {' '.join(names)}, {report.first} to {report.last}\n\n"
        f"{report.done} of {count(report.asked, 'day')} done ({report.success_rate:.1%}) in environment "
        f"`{report.environment}`: {counts}. {report.seconds:,.1f} s of work."
    )


def _metrics(report: Report, metrics: Metrics) -> str:
    if not report.metrics:
        return "" if report.done else "No day is done, so there are no metrics."
    rows = [
        (
            f"**{name}**" if name == report.metric else name,
            number(s.mean),
            number(s.std),
            number(s.min),
            number(s.max),
            text.trend(s.trend),
        )
        for name, s in report.metrics.items()
        if not metrics.is_end(name, report.metrics)
    ]
    head = ("metric", "mean", "std", "min", "max", "trend (95 % interval)")
    return f"## Metrics\n\n{table(head, rows)}\n\n{text.pooled(report.pooled)}".rstrip()


def _outliers(report: Report, metrics: Metrics) -> str:
    lines = text.outliers({**report.metrics, **report.rows}, metrics=metrics)
    return f"## Outliers\n\n{text.OUTLIER_RULE}:\n\n" + bullets(lines) if lines else ""


def _drift(report: Report) -> str:
    if not report.drift:
        return ""
    lines = [f"{name}: {text.drift(item)}" for name, item in report.drift.items()]
    head = f"The later half of the days against the earlier half; {text.DRIFT_RULE}."
    return f"## Drift\n\n{head}\n\n{bullets(lines)}\n\n{report.note}"


def _errors(report: Report) -> str:
    lines = [
        f"{count(len(group.days), 'day')} ({text.stretches(group.days)}): {plain(group.reason)}"
        for group in report.errors
    ]
    return "## Errors\n\n" + bullets(lines) if lines else ""


def _retry(report: Report) -> str:
    if not report.retry:
        return ""
    return "## Try again\n\n```\n" + "\n".join(report.retry) + "\n```"


def _days(report: Report) -> str:
    shown = report.days[-MOST_DAYS:]
    cut = f"The latest {MOST_DAYS} of {report.asked}.\n\n" if len(shown) < report.asked else ""
    columns = [dict(_cells(day, report)) for day in shown]
    return "## Days\n\n" + cut + table(tuple(columns[0]), [tuple(cells.values()) for cells in columns])


def _cells(day: DayRecord, report: Report) -> Iterator[tuple[str, str]]:
    """Of one day, by column; what nobody counts has none."""
    yield "as_of", str(day.as_of)
    yield "status", day.status if day.done else f"**{day.status}**"
    if report.metric:
        yield report.metric, number(day.metrics.get(report.metric))
    if has_rows(report):
        rows = day.facts.get("rows")
        yield "rows", "-" if rows is None else f"{rows:,.0f}"
    if has_base_rate(report):
        yield "base rate", number(day.facts.get("base_rate"))
    yield "run_id", f"`{day.run_id}`"
