"""Trials ranked: a leaderboard is a pure function of one record a trial and day, and of what rows or days say."""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ml_assets.core.leaderboard.document import (
    Days,
    FailedTrial,
    FailureGroup,
    Leaderboard,
    Nested,
    RankedTrial,
    Rows,
)
from ml_assets.core.leaderboard.importance import Importance, importance
from ml_assets.core.leaderboard.text import notes
from ml_assets.core.leaderboard.trial import DIGITS, Trial, TrialDay, Value, collect, varied_values
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.report.document import Errors
from ml_assets.core.slices import shared_parameters

SIGNIFICANT = 0.05


@dataclass(frozen=True, kw_only=True)
class Against:
    """One trial against the first.

    Attributes:
        low: lower end of the 95 % interval of its difference to the first.
        high: its upper end.
        p_value: that of the Model Confidence Set: how often equally good trials are this far behind some other.
    """

    low: float
    high: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What rows, or days where there are no rows, say of a leaderboard.

    Attributes:
        rows: those that were looked at; None where trials have none to compare.
        against: by run_id, each trial that was compared with the first one.
        nested: how good a choice by the earlier rows is on the later ones.
        compared_days: the days on which trials were compared; None where rows were looked at.
    """

    rows: Rows | None = None
    against: Mapping[str, Against] = field(default_factory=dict)
    nested: Nested | None = None
    compared_days: Days | None = None


def finite(number: float) -> float | None:
    """Rounded; None for an end that is infinitely far away."""
    return round(number, DIGITS) + 0.0 if math.isfinite(number) else None


@dataclass(frozen=True, kw_only=True)
class _RankedBy:
    """What ranks the trials of a sweep, and which of their parameters vary."""

    metric: str
    varied: tuple[str, ...]
    pipeline: Declared

    @property
    def metrics(self) -> Metrics:
        return Metrics.of(self.pipeline)

    @property
    def larger(self) -> bool:
        return self.metrics.larger_is_better(self.metric)

    def values(self, trial: Trial) -> dict[str, Value]:
        return varied_values(trial.parameters, self.varied, parameters=self.pipeline.parameters)


def leaderboard(
    records: Iterable[TrialDay], *, metric: str, varied: Sequence[str], pipeline: Declared, asked: str = ""
) -> Leaderboard:
    """Rank the trials of a sweep; neither the order of the records nor how long they took matters.

    Args:
        records: one a trial and day, at least one.
        metric: what ranks the trials.
        varied: the parameters that vary between them.
        pipeline: whose trials they are.
        asked: the metric that was asked for; by default it is the one that ranks.

    Raises:
        RefusedError: the metric cannot rank trials.
        ValueError: there is no record, or two of one trial and day differ.
    """
    by = _RankedBy(metric=metric, varied=tuple(varied), pipeline=pipeline)
    larger = by.larger
    trials = collect(records)
    days = sorted({day for trial in trials for day in trial.records})
    ranked = _in_order([trial for trial in trials if not trial.failures(metric)], metric, larger=larger)
    shared = [day for day in days if all(day in trial.records for trial in ranked)] if ranked else []
    failed = _failed(trials, by=by)
    board = Leaderboard(
        metric=metric,
        asked_metric="" if asked == metric else asked,
        larger_is_better=larger,
        varied=by.varied,
        days=tuple(days),
        shared_days=tuple(shared),
        trials=tuple(_ranks(ranked, days, by=by)),
        failed=failed,
        failures=_failures(failed),
        importance=_importance(ranked, shared, by=by),
        notes=(),
    )
    return _noted(board, pipeline)


def with_evidence(board: Leaderboard, evidence: Evidence, *, pipeline: Declared) -> Leaderboard:
    """The same ranking, with what its trials' rows or days say of it."""
    parts = {
        "trials": tuple(_compared(trial, evidence) for trial in board.trials),
        "rows": evidence.rows,
        "nested": evidence.nested,
        "compared_days": evidence.compared_days,
    }
    return _noted(board.model_copy(update=parts), pipeline)


def _noted(board: Leaderboard, pipeline: Declared) -> Leaderboard:
    return board.model_copy(update={"notes": tuple(notes(board, rows=shared_parameters(pipeline)))})


def _compared(trial: RankedTrial, evidence: Evidence) -> RankedTrial:
    """With its interval and its place in the confidence set; the first trial has neither."""
    against = evidence.against.get(trial.run_id)
    if against is None or trial.rank == 1:
        return trial
    low, high = finite(against.low), finite(against.high)
    around_zero = low is None or high is None or low <= 0 <= high
    return trial.model_copy(
        update={
            "difference_low": low,
            "difference_high": high,
            "p_value": against.p_value,
            "distinguishable": against.p_value < SIGNIFICANT and not around_zero,
        }
    )


def _in_order(trials: Iterable[Trial], metric: str, *, larger: bool) -> list[Trial]:
    """By number of days, mean and run_id."""
    sign = -1 if larger else 1
    return sorted(
        trials,
        key=lambda trial: (-len(trial.records), sign * _mean(trial.series(metric)), trial.last.run_id),
    )


def _ranks(ranked: Sequence[Trial], days: Sequence[dt.date], *, by: _RankedBy) -> Iterator[RankedTrial]:
    """Without what only rows or many days can say (`with_evidence`)."""
    series = [trial.series(by.metric) for trial in ranked]
    best = _best_by_day(series, larger=by.larger)
    for place, (trial, points) in enumerate(zip(ranked, series, strict=True)):
        yield RankedTrial(
            rank=place + 1,
            run_id=trial.last.run_id,
            as_of=trial.last.as_of,
            parameters=trial.parameters,
            values=by.values(trial),
            mean=_mean(points),
            std=_std(points),
            **_own_interval(trial, by),
            days=len(points),
            complete=len(points) == len(days),
            best_days=sum(value == best[day] for day, value in points.items()),
            **_difference(points, series[0] if place else {}),
            difference_low=None,
            difference_high=None,
            p_value=None,
            distinguishable=None,
            metrics=_means(trial, by.metrics),
            by_day=points,
        )


def _difference(points: Mapping[dt.date, float], first: Mapping[dt.date, float]) -> dict[str, Any]:
    """To the first trial over the days that both have; none of the first itself."""
    by_day = {day: points[day] - first[day] for day in sorted(set(points) & set(first))}
    return {"paired_days": len(by_day), "difference": _mean(by_day) if by_day else None}


def _own_interval(trial: Trial, by: _RankedBy) -> dict[str, float | None]:
    """That of the metric itself, where there is one day and the artifact tells both or either of its ends."""
    held = trial.last.metrics if len(trial.records) == 1 else {}
    low, high = by.metrics.ends(by.metric) or ("", "")
    return {"low": held.get(low), "high": held.get(high)}


def _best_by_day(series: Iterable[Mapping[dt.date, float]], *, larger: bool) -> dict[dt.date, float]:
    best: dict[dt.date, float] = {}
    choose = max if larger else min
    for points in series:
        for day, value in points.items():
            best[day] = choose(best.get(day, value), value)
    return best


def _means(trial: Trial, metrics: Metrics) -> dict[str, float]:
    """Every metric over the days that have it."""
    names = metrics.in_order(name for record in trial.records.values() for name in record.metrics)
    return {name: _mean(trial.series(name)) for name in names}


def _failed(trials: Iterable[Trial], *, by: _RankedBy) -> tuple[FailedTrial, ...]:
    failed = [
        FailedTrial(
            run_id=trial.last.run_id,
            as_of=trial.last.as_of,
            parameters=trial.parameters,
            values=by.values(trial),
            days=len(trial.records),
            errors=_errors(failures),
        )
        for trial in trials
        if (failures := trial.failures(by.metric))
    ]
    return tuple(sorted(failed, key=lambda trial: trial.run_id))


def _errors(failures: Mapping[dt.date, str]) -> tuple[Errors, ...]:
    by_reason: dict[str, list[dt.date]] = {}
    for day, reason in failures.items():
        by_reason.setdefault(reason, []).append(day)
    return tuple(Errors(reason=reason, days=tuple(by_reason[reason])) for reason in sorted(by_reason))


def _failures(failed: Iterable[FailedTrial]) -> tuple[FailureGroup, ...]:
    groups: dict[str, list[tuple[str, tuple[dt.date, ...]]]] = {}
    for trial in failed:
        for error in trial.errors:
            groups.setdefault(error.reason, []).append((trial.run_id, error.days))
    grouped = [
        FailureGroup(
            reason=reason,
            run_ids=tuple(run_id for run_id, _ in held),
            days=tuple(sorted({day for _, days in held for day in days})),
        )
        for reason, held in groups.items()
    ]
    return tuple(sorted(grouped, key=lambda group: (-len(group.run_ids), group.reason)))


def _importance(ranked: Sequence[Trial], days: Sequence[dt.date], *, by: _RankedBy) -> Importance | None:
    series = [trial.series(by.metric) for trial in ranked]
    return importance(
        [by.values(trial) for trial in ranked],
        {day: [points[day] for points in series] for day in days},
    )


def _mean(points: Mapping[dt.date, float]) -> float:
    import numpy as np

    return _rounded(np.mean(list(points.values())))


def _std(points: Mapping[dt.date, float]) -> float | None:
    """That of a sample; None of a single day."""
    import numpy as np

    return _rounded(np.std(list(points.values()), ddof=1)) if len(points) > 1 else None


def _rounded(value: Any) -> float:
    return round(float(value), DIGITS) + 0.0  # no -0.0
