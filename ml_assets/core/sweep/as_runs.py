"""A sweep whose trials are Dagster runs of their own: what their tags say, for whoever ranks them in the end."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_tags import run_tags

SWEEP_TAG = "ml_assets/sweep"
"""The run_id of the leaderboard."""
SIZE_TAG = "ml_assets/sweep_size"
"""How many trials and days the sweep has together."""
REQUEST_TAG = "ml_assets/sweep_request"
"""What was asked for, as JSON."""
LAST_TAG = "ml_assets/sweep_last_run"
"""Of the run that ranks them: the Dagster run of the trial that was launched last."""


def trial_tags(
    trial: Parameters,
    day: dt.date,
    *,
    pipeline: Declared,
    sweep: str,
    size: int,
    request: Mapping[str, Any],
) -> dict[str, str]:
    """The tags of the run of one trial and day.

    Args:
        trial: its parameters.
        day: its as_of.
        pipeline: what is run.
        sweep: the run_id of the leaderboard.
        size: how many trials and days there are.
        request: `given` (parameters), `own` (of the sweep), `as_of` and `environment`, as JSON values.
    """
    values = pipeline.identity(trial)
    return {
        **run_tags(values, run_id=pipeline.run_id(trial, day), names=pipeline.path),
        SWEEP_TAG: sweep,
        SIZE_TAG: str(size),
        REQUEST_TAG: json.dumps(request, sort_keys=True, separators=(",", ":")),
    }
