"""Ticks of the real sensors and schedules, and the runs that they ask for, in this process."""

import datetime as dt
import functools
import os
import time
from pathlib import Path

import dagster as dg
from dagster._core.test_utils import create_run_for_test

from ml_assets.definitions import defs
from ml_assets.storage import deadline

AGES_AGO = 3600  # seconds: a file of that age is no longer being written


@functools.cache
def no_runs():
    """An instance that has seen no run. A tick only reads it, so that all tests can share one."""
    return dg.DagsterInstance.ephemeral()


def tick(sensor, *, cursor=None, instance=None):
    """One evaluation, as the daemon makes it."""
    context = dg.build_sensor_context(instance=instance or no_runs(), cursor=cursor, definitions=defs)
    return sensor.evaluate_tick(context)


def ticks(sensor, *, at_most=20, instance=None):
    """The requests of each tick until one has none."""
    cursor, found = None, []
    for _ in range(at_most):
        data = tick(sensor, cursor=cursor, instance=instance)
        cursor = data.cursor
        if not data.run_requests:
            break
        found.append(data.run_requests)
    return found, cursor


def at(schedule, moment, *, instance=None):
    """The requests of a schedule at a moment. An instance must be one on disk: an ephemeral one is not passed on."""
    return evaluate(schedule, moment, instance).run_requests


def evaluate(schedule, moment, instance):
    """One evaluation of a schedule, as the daemon makes it."""
    context = dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=dt.datetime.fromisoformat(moment).replace(tzinfo=dt.timezone.utc),
        repository_def=defs.get_repository_def(),
    )
    return schedule.evaluate_tick(context)


def let_end(*, within=30):
    """Wait for what ticks left behind, and for what that leaves behind."""
    until = time.monotonic() + within
    while time.monotonic() < until and any(thread.is_alive() for thread in list(deadline._left.values())):
        time.sleep(0.02)


def days(requests):
    """The as_of of each request."""
    return [request.partition_key for request in requests]


def keys(requests):
    """The run_key of each request."""
    return [request.run_key for request in requests]


def launch(request, *, instance):
    """Carry out one requested run."""
    config = {**request.run_config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return defs.resolve_job_def("train").execute_in_process(
        run_config=config,
        partition_key=request.partition_key,
        tags={**request.tags, "dagster/run_key": request.run_key},
        instance=instance,
        raise_on_error=False,
    )


def record(request, *, instance, status=dg.DagsterRunStatus.STARTED):
    """Leave a run as the daemon would have made it from the request, without carrying it out."""
    tags = {
        **request.tags,
        "dagster/run_key": request.run_key,
        "dagster/partition": request.partition_key,
    }
    return create_run_for_test(
        instance, job_name="train", run_config=request.run_config, tags=tags, status=status
    )


def write(path: Path, text: str, *, age=AGES_AGO):
    """Write a file as if some time ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def preset(name, parameters="", *, daily=False, landing=False):
    """Write a preset into the folder of presets here."""
    text = f'description = "For a test."\n[subscribe]\ndaily = {str(daily).lower()}\nlanding = {str(landing).lower()}\n[parameters]\n{parameters}\n'
    return write(Path("presets") / f"{name}.toml", text)
