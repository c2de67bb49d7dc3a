"""The daily partitions: one as_of each, from the first day of the settings to the last complete one (UTC).

Dagster keeps them as they were when the code location was loaded: a first day that the settings lower later is one
that no sensor or schedule can ask for, until it is loaded again.
"""

import datetime as dt
import logging

import dagster as dg

from ml_assets.core.as_of import EVERY, WEEKDAYS
from ml_assets.core.pipeline import Declared
from ml_assets.pipeline.days import DAYS_PER_RUN
from ml_assets.settings import load_settings

BACKFILL = dg.BackfillPolicy.multi_run(max_partitions_per_run=DAYS_PER_RUN)
"""Of every asset with days: Dagster warns of a job whose assets have different ones."""
_LOADED = dg.DailyPartitionsDefinition(start_date=load_settings().first_as_of.isoformat(), timezone="UTC")


def daily() -> dg.DailyPartitionsDefinition:
    """The partitions of every asset."""
    return _LOADED


def days_of_pipeline(pipeline: Declared) -> dg.TimeWindowPartitionsDefinition:
    """The partitions of the assets of a pipeline: each day, or those that its `every` says.

    Dagster fact: a week is a partition once it is over, and with an offset from its first day on, whose as_of it is.
    """
    match = EVERY.match(pipeline.every)
    if match is None:
        return daily()
    cron = f"0 0 * * {(WEEKDAYS.index(match['weekday']) + 1) % 7}"
    return dg.TimeWindowPartitionsDefinition(
        start=_LOADED.start.replace(tzinfo=None),
        fmt="%Y-%m-%d",
        cron_schedule=cron,
        timezone="UTC",
        end_offset=1,
    )


def first_loaded() -> dt.date:
    """The first day of the loaded definitions."""
    return _LOADED.start.date()


def loaded_problem(day: dt.date) -> str | None:
    """Why the loaded definitions cannot take a day that the settings allow, or None."""
    if day >= first_loaded():
        return None
    return (
        f"as_of: before {first_loaded()}, the first day when the code location was loaded; the settings have changed "
        "since. Reload the code location."
    )


def warn_of_changed_settings(log: logging.Logger) -> None:
    """Tell a tick's log of days that the settings allow by now and the loaded definitions do not."""
    first = load_settings().first_as_of
    if first < first_loaded():
        message = "first_as_of is %s by now and was %s when the code location was loaded: days before that are left out. Reload the code location."
        log.warning(message, first, first_loaded())
