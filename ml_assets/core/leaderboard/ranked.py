"""One line of a leaderboard: a trial with its rank, or one that failed and has none."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import model_validator

from ml_assets.core.leaderboard.values import Value
from ml_assets.core.report.document import Errors
from ml_assets.core.report.record import Part


class RankedTrial(Part):
    """A trial that failed on no day.

    Attributes:
        rank: from 1 on; trials with equal means are in the order of their run_ids.
        run_id: that of the trial on its last day.
        as_of: that day.
        parameters: its identity.
        values: the varied parameters; None where its model version does not use one.
        mean: of the metric over its days.
        std: that of a sample, None of a single day.
        low: lower end of the evaluation's own 95 % interval, where there is a single day and the evaluation has it.
        high: its upper end.
        days: how many days it has.
        complete: whether it has all days of the sweep; one that was dropped early has fewer, and ranks behind.
        best_days: on how many days no ranked trial was better; several can share a day.
        paired_days: how many days it shares with the first trial; 0 of the first itself.
        difference: mean of its metric - that of the first trial over the days that both have.
        difference_low: lower end of the 95 % interval of that, from the rows of all holdouts, each once, by entity and
            by blocks of event days; not corrected for the number of trials. None where trials cannot be compared by
            rows.
        difference_high: its upper end.
        p_value: how often equally good trials are this far behind some other one (Model Confidence Set); None as above.
        distinguishable: whether the trial is worse: that is below 0.05, and the interval leaves out 0.
        metrics: the mean of each metric over its days.
        by_day: the metric that ranks.
    """

    rank: int
    run_id: str
    as_of: dt.date
    parameters: dict[str, Any]
    values: dict[str, Value]
    mean: float
    std: float | None
    low: float | None
    high: float | None
    days: int
    complete: bool
    best_days: int
    paired_days: int
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    p_value: float | None
    distinguishable: bool | None
    metrics: dict[str, float]
    by_day: dict[dt.date, float]

    @model_validator(mode="before")
    @classmethod
    def _read_earlier(cls, values: Any) -> Any:
        return without(values, ("independent_low", "independent_high"))


def without(values: Any, names: Iterable[str]) -> Any:
    """A stored document without fields that it has of an earlier version."""
    if not isinstance(values, Mapping):
        return values
    return {name: value for name, value in values.items() if name not in names}


class FailedTrial(Part):
    """A trial that failed on some day; `run_id` is that of its last day, `errors` the reasons and their days."""

    run_id: str
    as_of: dt.date
    parameters: dict[str, Any]
    values: dict[str, Value]
    days: int
    errors: tuple[Errors, ...]


class FailureGroup(Part):
    """One reason, the trials that failed for it and on which days."""

    reason: str
    run_ids: tuple[str, ...]
    days: tuple[dt.date, ...]
