"""The records of a sweep, brought together by trial."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import rfc8785

from ml_assets.core.leaderboard.record import TrialDay

DIGITS = 10
UNKNOWN = "the reason is not known"


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
    return "" if metric in record.metrics else f"The evaluation has no {metric}."


def collect(records: Iterable[TrialDay]) -> list[Trial]:
    """The trials, in the order of their identities; the order of the records does not matter.

    Raises:
        ValueError: there is no record, or two of one trial and day tell different stories.
    """
    found: dict[bytes, dict[dt.date, TrialDay]] = {}
    for record in records:
        days = found.setdefault(rfc8785.dumps(record.trial), {})
        if record.as_of in days and _story(days[record.as_of]) != _story(record):
            raise ValueError(
                f"run {record.run_id}, {record.as_of}: two records differ. Give one record a trial and day."
            )
        days[record.as_of] = record
    if not found:
        raise ValueError("There is no trial to rank. Give one record at least.")
    return [Trial(dict(sorted(found[name].items()))) for name in sorted(found)]


def _story(record: TrialDay) -> dict[str, Any]:
    return record.model_dump(exclude={"seconds", "reused"})
