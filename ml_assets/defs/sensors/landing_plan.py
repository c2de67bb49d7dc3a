"""Which runs the changed days of a landing zone ask for: the day itself, and what was trained on it before."""

import datetime as dt
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ml_assets.core.as_of import last_complete_day
from ml_assets.core.run_id import run_id
from ml_assets.defs.requests import days_trained, may_be_trained
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.late import Change, LateRows
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.presets import Preset
from ml_assets.settings import Settings
from ml_assets.sources.landed_days import window_signature

Subscribers: TypeAlias = Sequence[tuple[Preset, TrainingParameters]]

WATCHED = 400  # latest days of a zone that are watched: it bounds the cursor
LOOKED_AT = 60  # changed days that one tick looks at
RETRAINED = 31  # latest as_of days that one changed day retrains, for each preset


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
        parameters: the preset's.
        as_of: the day.
        because: the landed days that ask for it.
        signature: that of the files in the window; it tells one such request from the next.
        change: for a day that was trained before, what has changed since.
    """

    preset: Preset
    parameters: TrainingParameters
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

    def add_all(self, subscribers: Subscribers) -> None:
        """Plan for every preset, unless nothing has changed."""
        for preset, parameters in subscribers if self.changed else ():
            self._add(preset, parameters)

    def _add(self, preset: Preset, parameters: TrainingParameters) -> None:
        busy = {day for name, day in self.busy.items() if run_id(parameters, day) == name}
        trained = days_trained(parameters, self.workspace.store)
        partitions = frozenset(day for day in trained | busy if may_be_trained(day, now=self.now))
        touched = self._touched(parameters, partitions)
        for days in (touched[day] for day in busy & touched.keys()):
            self.held.update(days)
        for day in self.changed:
            if (
                day in self.landed.signatures
                and day not in trained | busy
                and may_be_trained(day, now=self.now)
            ):
                self.tasks.append(self._task(preset, parameters, day, (day,)))
        for day in sorted(touched.keys() - busy):
            self._add_late(preset, parameters, day, touched[day])

    def _touched(
        self, parameters: TrainingParameters, candidates: frozenset[dt.date]
    ) -> dict[dt.date, tuple[dt.date, ...]]:
        """The as_of days whose window holds changed days, each with these; the latest ones of each changed day."""
        touched: dict[dt.date, tuple[dt.date, ...]] = {}
        span = dt.timedelta(days=parameters.lookback_days)
        for day in self.changed:
            holding = sorted(as_of for as_of in candidates if day <= as_of < day + span)
            if len(holding) > RETRAINED:
                self.log.warning(
                    "%s %s: %d older as_of days are left as they are",
                    self.landed.name,
                    day,
                    len(holding) - RETRAINED,
                )
            for as_of in holding[-RETRAINED:]:
                touched[as_of] = (*touched.get(as_of, ()), day)
        return touched

    def _add_late(
        self, preset: Preset, parameters: TrainingParameters, as_of: dt.date, days: tuple[dt.date, ...]
    ) -> None:
        try:
            stored = self.workspace.store.manifest(
                self.workspace.pipeline.key("training_set", parameters, as_of)
            )
            change = self.rows.change(stored, days)
        except MlAssetsError as error:
            self.log.warning("%s as_of %s was not compared: %s", preset.name, as_of, error)
            self.held.update(days)
            return
        if change.days:
            self.log.info("%s as_of %s is trained again: %s", preset.name, as_of, change)
            self.tasks.append(self._task(preset, parameters, as_of, days, change=change))

    def _task(
        self,
        preset: Preset,
        parameters: TrainingParameters,
        as_of: dt.date,
        because: tuple[dt.date, ...],
        *,
        change: Change | None = None,
    ) -> Task:
        first = as_of - dt.timedelta(days=parameters.lookback_days - 1)
        signature = window_signature(self.landed.signatures, first=first, last=as_of)
        return Task(
            preset=preset,
            parameters=parameters,
            as_of=as_of,
            because=because,
            signature=signature,
            change=change,
        )


def open_plan(
    landed: Landed,
    *,
    settings: Settings,
    busy: Mapping[str, dt.date],
    now: dt.datetime,
    log: logging.Logger,
) -> Plan:
    """An empty plan for the days that have changed."""
    workspace = open_workspace(settings, pipeline=tabular)
    return Plan(
        landed=landed,
        changed=landed.changed(last_complete_day(now)),
        workspace=workspace,
        rows=LateRows(workspace=workspace, source=landed.source, dataset=landed.dataset),
        busy=busy,
        now=now,
        log=log,
    )
