"""The schedules: yesterday for each preset that is subscribed, and the days of late that are missing."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from ml_assets.adapter.partitions import warn_of_changed_settings
from ml_assets.core.as_of import last_complete_day
from ml_assets.core.run_id import run_id
from ml_assets.defs.in_time import in_time
from ml_assets.defs.requests import (
    PRESET_TAG,
    days_trained,
    may_be_trained,
    run_request,
    sound_presets,
    unfinished,
)
from ml_assets.defs.training import TRAIN
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.presets import Preset
from ml_assets.settings import load_settings

AT_MOST = 50  # runs that one tick of catch_up requests


@dg.schedule(
    name="daily_training",
    job_name=TRAIN,
    cron_schedule="0 3 * * *",
    execution_timezone="UTC",
    description="Each day: the day before, for each preset with `daily = true`.",
)
@in_time
def daily_training(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Request the last complete day of each daily preset."""
    warn_of_changed_settings(context.log)
    day = last_complete_day(context.scheduled_execution_time)
    requests = [
        _request(preset, day, event="daily")
        for preset, _ in _daily(context)
        if may_be_trained(day, now=context.scheduled_execution_time)
    ]
    return _each_once(requests) or dg.SkipReason(
        f"no preset with daily = true in {load_settings().presets}, or {day} is before the first day"
    )


@dg.schedule(
    name="catch_up",
    job_name=TRAIN,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    description="Each day: what is missing of the latest days (14, unless the settings say otherwise), because it "
    "failed or was never run, for each preset with `daily = true`.",
)
@in_time
def catch_up(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Request each day of the window that the store does not hold and that no run is making now, oldest first."""
    warn_of_changed_settings(context.log)
    settings, now = load_settings(), context.scheduled_execution_time
    store, busy = open_workspace(settings, pipeline=tabular).store, unfinished(context.instance, settings)
    last = last_complete_day(now)
    window = [last - dt.timedelta(days=n) for n in reversed(range(settings.catch_up_days))]
    missing = []
    for preset, parameters in _daily(context):
        trained = days_trained(parameters, store)
        missing += [
            (day, preset)
            for day in window
            if day not in trained and run_id(parameters, day) not in busy and may_be_trained(day, now=now)
        ]
    requests = [
        _request(preset, day, event="catch_up") for day, preset in sorted(missing, key=lambda m: m[0])
    ]
    context.log.info("catch_up: %d runs are missing", len(requests))
    return _each_once(requests)[:AT_MOST] or dg.SkipReason(f"nothing is missing from {window[0]} to {last}")


def _daily(context: dg.ScheduleEvaluationContext) -> Iterator[tuple[Preset, TrainingParameters]]:
    return ((preset, parameters) for preset, parameters in sound_presets(context.log) if preset.daily)


def _request(preset: Preset, day: dt.date, *, event: str) -> dg.RunRequest:
    return run_request(preset.parameters, day, event=event, tags={PRESET_TAG: preset.name})


def _each_once(requests: list[dg.RunRequest]) -> list[dg.RunRequest]:
    """Two presets with the same parameters are one run."""
    return list({request.run_key: request for request in requests}.values())
