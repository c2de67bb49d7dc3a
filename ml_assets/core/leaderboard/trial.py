"""What is known of the trials of a sweep: the records, brought together by trial, and the values that vary."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeGuard

import rfc8785
from pydantic import Field
from pydantic.fields import FieldInfo

from ml_assets.core.frozen_values import frozen
from ml_assets.core.marks import omitted_values
from ml_assets.core.parameters import Parameters
from ml_assets.core.report.record import Part
from ml_assets.core.sweep.axis import shown

DIGITS = 10
UNKNOWN = "the reason is not known"
Value = bool | int | float | str | None


class TrialDay(Part):
    """One trial at one as_of.

    Attributes:
        trial: the identity of the parameter set: equal on all of the trial's days.
        as_of: the day.
        run_id: that of the trial on that day.
        status: `done` where its evaluation is stored, `failed` where the try ended in an error.
        reason: why it failed.
        metrics: those of the evaluation; empty where it failed.
        seconds: how long it took; moves no byte of a leaderboard.
        reused: whether it was there already; moves no byte either.
    """

    trial: dict[str, Any]
    as_of: dt.date
    run_id: str
    status: Literal["done", "failed"]
    reason: str = ""
    metrics: dict[str, float] = Field(default_factory=dict)
    seconds: float | None = None
    reused: bool = False


@dataclass(frozen=True)
class Trial:
    """One parameter set and what happened on each of its days.

    Attributes:
        records: by day, in order; there is one at least.
    """

    records: Mapping[dt.date, TrialDay]

    @cached_property
    def last(self) -> TrialDay:
        """Its latest day: the run_id of that day names the trial."""
        return self.records[max(self.records)]

    @property
    def parameters(self) -> dict[str, Any]:
        """Its identity."""
        return self.last.trial

    def series(self, metric: str) -> dict[dt.date, float]:
        """The metric by day, for the days that have it."""
        done = {day: record for day, record in self.records.items() if record.status == "done"}
        return {
            day: round(record.metrics[metric], DIGITS) + 0.0
            for day, record in done.items()
            if metric in record.metrics
        }

    def failures(self, metric: str) -> dict[dt.date, str]:
        """Why it cannot be ranked, by day; empty where it can."""
        found = {day: _failure(record, metric) for day, record in self.records.items()}
        return {day: reason for day, reason in found.items() if reason}


def _failure(record: TrialDay, metric: str) -> str:
    if record.status == "failed":
        return record.reason or UNKNOWN
    return "" if metric in record.metrics else f"Not measured: {metric}."


def collect(records: Iterable[TrialDay]) -> list[Trial]:
    """The trials, in the order of their identities; the order of the records does not matter.

    Raises:
        ValueError: there is no record, or two of one trial and day tell different stories.
    """
    trials: dict[bytes, dict[dt.date, TrialDay]] = {}
    for record in records:
        days = trials.setdefault(rfc8785.dumps(record.trial), {})
        if record.as_of in days and _story(days[record.as_of]) != _story(record):
            raise ValueError(
                f"run {record.run_id}, {record.as_of}: two records differ. Give one record a trial and day."
            )
        days[record.as_of] = record
    if not trials:
        raise ValueError("There is no trial to rank. Give one record at least.")
    return [Trial(dict(sorted(trials[name].items()))) for name in sorted(trials)]


def _story(record: TrialDay) -> dict[str, Any]:
    return record.model_dump(exclude={"seconds", "reused"})


def varied_values(
    identity: Mapping[str, Any], varied: Iterable[str], *, parameters: type[Parameters]
) -> dict[str, Value]:
    """The value of each varied parameter of such a class; None where the trial does not use it."""
    fields = parameters.model_fields
    values = {**omitted_values(identity, fields), **identity}
    return {name: _value(values.get(name), fields.get(name)) for name in varied}


def _value(value: Any, field: FieldInfo | None) -> Value:
    """A value as it is ranked and drawn: a list or a table as the text that an axis has for it."""
    if isinstance(value, list | dict):
        return shown(frozen(value))
    if field is not None and field.annotation is float and value is not None:
        return float(value)  # canonical JSON reads 1.0 back as 1
    found: Value = value
    return found


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether it has a place on a line; true and false have none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def order(value: Value) -> tuple[int, float, str]:
    """Sorts values of any type: numbers by size, then false and true, then text, what is not used last."""
    if value is None:
        return (3, 0.0, "")
    if isinstance(value, str):
        return (2, 0.0, value)
    return (1 if isinstance(value, bool) else 0, float(value), "")


def levels(values: Iterable[Value]) -> list[Value]:
    """The different values, in order; true is not 1."""
    by_order = {order(value): value for value in values}
    return [by_order[key] for key in sorted(by_order)]


def places(values: Iterable[Value], among: Iterable[Value]) -> list[int]:
    """Where each value stands among `among`; true is not 1."""
    known = {order(value): place for place, value in enumerate(among)}
    return [known[order(value)] for value in values]
