"""Which runs the changed days of a landing zone ask for: the day itself, and what was made of it before."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ml_assets.adapter.launching.run_requests import may_be_made
from ml_assets.adapter.view import View
from ml_assets.core.as_of import last_complete_day
from ml_assets.core.parameters import Parameters
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.late import Change, LateRows
from ml_assets.pipeline.made_days import days_made
from ml_assets.pipeline.readings import Reading
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.presets import Preset
from ml_assets.settings import Settings
from ml_assets.sources.landed_days import window_signature

WATCHED = 400  # latest days of a zone that are watched: it bounds the cursor
LOOKED_AT = 60  # changed days that one tick looks at
REMADE = 31  # latest as_of days that one changed day makes again, for each preset


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """A preset that wants to hear of one dataset in one zone.

    Attributes:
        preset: whose.
        parameters: the preset's.
        assets: those that ask for these rows.
        days: of how many days, as_of the last of them, they ask for rows.
    """

    preset: Preset
    parameters: Parameters
    assets: tuple[str, ...]
    days: int

    @staticmethod
    def of(preset: Preset, parameters: Parameters, readings: Sequence[Reading]) -> "Subscriber":
        """Of what is read of one dataset; where it is the newest day, any that is watched may be it."""
        days = max(WATCHED if reading.days is None else reading.days for reading in readings)
        names = tuple(dict.fromkeys(reading.asset for reading in readings))
        return Subscriber(preset=preset, parameters=parameters, assets=names, days=days)


@dataclass(frozen=True, kw_only=True)
class Landed:
    """The days of one dataset in one zone: as they are, and as they were when they were last dealt with."""

    source: str
    dataset: str
    signatures: Mapping[dt.date, str]
    seen: Mapping[dt.date, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`<source>/<dataset>`."""
        return f"{self.source}/{self.dataset}"

    def watched(self, last: dt.date) -> list[dt.date]:
        """The latest days up to `last`, which is the last complete one."""
        return [day for day in sorted(self.signatures) if day <= last][-WATCHED:]

    def changed(self, last: dt.date) -> list[dt.date]:
        """The first of the watched days that are new, other than they were, or gone."""
        watched = self.watched(last)
        new = [day for day in watched if self.seen.get(day) != self.signatures[day]]
        gone = [day for day in self.seen if watched and day >= watched[0] and day not in self.signatures]
        return sorted(new + gone)[:LOOKED_AT]


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run that is needed.

    Attributes:
        preset: on whose behalf.
        source: whose rows ask for it.
        as_of: the day.
        because: the landed days that ask for it.
        signature: that of the files in the window; it tells one such request from the next.
        change: for a day that was made before, what has changed since.
    """

    preset: Preset
    source: str
    as_of: dt.date
    because: tuple[dt.date, ...]
    signature: str
    change: Change | None = None


@dataclass(kw_only=True)
class Plan:
    """The tasks of one zone and dataset, and the days that must be looked at again: a run may have missed them."""

    landed: Landed
    changed: list[dt.date]
    workspace: Workspace
    rows: LateRows
    busy: Mapping[str, dt.date]
    now: dt.datetime
    log: logging.Logger
    tasks: list[Task] = field(default_factory=list)
    held: set[dt.date] = field(default_factory=set)

    def add_all(self, subscribers: Sequence[Subscriber]) -> None:
        """Plan for every preset, unless nothing has changed."""
        for subscriber in subscribers if self.changed else ():
            self._add(subscriber)

    def _add(self, subscriber: Subscriber) -> None:
        parameters, pipeline = subscriber.parameters, self.workspace.pipeline
        busy = {day for name, day in self.busy.items() if pipeline.run_id(parameters, day) == name}
        near = {day + dt.timedelta(days=n) for day in self.changed for n in range(subscriber.days)}
        possible = {day for day in near if may_be_made(day, now=self.now)}
        made = days_made(parameters, possible, pipeline=pipeline, store=self.workspace.store)
        partitions = made | {day for day in busy if may_be_made(day, now=self.now)}
        touched = self._touched(subscriber, partitions)
        for days in (touched[day] for day in busy & touched.keys()):
            self.held.update(days)
        for day in self.changed:
            is_new = day in self.landed.signatures and day not in made | busy
            if is_new and may_be_made(day, now=self.now):
                self.tasks.append(self._task(subscriber, day, (day,)))
        for day in sorted(touched.keys() - busy):
            self._add_late(subscriber, day, touched[day])

    def _touched(
        self, subscriber: Subscriber, candidates: frozenset[dt.date]
    ) -> dict[dt.date, tuple[dt.date, ...]]:
        """The as_of days whose window holds changed days, each with these; the latest ones of each changed day."""
        touched: dict[dt.date, tuple[dt.date, ...]] = {}
        span = dt.timedelta(days=subscriber.days)
        for day in self.changed:
            holding = sorted(as_of for as_of in candidates if day <= as_of < day + span)
            if len(holding) > REMADE:
                left = len(holding) - REMADE
                message = "%s %s: %d older as_of days are left as they are"
                self.log.warning(message, self.landed.name, day, left)
            for as_of in holding[-REMADE:]:
                touched[as_of] = (*touched.get(as_of, ()), day)
        return touched

    def _add_late(self, subscriber: Subscriber, as_of: dt.date, days: tuple[dt.date, ...]) -> None:
        store, pipeline, name = self.workspace.store, self.workspace.pipeline, subscriber.preset.name
        try:
            keys = [pipeline.key(asset, subscriber.parameters, as_of) for asset in subscriber.assets]
            change = self.rows.change([store.manifest(key) for key in keys], days)
        except MlAssetsError as error:
            self.log.warning("%s as_of %s was not compared: %s", name, as_of, error)
            self.held.update(days)
            return
        if change.days:
            self.log.info("%s as_of %s is made again: %s", name, as_of, change)
            self.tasks.append(self._task(subscriber, as_of, days, change=change))

    def _task(
        self,
        subscriber: Subscriber,
        as_of: dt.date,
        because: tuple[dt.date, ...],
        *,
        change: Change | None = None,
    ) -> Task:
        first = as_of - dt.timedelta(days=subscriber.days - 1)
        signature = window_signature(self.landed.signatures, first=first, last=as_of)
        return Task(
            preset=subscriber.preset,
            source=self.landed.source,
            as_of=as_of,
            because=because,
            signature=signature,
            change=change,
        )


def open_plan(
    landed: Landed,
    *,
    view: View,
    settings: Settings,
    busy: Mapping[str, dt.date],
    now: dt.datetime,
    log: logging.Logger,
) -> Plan:
    """An empty plan for the days that have changed."""
    workspace = open_workspace(settings, pipeline=view.pipeline)
    return Plan(
        landed=landed,
        changed=landed.changed(last_complete_day(now)),
        workspace=workspace,
        rows=LateRows(workspace=workspace, source=landed.source, dataset=landed.dataset),
        busy=busy,
        now=now,
        log=log,
    )
