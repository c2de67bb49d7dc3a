"""What is known of one day of a report."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["made", "reused", "failed", "missing"]
DONE: tuple[Status, ...] = ("made", "reused")
STATUSES: tuple[Status, ...] = ("made", "reused", "failed", "missing")


class Part(BaseModel):
    """The base of every part of a report: frozen, and without NaN or infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class DayRecord(Part):
    """One as_of.

    Attributes:
        as_of: the day.
        status: `made` or `reused` where its evaluation is stored, `failed` where the last try ended in an error,
            `missing` where it was never tried or nothing is known of a try.
        run_id: that of the day's parameters.
        metrics: those of the evaluation; empty where the day is not done.
        facts: numbers about its rows: `rows`, `base_rate`, `train_rows`, `holdout_rows`.
        reason: why it failed.
        seconds: from reading rows to the evaluation, where one run made both; None where that is not known.
    """

    as_of: dt.date
    status: Status
    run_id: str
    metrics: dict[str, float] = Field(default_factory=dict)
    facts: dict[str, float] = Field(default_factory=dict)
    reason: str = ""
    seconds: float | None = None

    @property
    def done(self) -> bool:
        """Whether the day has an evaluation."""
        return self.status in DONE
