"""The runs of a pipeline as its store has them: what the paths tell of all, and what was read of manifests.

A listing of a hundred thousand runs reads the manifests of one page. What sorts or filters by their content reads all,
for a second at a time, and keeps what it read in memory: the store stays the only place that says anything.
"""

import datetime as dt
import itertools
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import canonical
from ml_assets.core.slices import metric_assets
from ml_assets.core.where import ANY, Filter, with_omitted
from ml_assets.errors import StoreError
from ml_assets.storage.artifact_store import ArtifactStore, DayFolder, Entry
from ml_assets.storage.object_store import local_path

Place = tuple[DayFolder, str]
"""A run by its folder: that of its day, and its run_id."""

BUDGET_S = 1.0  # of one answer: what is not read by then is read for the next
_AT_A_TIME = 100
_FRESH_S = 600.0  # what was read longer ago is read again, after what was not read yet
_LISTED_S = 60.0  # a bucket is listed whole, a thousand keys a request
_NAMED = 12  # hex digits of a digest that names something on a page


@dataclass(frozen=True)
class ParameterSet:
    """What the runs of many days share.

    Attributes:
        name: 12 hex digits over its identity.
        identity: the values that decide the runs.
        values: these, and those that the identity leaves out at the value that they stand for, in the order of their class.
    """

    name: str
    identity: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What was read of one run; a hundred thousand share their parameter sets and the names of their metrics.

    Attributes:
        parameter_set: its parameters.
        names: of its metrics.
        values: of its metrics, in this order.
        created_at: when it was committed (UTC).
    """

    parameter_set: ParameterSet
    names: tuple[str, ...]
    values: tuple[float, ...]
    created_at: dt.datetime

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Its parameters by name."""
        return self.parameter_set.values

    @property
    def metrics(self) -> dict[str, float]:
        """Its metrics by name; what is no finite number is none."""
        pairs = zip(self.names, self.values, strict=True)
        return {name: value for name, value in pairs if math.isfinite(value)}

    def metric(self, name: str) -> float | None:
        """One of its metrics, or None where it has none."""
        value = self.values[self.names.index(name)] if name in self.names else math.nan
        return value if math.isfinite(value) else None


Shown = tuple[Place, Run]
"""A run by its folder, and what was read of it."""


@dataclass(frozen=True)
class Reading:
    """What is known of some runs.

    Attributes:
        shown: those that are sound, in their order.
        unread: how many there was no time for.
        damaged: what is wrong with each that cannot be told.
    """

    shown: list[Shown]
    unread: int = 0
    damaged: tuple[str, ...] = ()


@dataclass(eq=False)
class StoredRuns:
    """The runs of one pipeline under one root; whoever answers many requests keeps one, and with it what was read.

    Attributes:
        store: where they are.
        pipeline: what made them.
        environment: what that place is called.
        clock: the seconds that pass.
    """

    store: ArtifactStore
    pipeline: Declared
    environment: str = "default"
    clock: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, str], tuple[float, Run | str | None]] = field(default_factory=dict, repr=False)
    _sets: dict[bytes, ParameterSet] = field(default_factory=dict, repr=False)
    _names: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict, repr=False)
    _listed: tuple[float, tuple[DayFolder, ...]] | None = field(default=None, repr=False)

    @cached_property
    def asset(self) -> str:
        """The asset that gives the metrics: each of its artifacts stands for a run."""
        return metric_assets(self.pipeline)[0]

    def folders(self, where: Filter = ANY) -> list[DayFolder]:
        """The runs by day that a filter admits by their path. StoreError where the store cannot be read."""
        folder = self.pipeline.folder
        if local_path(self.store.root) is not None:
            return list(self.store.day_folders(self.asset, where, folder=folder))
        now = self.clock()
        if self._listed is None or now - self._listed[0] > _LISTED_S:
            self._listed = now, tuple(self.store.day_folders(self.asset, folder=folder))
        found = (day.admitted(where) for day in self._listed[1] if where.admits_value("asset", self.asset))
        return [day for day in found if day.run_ids]

    def read(self, places: Sequence[Place], *, seconds: float | None = None, fresh: bool = False) -> Reading:
        """What is known of these runs, and what can be read of them in that many seconds.

        Args:
            places: the runs.
            seconds: how long it may take; None for as long as it takes.
            fresh: read each again, whatever is known of it.
        """
        now = self.clock()
        end = math.inf if seconds is None else now + seconds
        known = [(place, self._known.get(_name(place))) for place in places]
        new = [place for place, item in known if fresh or item is None]
        old = [place for place, item in known if not fresh and item and now - item[0] > _FRESH_S]
        for some in _batches([*new, *old]):
            self._take(some)
            if self.clock() >= end:
                break
        found = [(place, item[1]) for place in places if (item := self._known.get(_name(place)))]
        return Reading(
            shown=[(place, run) for place, run in found if isinstance(run, Run)],
            unread=len(places) - len(found),
            damaged=tuple(problem for _, problem in found if isinstance(problem, str)),
        )

    def _take(self, places: Sequence[Place]) -> None:
        """Read some manifests, and keep what they say; an error stands in the place of its run."""
        entries = self.store.entries_of(day.key(run_id) for day, run_id in places)
        found = [self._run(entry) for entry in entries]
        now = self.clock()
        self._known |= {_name(place): (now, run) for place, run in zip(places, found, strict=True)}

    def _run(self, entry: Entry | StoreError | None) -> Run | str | None:
        if not isinstance(entry, Entry):
            return None if entry is None else str(entry)
        try:
            parameter_set = self._parameter_set(entry.parameters)
        except ValueError as error:  # such as a number that no hash is made of
            return f"{entry.uri}: {error}"
        names = tuple(entry.metrics)
        return Run(
            parameter_set=parameter_set,
            names=self._names.setdefault(names, names),
            values=tuple(entry.metrics.values()),
            created_at=entry.created_at,
        )

    def _parameter_set(self, identity: Mapping[str, Any]) -> ParameterSet:
        """The one object for all runs of these values."""
        text = canonical(identity)
        if text not in self._sets:
            whole = with_omitted(self.asset, identity, pipeline=self.pipeline)
            order = {name: place for place, name in enumerate(self.pipeline.parameters.model_fields)}
            ordered = sorted(whole, key=lambda name: (order.get(name, len(order)), name))
            digest = sha256(text).hexdigest()[:_NAMED]
            self._sets[text] = ParameterSet(digest, identity, {name: whole[name] for name in ordered})
        return self._sets[text]


def _name(place: Place) -> tuple[str, str]:
    day, run_id = place
    return day.place, run_id


def _batches(places: Iterable[Place]) -> Iterable[list[Place]]:
    rest = iter(places)
    return iter(lambda: list(itertools.islice(rest, _AT_A_TIME)), [])
