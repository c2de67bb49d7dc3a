"""The report as Markdown, for Dagster's pages and for people without a terminal."""

from collections.abc import Iterator

from ml_assets.core.markup import bullets, plain, table
from ml_assets.core.metric_interval import is_end
from ml_assets.core.report import words
from ml_assets.core.report.coverage import label
from ml_assets.core.report.document import Report
from ml_assets.core.report.record import STATUSES, DayRecord

MOST_DAYS = 31


def markdown(report: Report) -> str:
    """The whole report as text; equal reports give equal text."""
    parts = [
        _title(report),
        _metrics(report),
        _outliers(report),
        _drift(report),
        _errors(report),
        _retry(report),
        _days(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(report: Report) -> str:
    counts = ", ".join(f"{report.counts[status]} {status}" for status in STATUSES)
    name = f"{report.parameters['dataset']} {label(report.parameters)}"
    return (
        f"# {name}, {report.first} to {report.last}\n\n"
        f"{report.done} of {words.count(report.asked, 'day')} done ({report.success_rate:.1%}) in environment "
        f"`{report.environment}`: {counts}. {report.seconds:,.1f} s of work."
    )


def _metrics(report: Report) -> str:
    if not report.metrics:
        return "No day is done, so there are no metrics."
    rows = [
        (
            f"**{name}**" if name == report.metric else name,
            words.number(s.mean),
            words.number(s.std),
            words.number(s.min),
            words.number(s.max),
            words.trend(s.trend),
        )
        for name, s in report.metrics.items()
        if not is_end(name, report.metrics)
    ]
    head = ("metric", "mean", "std", "min", "max", "trend (95 % interval)")
    return "## Metrics\n\n" + table(head, rows)


def _outliers(report: Report) -> str:
    lines = words.outliers({**report.metrics, **report.rows})
    return f"## Outliers\n\n{words.OUTLIER_RULE}:\n\n" + bullets(lines) if lines else ""


def _drift(report: Report) -> str:
    if not report.drift:
        return ""
    lines = [f"{name}: {words.drift(item)}" for name, item in report.drift.items()]
    head = f"The later half of the days against the earlier half; {words.DRIFT_RULE}."
    return f"## Drift\n\n{head}\n\n{bullets(lines)}\n\n{report.note}"


def _errors(report: Report) -> str:
    lines = [
        f"{words.count(len(group.days), 'day')} ({words.stretches(group.days)}): {plain(group.reason)}"
        for group in report.errors
    ]
    return "## Errors\n\n" + bullets(lines) if lines else ""


def _retry(report: Report) -> str:
    if not report.retry:
        return ""
    return "## Try again\n\n```\n" + "\n".join(report.retry) + "\n```"


def _days(report: Report) -> str:
    shown = report.days[-MOST_DAYS:]
    rows = [tuple(_cells(day, report.metric)) for day in shown]
    cut = f"The latest {MOST_DAYS} of {report.asked}.\n\n" if len(shown) < report.asked else ""
    return (
        "## Days\n\n" + cut + table(("as_of", "status", report.metric, "rows", "base rate", "run_id"), rows)
    )


def _cells(day: DayRecord, metric: str) -> Iterator[str]:
    rows = day.facts.get("rows")
    yield str(day.as_of)
    yield day.status if day.done else f"**{day.status}**"
    yield words.number(day.metrics.get(metric))
    yield "-" if rows is None else f"{rows:,.0f}"
    yield words.number(day.facts.get("base_rate"))
    yield f"`{day.run_id}`"
