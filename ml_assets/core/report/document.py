"""The report itself: a pure function of one record a day."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ml_assets.core.command import retry_commands
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.report.coverage import Coverage
from ml_assets.core.report.pooled import Pool, means
from ml_assets.core.report.record import STATUSES, DayRecord, Part, Status
from ml_assets.core.report.summary import Summary, summarise
from ml_assets.core.report.trend import Drift, drift

NOTE = (
    "Windows overlap from day to day, so the days are not independent. Intervals of trends take that into account, and "
    "there is none until the days span three windows: of the holdout for a metric, of the lookback for a training set. "
    "A drift shows only as far as the windows of the two halves differ."
)

FACT_DAYS: Mapping[str, str] = {
    "rows": "lookback_days",
    "base_rate": "lookback_days",
    "train_rows": "lookback_days",
    "holdout_rows": "holdout_days",
}
"""The facts about rows that a report shows, and the parameter that says over how many days each is counted."""


class Errors(Part):
    """One reason, and the days that failed for it."""

    reason: str
    days: tuple[dt.date, ...]


class Report(Part):
    """Metrics over a window of days for one parameter set.

    Attributes:
        parameters: the identity of the run's parameters.
        environment: where the artifacts are.
        first: the first day.
        last: the last day.
        metric: the one that the pictures show; "" where the pipeline declares none.
        asked: how many days there are.
        done: how many of them have an evaluation.
        success_rate: done / asked.
        counts: days by status.
        seconds: what the days took together, as far as that is known.
        metrics: the summary of each metric over the days that are done.
        pooled: metrics over all of them, with intervals made of rows; None where no day is done.
        rows: the summary of each number about the rows.
        drift: of each number about the rows, of the later half against the earlier one.
        errors: the reasons of the days that failed, the most frequent first.
        retry: the commands that make just the days that failed or are missing.
        note: how far trends and drift can be trusted.
        days: one record a day, in order.
        coverage: which days other parameter sets cover, where that was looked at.
    """

    parameters: dict[str, Any]
    environment: str
    first: dt.date
    last: dt.date
    metric: str
    asked: int
    done: int
    success_rate: float
    counts: dict[Status, int]
    seconds: float
    metrics: dict[str, Summary]
    pooled: Pool | None = None
    rows: dict[str, Summary]
    drift: dict[str, Drift]
    errors: tuple[Errors, ...]
    retry: tuple[str, ...]
    note: str = NOTE
    days: tuple[DayRecord, ...]
    coverage: Coverage | None = None

    def document(self) -> dict[str, Any]:
        """The report as JSON values; equal reports give equal documents."""
        return self.model_dump(mode="json")


def build_report(
    records: Iterable[DayRecord],
    *,
    parameters: Parameters,
    pipeline: Declared,
    environment: str,
    metric: str = "",
    named_environment: bool = False,
    first_pipeline: str = "",
    coverage: Coverage | None = None,
    pooled: Pool | None = None,
) -> Report:
    """The report over the records, one a day, in any order; there must be one at least.

    Args:
        records: what is known of each day.
        parameters: those of every day.
        pipeline: whose parameters they are.
        environment: where the artifacts are.
        metric: what the pictures show; by default the first that is declared, and the first of those that the days have
            where none has this one.
        named_environment: whether commands must name the environment, as it is not the settings' default.
        first_pipeline: the reference of the pipeline that the settings name first; "" where they name none.
        coverage: which days other parameter sets cover.
        pooled: metrics over all days, where their rows were looked at.
    """
    metrics = Metrics.of(pipeline)
    days = sorted(records, key=lambda record: record.as_of)
    done = [day for day in days if day.done]
    undone = [day.as_of for day in days if not day.done]
    return Report(
        parameters=pipeline.identity(parameters),
        environment=environment,
        first=days[0].as_of,
        last=days[-1].as_of,
        metric=metrics.shown(
            metric or next(iter(metrics.names), ""), {name for day in done for name in day.metrics}
        ),
        asked=len(days),
        done=len(done),
        success_rate=round(len(done) / len(days), 10),
        counts={status: sum(day.status == status for day in days) for status in STATUSES},
        seconds=round(sum(day.seconds or 0.0 for day in days), 3),
        **_summaries(done, parameters, metrics),
        pooled=pooled or means(done, names=pooled_names(metrics), why_not="the rows were not looked at"),
        drift=_drifts(done, parameters, metrics),
        errors=_errors(days),
        retry=tuple(
            retry_commands(
                parameters,
                undone,
                pipeline=pipeline,
                first=first_pipeline,
                environment=environment if named_environment else "default",
            )
        ),
        days=tuple(days),
        coverage=coverage,
    )


def has_rows(report: Report) -> bool:
    """Whether its days count rows, or may: of none that is done nobody knows."""
    return bool(report.rows) or not report.done


def has_base_rate(report: Report) -> bool:
    """Whether its days tell how many rows are a yes, or may: likewise."""
    return "base_rate" in report.rows or not report.done


def pooled_names(metrics: Metrics) -> list[str]:
    """Those that are told over all days together: with an interval, or ranked where none has one."""
    ends = [name for name in metrics.names if metrics.ends(name) and metrics.rows(name)]
    return ends or list(metrics.ranked)


def series(days: Iterable[DayRecord], name: str, *, source: str = "metrics") -> dict[dt.date, float]:
    """One number by day, for the days that are done and have it; `source` is `metrics` or `facts`."""
    held = {day.as_of: getattr(day, source) for day in days if day.done}
    return {day: values[name] for day, values in held.items() if name in values}


def _summaries(
    done: Sequence[DayRecord], parameters: Parameters, metrics: Metrics
) -> dict[str, dict[str, Summary]]:
    """`metrics` and `rows`: of each number its summary."""
    measured = {
        name: (series(done, name), metrics.days(name, parameters))
        for name in metrics.in_order(name for day in done for name in day.metrics)
    }
    counted = {
        name: (series(done, name, source="facts"), _days(parameters, FACT_DAYS.get(name, "lookback_days")))
        for name in sorted({name for day in done for name in day.facts})
    }
    many = len(metrics.without_ends(measured)) + len(counted)
    return {
        "metrics": _summarised(measured, series=many),
        "rows": _summarised(counted, series=many),
    }


def _summarised(
    numbers: Mapping[str, tuple[Mapping[dt.date, float], int]], *, series: int
) -> dict[str, Summary]:
    return {
        name: summarise(points, window_days=days, series=series) for name, (points, days) in numbers.items()
    }


def _days(parameters: Parameters, name: str) -> int:
    """Over how many days a number is measured, by the parameter that says so; one where none does."""
    return int(getattr(parameters, name, 1))


def _drifts(done: Sequence[DayRecord], parameters: Parameters, metrics: Metrics) -> dict[str, Drift]:
    """Of the usable rows over the lookback, and of those held out over theirs."""
    points = {name: series(done, name, source="facts") for name in ("rows", "base_rate", "holdout_rows")}
    lengths = {name: _days(parameters, FACT_DAYS[name]) for name in points}
    points["holdout_base_rate"] = series(done, "base_rate")
    lengths["holdout_base_rate"] = metrics.days("base_rate", parameters)
    drifts = {name: drift(held, window_days=lengths[name]) for name, held in points.items()}
    return {name: change for name, change in drifts.items() if change is not None}


def _errors(days: Iterable[DayRecord]) -> tuple[Errors, ...]:
    by_reason: dict[str, list[dt.date]] = {}
    for day in days:
        if day.status == "failed":
            by_reason.setdefault(day.reason or "the reason is not known", []).append(day.as_of)
    groups = [Errors(reason=reason, days=tuple(held)) for reason, held in by_reason.items()]
    return tuple(sorted(groups, key=lambda group: (-len(group.days), group.days)))
