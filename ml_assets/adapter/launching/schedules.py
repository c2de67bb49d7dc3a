"""The schedules of a view: yesterday for each preset that is subscribed, and the days of late that are missing."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.launching.in_time import in_time
from ml_assets.adapter.launching.run_requests import (
    PRESET_TAG,
    may_be_made,
    run_request,
    sound_presets,
    unfinished,
)
from ml_assets.adapter.partitions import warn_of_changed_settings
from ml_assets.adapter.view import View
from ml_assets.core.as_of import is_day, last_complete_day
from ml_assets.core.parameters import Parameters
from ml_assets.pipeline.made_days import days_made
from ml_assets.pipeline.workspace import open_workspace, utc_now
from ml_assets.presets import Preset
from ml_assets.settings import load_settings

DAILY, CATCH_UP = "daily", "catch_up"  # the schedules of a view, after its name
YESTERDAY = "0 3 * * *"  # the day before is over in every zone that is not far behind UTC
AT_MOST = 50  # runs that one tick of the second one requests
Requested = list[dg.RunRequest] | dg.SkipReason


def daily_schedule(view: View) -> dg.ScheduleDefinition:
    """The schedule that runs the last complete day of each daily preset of a view."""
    name = view.beside(DAILY, main="daily_training")
    return dg.schedule(
        name=name,
        job_name=view.job_name,
        cron_schedule=YESTERDAY,
        execution_timezone="UTC",
        description="Each day: the day before, for each preset with `daily = true`.",
    )(in_time(_yesterday, view, name=name))


def catch_up_schedule(view: View) -> dg.ScheduleDefinition:
    """The schedule that runs what is missing of the latest days, for each daily preset of a view."""
    name = view.beside(CATCH_UP)
    return dg.schedule(
        name=name,
        job_name=view.job_name,
        cron_schedule="0 5 * * *",
        execution_timezone="UTC",
        description="Each day: what is missing of the latest days (14, unless the settings say otherwise), because it "
        "failed or was never run, for each preset with `daily = true`.",
    )(in_time(_missing, view, name=name))


def preset_schedule(
    view: View, preset: str, values: Mapping[str, Any], *, name: str
) -> dg.ScheduleDefinition:
    """The schedule that runs one preset for the last complete day.

    Args:
        view: in whose job.
        preset: its name.
        values: the parameters that it gives there; what the view pins is not among them.
        name: of the schedule.
    """

    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:  # noqa: ARG001  # Dagster's signature
        day = last_complete_day(utc_now(), every=view.pipeline.every)
        return run_request(values, day, view=view, event=f"daily:{preset}", tags={PRESET_TAG: preset})

    return dg.ScheduleDefinition(
        name=name,
        job_name=view.job_name,
        cron_schedule=YESTERDAY,
        execution_timezone="UTC",
        execution_fn=request,
        description=f"{view.pipeline.name} with the preset {preset}, each day for the day before",
    )


def _yesterday(context: dg.ScheduleEvaluationContext, view: View) -> Requested:
    """Request the last complete day of each daily preset."""
    warn_of_changed_settings(context.log)
    day = last_complete_day(context.scheduled_execution_time, every=view.pipeline.every)
    requests = [
        _request(preset, day, view=view, event="daily")
        for preset, _ in _daily(context, view)
        if may_be_made(day, now=context.scheduled_execution_time)
    ]
    folder = view.folder_in(load_settings().presets)
    return _each_once(requests) or dg.SkipReason(
        f"no preset with daily = true in {folder}, or {day} is before the first day"
    )


def _missing(context: dg.ScheduleEvaluationContext, view: View) -> Requested:
    """Request each day of the window that the store does not hold and that no run is making now, oldest first."""
    warn_of_changed_settings(context.log)
    settings, now, pipeline = load_settings(), context.scheduled_execution_time, view.pipeline
    store, busy = (
        open_workspace(settings, pipeline=pipeline).store,
        unfinished(view, context.instance, settings),
    )
    last = last_complete_day(now, every=pipeline.every)
    latest = [last - dt.timedelta(days=n) for n in reversed(range(settings.catch_up_days))]
    window = [day for day in latest if is_day(day, every=pipeline.every)]
    missing = []
    for preset, parameters in _daily(context, view):
        made = days_made(parameters, window, pipeline=pipeline, store=store)
        missing += [
            (day, preset)
            for day in window
            if day not in made and pipeline.run_id(parameters, day) not in busy and may_be_made(day, now=now)
        ]
    ordered = sorted(missing, key=lambda item: item[0])
    requests = [_request(preset, day, view=view, event="catch_up") for day, preset in ordered]
    context.log.info("catch_up: %d runs are missing", len(requests))
    return _each_once(requests)[:AT_MOST] or dg.SkipReason(f"nothing is missing from {window[0]} to {last}")


def _daily(context: dg.ScheduleEvaluationContext, view: View) -> Iterator[tuple[Preset, Parameters]]:
    return ((preset, parameters) for preset, parameters in sound_presets(view, context.log) if preset.daily)


def _request(preset: Preset, day: dt.date, *, view: View, event: str) -> dg.RunRequest:
    return run_request(preset.parameters, day, view=view, event=event, tags={PRESET_TAG: preset.name})


def _each_once(requests: list[dg.RunRequest]) -> list[dg.RunRequest]:
    """Two presets with the same parameters are one run."""
    return list({request.run_key: request for request in requests}.values())
