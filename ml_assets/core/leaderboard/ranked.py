"""One line of a leaderboard: a trial with its rank, or one that failed and has none."""

import datetime as dt
from typing import Any

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
        difference_low: lower end of the 95 % interval of that, widened for shared holdout days but not
            for the number of trials; None for fewer than two days.
        difference_high: its upper end.
        independent_low: lower end of the same interval as if the days were independent of each other, which is
            that of scipy.stats.ttest_rel: narrower than it should be where they share holdout days.
        independent_high: its upper end.
        p_value: that the difference is 0, corrected for the number of trials (Holm); None as above.
        distinguishable: whether that is below 0.05.
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
    independent_low: float | None
    independent_high: float | None
    p_value: float | None
    distinguishable: bool | None
    metrics: dict[str, float]
    by_day: dict[dt.date, float]


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
