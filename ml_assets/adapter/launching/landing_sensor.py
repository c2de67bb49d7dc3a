"""The landing sensor: new and changed days of landing zones become runs of the presets subscribed to them."""

import datetime as dt
import functools
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.launching.cursor import read_cursor, texts, write_cursor
from ml_assets.adapter.launching.in_time import in_time
from ml_assets.adapter.launching.landing_plan import Landed, Plan, Subscriber, Task, open_plan
from ml_assets.adapter.launching.run_requests import (
    PRESET_TAG,
    not_requested_yet,
    run_request,
    sound_presets,
    unfinished,
)
from ml_assets.adapter.partitions import warn_of_changed_settings
from ml_assets.adapter.view import View
from ml_assets.core.as_of import last_complete_day, parse
from ml_assets.errors import MlAssetsError, OutOfTimeError
from ml_assets.pipeline.readings import Reading, readings
from ml_assets.pipeline.workspace import open_workspace, utc_now
from ml_assets.settings import Settings, load_settings
from ml_assets.sources.landed_days import day_signatures
from ml_assets.storage.deadline import times_late, within

ZONE = 25.0  # seconds that one zone may take of a tick


def landing_sensor(view: View) -> dg.SensorDefinition:
    """The sensor of the landing zones that a view's presets read."""
    name = view.beside("landed_days")
    return dg.sensor(
        name=name,
        job_name=view.job_name,
        minimum_interval_seconds=60,
        description="New and changed days of landing zones become runs of the presets that subscribe to them. "
        "Late rows make only the days again that they touch.",
    )(in_time(_requested, view, name=name))


def _requested(context: dg.SensorEvaluationContext, view: View) -> dg.SensorResult:
    """Request the runs that changed days ask for, at most so many a tick; the cursor holds what is done."""
    warn_of_changed_settings(context.log)
    settings, now, memory = load_settings(), utc_now(), read_cursor(context.cursor)
    last, busy = last_complete_day(now), unfinished(view, context.instance, settings)
    plans, kept = [], {}
    subscribed = _subscribed(view, settings, context.log)
    for source, dataset in sorted(subscribed, key=lambda zone: times_late(_zone(*zone, view=view))):
        seen = texts(memory.get(f"{source}/{dataset}"))
        look = functools.partial(_look, settings, source, dataset, seen, context.log)
        plan = functools.partial(open_plan, view=view, settings=settings, busy=busy, now=now, log=context.log)
        work = functools.partial(_planned, look, plan, subscribed[source, dataset])
        planned = _in_time(work, what=_zone(source, dataset, view=view), log=context.log)
        if planned is None:
            kept[f"{source}/{dataset}"] = seen
        else:
            plans.append(planned)
    take = functools.partial(_take, view=view, instance=context.instance)
    requests, left = take(_in_turns(plans), at_most=settings.requests_per_tick)
    kept |= {plan.landed.name: _memory(plan, left, last=last) for plan in plans}
    return dg.SensorResult(
        run_requests=requests,
        cursor=write_cursor(kept),
        skip_reason=None if requests else f"{len(plans)} landing zones, nothing new",
    )


def _subscribed(
    view: View, settings: Settings, log: logging.Logger
) -> dict[tuple[str, str], list[Subscriber]]:
    """The presets that want to hear of landed rows, by source and dataset, for the zones that are registered."""
    found: dict[tuple[str, str], list[Subscriber]] = {}
    zones, store = settings.landing_zones(), open_workspace(settings, pipeline=view.pipeline).store
    for preset, parameters in sound_presets(view, log):
        if not preset.landing:
            continue
        read: dict[tuple[str, str], list[Reading]] = {}
        for reading in readings(parameters, pipeline=view.pipeline, store=store):
            if reading.source in zones:
                read.setdefault((reading.source, reading.dataset), []).append(reading)
        for zone, asked in read.items():
            found.setdefault(zone, []).append(Subscriber.of(preset, parameters, asked))
    return found


def _zone(source: str, dataset: str, *, view: View) -> str:
    """Its name, for people: sensors of two views may look at one zone side by side."""
    of = "" if view.is_main else f" of {view.name}"
    return f"the landing zone {source}/{dataset}{of}"


def _in_time(work: Callable[[], Plan | None], *, what: str, log: logging.Logger) -> Plan | None:
    """The plan of a zone, or None where it takes too long: then it comes after the others in the next tick."""
    try:
        return within(ZONE, work, what=what)
    except OutOfTimeError as error:
        log.warning("%s Its days wait for a later tick.", error)
        return None


def _planned(
    look: Callable[[], Landed | None], plan: Callable[[Landed], Plan], subscribers: Sequence[Subscriber]
) -> Plan | None:
    landed = look()
    if landed is None:
        return None
    planned = plan(landed)
    planned.add_all(subscribers)
    return planned


def _look(
    settings: Settings, source: str, dataset: str, seen: Mapping[str, str], log: logging.Logger
) -> Landed | None:
    """The zone as it is now, or None where it cannot be used: that is logged and stops no other zone."""
    try:
        signatures = day_signatures(
            settings.landing_zones()[source], dataset, access=settings.s3_of_source(source)
        )
    except MlAssetsError as error:
        log.warning("%s/%s was left out: %s", source, dataset, error)
        return None
    known = {day: mark for name, mark in seen.items() if (day := parse(name))}
    return Landed(source=source, dataset=dataset, signatures=signatures, seen=known)


def _in_turns(plans: Iterable[Plan]) -> Iterator[Task]:
    """One task of each zone after the other, each zone's by day, so that a large one holds nobody up."""
    by_day = [sorted(plan.tasks, key=lambda task: (task.as_of, task.preset.name)) for plan in plans]
    for together in itertools.zip_longest(*by_day):
        yield from (task for task in together if task)


def _take(
    tasks: Iterator[Task], *, view: View, instance: dg.DagsterInstance, at_most: int
) -> tuple[list[dg.RunRequest], list[Task]]:
    """The requests of this tick, and the tasks left for the next ones."""
    requests: dict[str | None, dg.RunRequest] = {}
    for task in tasks:
        if len(requests) == at_most:
            return list(requests.values()), [task, *tasks]
        request = _request(task, view)
        requests |= {new.run_key: new for new in not_requested_yet([request], instance)}
    return list(requests.values()), []


def _request(task: Task, view: View) -> dg.RunRequest:
    tags = {PRESET_TAG: task.preset.name, "ml_assets/source": task.source}
    if task.change:
        tags["ml_assets/changed_days"] = str(len(task.change.days))
        tags["ml_assets/changed_rows"] = f"{task.change.rows:+d}"
    event = f"landed:{task.signature}"
    return run_request(task.preset.parameters, task.as_of, view=view, event=event, tags=tags)


def _memory(plan: Plan, left: Iterable[Task], *, last: dt.date) -> dict[str, Any]:
    """The days that are dealt with, as they are now; the others as they were, so that they count as changed."""
    again = plan.held | {day for task in left if task in plan.tasks for day in task.because}
    done = set(plan.changed) - again
    now = {day: plan.landed.signatures[day] for day in plan.landed.watched(last) if day in done}
    before = {day: mark for day, mark in plan.landed.seen.items() if day not in done}
    floor = min(plan.landed.watched(last), default=dt.date.min)
    return {day.isoformat(): mark for day, mark in {**before, **now}.items() if day >= floor}
