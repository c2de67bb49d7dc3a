"""The tags by which Dagster's pages, and whoever filters them, know what a run or a backfill is one of."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from ml_assets.text import count

RUN_ID_TAG, DAYS_TAG = "ml_assets/run_id", "ml_assets/days"


def run_tags(
    parameters: Mapping[str, Any], *, run_id: str, names: Sequence[str], days: Sequence[dt.date] = ()
) -> dict[str, str]:
    """The tags of a Dagster run.

    Args:
        parameters: what decides what it makes.
        run_id: of that.
        names: the parameters that have a tag. A sweep over one of them has no one value of it.
        days: of the run; several are named, of one its partition tells.
    """
    return {RUN_ID_TAG: run_id, **_days(days), **subject_tags(parameters, names=names)}


def subject_tags(parameters: Mapping[str, Any], *, names: Sequence[str]) -> dict[str, str]:
    """What a run or a backfill is about: `ml_assets/<name>` for each parameter in its path that it has a value for."""
    return {f"ml_assets/{name}": str(parameters[name]) for name in names if name in parameters}


def _days(days: Sequence[dt.date]) -> dict[str, str]:
    return {DAYS_TAG: f"{min(days)} to {max(days)} ({count(len(days), 'day')})"} if len(days) > 1 else {}
