"""What is known of one trial of a sweep on one day."""

import datetime as dt
from typing import Any, Literal

from pydantic import Field

from ml_assets.core.report.record import Part


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
