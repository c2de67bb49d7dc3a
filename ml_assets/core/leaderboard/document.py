"""The leaderboard itself: a pure function of one record a trial and day."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import model_validator

from ml_assets.core.leaderboard.direction import larger_is_better
from ml_assets.core.leaderboard.evidence import Evidence, Nested, Rows, finite
from ml_assets.core.leaderboard.importance import Importance, importance
from ml_assets.core.leaderboard.notes import notes
from ml_assets.core.leaderboard.ranked import FailedTrial, FailureGroup, RankedTrial, without
from ml_assets.core.leaderboard.record import TrialDay
from ml_assets.core.leaderboard.trial import DIGITS, Trial, collect
from ml_assets.core.leaderboard.values import varied_values
from ml_assets.core.report.document import Errors
from ml_assets.core.report.parameters import in_order
from ml_assets.core.report.record import Part

SIGNIFICANT = 0.05


class Leaderboard(Part):
    """The trials of a sweep, the best first.

    Attributes:
        metric: what ranks them.
        larger_is_better: of that metric.
        varied: the names of the parameters that vary, in the order given.
        days: every day that any trial was looked at.
        shared_days: those that all ranked trials have: pictures and importance compare on these.
        trials: those that failed on no day. Those on all days come first, then those on fewer.
        failed: those that failed on some day, by run_id; they have no rank.
        failures: the reasons, the most frequent first.
        importance: which parameter decides, None where that cannot be told.
        rows: those on which trials were compared with the first; None where there are none.
        nested: how good a choice by the earlier rows of the last holdout is on the later ones.
        notes: how far all this can be trusted, in words.
    """

    metric: str
    larger_is_better: bool
    varied: tuple[str, ...]
    days: tuple[dt.date, ...]
    shared_days: tuple[dt.date, ...]
    trials: tuple[RankedTrial, ...]
    failed: tuple[FailedTrial, ...]
    failures: tuple[FailureGroup, ...]
    importance: Importance | None
    notes: tuple[str, ...]
    rows: Rows | None = None
    nested: Nested | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_earlier(cls, values: Any) -> Any:
        return without(values, ("shared_holdout",))

    def with_evidence(self, evidence: Evidence) -> "Leaderboard":
        """The same ranking, with what its trials' rows say of it."""
        trials = tuple(_compared(trial, evidence) for trial in self.trials)
        board = self.model_copy(update={"trials": trials, "rows": evidence.rows, "nested": evidence.nested})
        return board.model_copy(update={"notes": tuple(notes(board))})

    def document(self) -> dict[str, Any]:
        """The leaderboard as JSON values; equal leaderboards give equal documents."""
        return self.model_dump(mode="json")


def leaderboard(records: Iterable[TrialDay], *, metric: str, varied: Sequence[str]) -> Leaderboard:
    """Rank the trials of a sweep; neither the order of the records nor how long they took matters.

    Args:
        records: one a trial and day, at least one.
        metric: what ranks the trials.
        varied: the parameters that vary between them.

    Raises:
        RefusedError: the metric cannot rank trials.
        ValueError: there is no record, or two of one trial and day differ.
    """
    larger = larger_is_better(metric)
    found = collect(records)
    days = sorted({day for trial in found for day in trial.records})
    ranked = _in_order([trial for trial in found if not trial.failures(metric)], metric, larger=larger)
    shared = [day for day in days if all(day in trial.records for trial in ranked)] if ranked else []
    failed = _failed(found, metric, varied)
    board = Leaderboard(
        metric=metric,
        larger_is_better=larger,
        varied=tuple(varied),
        days=tuple(days),
        shared_days=tuple(shared),
        trials=tuple(_ranks(ranked, metric, varied, days=days, larger=larger)),
        failed=failed,
        failures=_failures(failed),
        importance=_importance(ranked, metric, varied, shared),
        notes=(),
    )
    return board.model_copy(update={"notes": tuple(notes(board))})


def _compared(trial: RankedTrial, evidence: Evidence) -> RankedTrial:
    """With its interval and its place in the confidence set; the first trial has neither."""
    found = evidence.against.get(trial.run_id)
    if found is None or trial.rank == 1:
        return trial
    low, high = finite(found.low), finite(found.high)
    around_zero = low is None or high is None or low <= 0 <= high
    return trial.model_copy(
        update={
            "difference_low": low,
            "difference_high": high,
            "p_value": found.p_value,
            "distinguishable": found.p_value < SIGNIFICANT and not around_zero,
        }
    )


def _in_order(trials: Iterable[Trial], metric: str, *, larger: bool) -> list[Trial]:
    """By number of days, mean and run_id."""
    sign = -1 if larger else 1
    return sorted(
        trials,
        key=lambda trial: (-len(trial.records), sign * _mean(trial.series(metric)), trial.last.run_id),
    )


def _ranks(
    ranked: Sequence[Trial],
    metric: str,
    varied: Sequence[str],
    *,
    days: Sequence[dt.date],
    larger: bool,
) -> Iterable[RankedTrial]:
    """Without what only rows can say (`with_evidence`)."""
    series = [trial.series(metric) for trial in ranked]
    best = _best_by_day(series, larger=larger)
    for place, (trial, points) in enumerate(zip(ranked, series, strict=True)):
        yield RankedTrial(
            rank=place + 1,
            run_id=trial.last.run_id,
            as_of=trial.last.as_of,
            parameters=trial.parameters,
            values=varied_values(trial.parameters, varied),
            mean=_mean(points),
            std=_std(points),
            **_own_interval(trial, metric),
            days=len(points),
            complete=len(points) == len(days),
            best_days=sum(value == best[day] for day, value in points.items()),
            **_difference(points, series[0] if place else {}),
            difference_low=None,
            difference_high=None,
            p_value=None,
            distinguishable=None,
            metrics=_means(trial),
            by_day=points,
        )


def _difference(points: Mapping[dt.date, float], first: Mapping[dt.date, float]) -> dict[str, Any]:
    """To the first trial over the days that both have; none of the first itself."""
    by_day = {day: points[day] - first[day] for day in sorted(set(points) & set(first))}
    return {"paired_days": len(by_day), "difference": _mean(by_day) if by_day else None}


def _own_interval(trial: Trial, metric: str) -> dict[str, float | None]:
    """That of the evaluation, where there is one day and the evaluation has it."""
    held = trial.last.metrics if len(trial.records) == 1 else {}
    return {name: held.get(f"{metric}_{name}") for name in ("low", "high")}


def _best_by_day(series: Iterable[Mapping[dt.date, float]], *, larger: bool) -> dict[dt.date, float]:
    best: dict[dt.date, float] = {}
    choose = max if larger else min
    for points in series:
        for day, value in points.items():
            best[day] = choose(best.get(day, value), value)
    return best


def _means(trial: Trial) -> dict[str, float]:
    """Every metric over the days that have it."""
    names = in_order(name for record in trial.records.values() for name in record.metrics)
    return {name: _mean(trial.series(name)) for name in names}


def _failed(trials: Iterable[Trial], metric: str, varied: Sequence[str]) -> tuple[FailedTrial, ...]:
    found = [
        FailedTrial(
            run_id=trial.last.run_id,
            as_of=trial.last.as_of,
            parameters=trial.parameters,
            values=varied_values(trial.parameters, varied),
            days=len(trial.records),
            errors=_errors(failures),
        )
        for trial in trials
        if (failures := trial.failures(metric))
    ]
    return tuple(sorted(found, key=lambda trial: trial.run_id))


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
    found = [
        FailureGroup(
            reason=reason,
            run_ids=tuple(run_id for run_id, _ in held),
            days=tuple(sorted({day for _, days in held for day in days})),
        )
        for reason, held in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: (-len(group.run_ids), group.reason)))


def _importance(
    ranked: Sequence[Trial], metric: str, varied: Sequence[str], days: Sequence[dt.date]
) -> Importance | None:
    series = [trial.series(metric) for trial in ranked]
    return importance(
        [varied_values(trial.parameters, varied) for trial in ranked],
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
