"""The leaderboard itself, as it is stored: trials, the best first, what their rows say of them, and what failed."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import model_validator

from ml_assets.core.leaderboard.importance import Importance
from ml_assets.core.leaderboard.trial import Value
from ml_assets.core.report.document import Errors
from ml_assets.core.report.record import Part


def without(values: Any, names: Iterable[str]) -> Any:
    """A stored document without fields that it has of an earlier version."""
    if not isinstance(values, Mapping):
        return values
    return {name: value for name, value in values.items() if name not in names}


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


class Rows(Part):
    """The rows on which trials are compared: those of all their holdouts, each once.

    Attributes:
        rows: how many there are.
        entities: of how many entities, such as customers.
        first: day of the first event.
        last: day of the last one.
        holdouts: how many of the holdouts differ: several days may have the same rows.
        missing: what there is too little of to tell trials apart; empty where there is enough.
    """

    rows: int
    entities: int
    first: dt.date
    last: dt.date
    holdouts: int
    missing: tuple[str, ...]


class Days(Part):
    """The days on which trials are compared where no row of them is known: those whose windows do not overlap.

    Attributes:
        days: how many there are.
        first: the first of them.
        last: the last of them.
        missing: what there is too little of to tell trials apart; empty where there is enough.
    """

    days: int
    first: dt.date
    last: dt.date
    missing: tuple[str, ...]


class Nested(Part):
    """A choice by the earlier half of the event days of the last holdout, measured on the later half.

    Attributes:
        run_id: of the trial that is the best of the earlier days.
        trials: of how many.
        chosen: its metric on the earlier days.
        chosen_first: the first of them.
        chosen_last: the last of them.
        value: its metric on the later days.
        low: lower end of the 95 % interval of that, by entity; None where all rows are of one entity.
        high: its upper end.
        first: the first of the later days.
        last: the last of them.
        rows: how many rows these have.
    """

    run_id: str
    trials: int
    chosen: float
    chosen_first: dt.date
    chosen_last: dt.date
    value: float
    low: float | None
    high: float | None
    first: dt.date
    last: dt.date
    rows: int


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
        compared_days: the days on which they were compared where there are no rows; not in the document otherwise.
        asked_metric: the one that the sweep was to rank by, where no trial has it; not in the document otherwise.
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
    compared_days: Days | None = None
    asked_metric: str = ""

    @model_validator(mode="before")
    @classmethod
    def _read_earlier(cls, values: Any) -> Any:
        return without(values, ("shared_holdout",))

    def document(self) -> dict[str, Any]:
        """The leaderboard as JSON values; equal leaderboards give equal documents."""
        absent = {name for name in ("compared_days", "asked_metric") if not getattr(self, name)}
        return self.model_dump(mode="json", exclude=absent)
