"""The report itself: a pure function of one record a day."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from ml_assets.core.command import retry_commands
from ml_assets.core.metric_interval import without_ends
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.report.coverage import Coverage
from ml_assets.core.report.drift import Drift, drift
from ml_assets.core.report.parameters import in_order
from ml_assets.core.report.pooled import Pool, means
from ml_assets.core.report.record import STATUSES, DayRecord, Part, Status
from ml_assets.core.report.summary import Summary, summarise

NOTE = (
    "Windows overlap from day to day, so the days are not independent. Intervals of trends take that into account, and "
    "there is none until the days span three windows: of the holdout for a metric, of the lookback for a training set. "
    "A drift shows only as far as the windows of the two halves differ."
)


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
        metric: the one that the pictures show.
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
    parameters: TrainingParameters,
    environment: str,
    metric: str = "roc_auc",
    named_environment: bool = False,
    coverage: Coverage | None = None,
    pooled: Pool | None = None,
) -> Report:
    """The report over the records, one a day, in any order; there must be one at least.

    Args:
        records: what is known of each day.
        parameters: those of every day.
        environment: where the artifacts are.
        metric: what the pictures show.
        named_environment: whether commands must name the environment, as it is not the settings' default.
        coverage: which days other parameter sets cover.
        pooled: metrics over all days, where their rows were looked at.
    """
    days = sorted(records, key=lambda record: record.as_of)
    done = [day for day in days if day.done]
    undone = [day.as_of for day in days if not day.done]
    return Report(
        parameters=identity(parameters, of=TrainingParameters),
        environment=environment,
        first=days[0].as_of,
        last=days[-1].as_of,
        metric=metric,
        asked=len(days),
        done=len(done),
        success_rate=round(len(done) / len(days), 10),
        counts={status: sum(day.status == status for day in days) for status in STATUSES},
        seconds=round(sum(day.seconds or 0.0 for day in days), 3),
        **_summaries(done, parameters),
        pooled=pooled or means(done, why_not="the rows were not looked at"),
        drift=_drifts(done, parameters),
        errors=_errors(days),
        retry=tuple(
            retry_commands(parameters, undone, environment=environment if named_environment else "default")
        ),
        days=tuple(days),
        coverage=coverage,
    )


def series(days: Iterable[DayRecord], name: str, *, of: str = "metrics") -> dict[dt.date, float]:
    """One number by day, for the days that are done and have it; `of` is `metrics` or `facts`."""
    held = {day.as_of: getattr(day, of) for day in days if day.done}
    return {day: values[name] for day, values in held.items() if name in values}


def _summaries(done: Iterable[DayRecord], parameters: TrainingParameters) -> dict[str, dict[str, Summary]]:
    """`metrics` and `rows`: of each number its summary."""
    days = list(done)
    numbers = {
        of: {
            name: series(days, name, of=of) for name in in_order(n for day in days for n in getattr(day, of))
        }
        for of in ("metrics", "facts")
    }
    many = sum(len(without_ends(held)) for held in numbers.values())
    summaries = {
        of: {
            name: summarise(points, window_days=_window(name, of=of, parameters=parameters), series=many)
            for name, points in held.items()
        }
        for of, held in numbers.items()
    }
    return {"metrics": summaries["metrics"], "rows": summaries["facts"]}


def _window(name: str, *, of: str, parameters: TrainingParameters) -> int:
    """On the rows of how many days a number is measured."""
    of_holdout = name.startswith("holdout_") if of == "facts" else not name.startswith("train_")
    return parameters.holdout_days if of_holdout else parameters.lookback_days


def _drifts(done: Sequence[DayRecord], parameters: TrainingParameters) -> dict[str, Drift]:
    """Of the usable rows over the lookback, and of those held out over theirs."""
    wanted = {
        "rows": (series(done, "rows", of="facts"), parameters.lookback_days),
        "base_rate": (series(done, "base_rate", of="facts"), parameters.lookback_days),
        "holdout_rows": (series(done, "holdout_rows", of="facts"), parameters.holdout_days),
        "holdout_base_rate": (series(done, "base_rate"), parameters.holdout_days),
    }
    found = {name: drift(points, window_days=length) for name, (points, length) in wanted.items()}
    return {name: value for name, value in found.items() if value is not None}


def _errors(days: Iterable[DayRecord]) -> tuple[Errors, ...]:
    by_reason: dict[str, list[dt.date]] = {}
    for day in days:
        if day.status == "failed":
            by_reason.setdefault(day.reason or "the reason is not known", []).append(day.as_of)
    groups = [Errors(reason=reason, days=tuple(held)) for reason, held in by_reason.items()]
    return tuple(sorted(groups, key=lambda group: (-len(group.days), group.days)))
