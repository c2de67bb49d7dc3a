"""What a run would do, and nothing done: by the very rules of the run itself."""

import datetime as dt
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputArtifact
from ml_assets.core.parameters import Parameters
from ml_assets.core.progress import steps
from ml_assets.core.where import Filter
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.compute import Look, window_of
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.days import main_asset, must_be_made
from ml_assets.pipeline.encode import encode
from ml_assets.pipeline.released import parameters_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.text import count

State = Literal["new", "reused", "stale", "invalid"]
STATES: tuple[State, ...] = ("new", "stale", "reused", "invalid")
MOST_PAST_DAYS = 14
NEAR = (3, 40, dt.date.max.toordinal())  # days around a day, within which past runs are looked for


@dataclass(frozen=True, kw_only=True)
class PlannedDay:
    """What would come of one parameter set at one as_of.

    Attributes:
        as_of: the day.
        run_id: the run's.
        state: new (no artifact is there), reused (all are), stale (some must be made again), invalid (it would fail).
        why: what has changed, asset by asset, also where it is no reason, for the asset is recorded; or the error.
        trial: of a sweep, the values that vary.
    """

    as_of: dt.date
    run_id: str
    state: State
    why: tuple[str, ...] = ()
    trial: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would come of a run over some days, or of a sweep.

    Attributes:
        days: one entry a day, or a trial and day, in order.
        seconds_a_day: what making one of them took in the past, or None where there is no past.
        past_days: how many of the past that figure is the median of.
        workers: processes that would share the work.
        later: how many more there are at most, which depend on what comes of these: of a search that learns.
    """

    days: tuple[PlannedDay, ...]
    seconds_a_day: float | None
    past_days: int
    workers: int = field(default=1)
    later: int = 0

    def count(self, state: State) -> int:
        """How many entries are in a state."""
        return sum(day.state == state for day in self.days)

    @property
    def to_make(self) -> int:
        """How many entries would be computed, at most."""
        return self.count("new") + self.count("stale") + self.later

    @property
    def hours(self) -> float | None:
        """The time that computing them would take, or None where no past run tells."""
        return None if self.seconds_a_day is None else self.to_make * self.seconds_a_day / self.workers / 3600

    @property
    def time_text(self) -> str:
        """How much there is to compute, and how long that would take, for people."""
        if not self.to_make:
            return "nothing to compute"
        if self.hours is None:
            return f"{self.to_make} to compute, for how long no past run tells"
        minutes = self.hours * 60
        long = f"{minutes:.0f} minutes" if minutes >= 2 else count(round(minutes * 60), "second")  # noqa: PLR2004
        processes = count(self.workers, "process", "processes")
        return f"{self.to_make} to compute, about {long} in {processes} (as {self.past_days} past ones took)"

    def document(self, environment: str) -> dict[str, Any]:
        """It as JSON values, with the name of the environment."""
        return {
            "environment": environment,
            "days": [
                {
                    "as_of": day.as_of.isoformat(),
                    "run_id": day.run_id,
                    "state": day.state,
                    "why": list(day.why),
                    **({"trial": day.trial} if day.trial else {}),
                }
                for day in self.days
            ],
            "counts": {state: self.count(state) for state in STATES},
            "later": self.later,
            "hours": self.hours,
            "workers": self.workers,
        }


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What would come of one asset.

    Attributes:
        reasons: why it would be made; none where it would be reused.
        digest: its digest, where that is known.
        note: what has changed and does not count.
    """

    reasons: tuple[str, ...] = ()
    digest: InputArtifact | None = None
    note: str = ""


Known = dict[str, Planned | MlAssetsError]
"""What would come of each artifact, or why it would fail, by exact key."""


def plan(parameters: Parameters, days: Sequence[dt.date], *, workspace: Workspace, workers: int = 1) -> Plan:
    """Plan each day; reads rows and manifests, and writes nothing."""
    planned = tuple(
        plan_day(parameters, day, workspace=workspace) for day in steps(days, "day", total=len(days))
    )
    return planned_of(planned, past_seconds([parameters], days[-1], workspace=workspace), workers=workers)


def quick_plan(
    parameters: Parameters, days: Sequence[dt.date], *, workspace: Workspace, workers: int = 1
) -> Plan:
    """A plan by a look at what is stored, without reading rows: what rows may change is counted as reused."""
    planned = tuple(look_at(parameters, day, workspace=workspace) for day in days)
    return planned_of(planned, past_seconds([parameters], days[-1], workspace=workspace), workers=workers)


def look_at(parameters: Parameters, as_of: dt.date, *, workspace: Workspace, trial: str = "") -> PlannedDay:
    """What a look at the store tells of one parameter set on one day: new, where it must be made, or reused."""
    state: State = "new" if must_be_made(parameters, as_of, workspace=workspace) else "reused"
    named = workspace.pipeline.run_id(parameters, as_of)
    return PlannedDay(as_of=as_of, run_id=named, state=state, trial=trial)


def planned_of(
    days: tuple[PlannedDay, ...], past: Sequence[float], *, workers: int = 1, later: int = 0
) -> Plan:
    """The plan of what is known of each day.

    Args:
        days: what would come of each.
        past: seconds that like ones took.
        workers: the most processes that would share the work.
        later: how many more there are at most.
    """
    to_make = sum(day.state in ("new", "stale") for day in days)
    return Plan(
        days=days,
        seconds_a_day=round(statistics.median(past), 3) if past else None,
        past_days=len(past),
        workers=max(1, min(workers, to_make + later)),
        later=later,
    )


def plan_day(
    parameters: Parameters,
    as_of: dt.date,
    *,
    workspace: Workspace,
    known: Known | None = None,
    trial: str = "",
) -> PlannedDay:
    """Plan one parameter set on one day; in `known` the trials of a day share what they have in common."""
    named = workspace.pipeline.run_id(parameters, as_of)
    day = Day(parameters=parameters, as_of=as_of, workspace=workspace)
    try:
        planned = _planned(day, {} if known is None else known)
    except MlAssetsError as error:
        return PlannedDay(as_of=as_of, run_id=named, state="invalid", why=(str(error),), trial=trial)
    reasons = {asset: item.reasons for asset, item in planned.items() if item.reasons}
    notes = {asset: (item.note,) for asset, item in planned.items() if item.note}
    is_new = reasons.get(main_asset(workspace.pipeline)) == ("new",)
    state: State = "new" if is_new else "stale" if reasons else "reused"
    why = notes if is_new else notes | reasons
    lines = tuple(f"{asset}: {'; '.join(why[asset])}" for asset in planned if asset in why)
    return PlannedDay(as_of=as_of, run_id=named, state=state, why=lines, trial=trial)


def _planned(day: Day, known: Known) -> dict[str, Planned]:
    """What would come of each asset.

    An asset whose input would be made again is held to be made as well, though equal bytes of the input would save it.
    """
    planned: dict[str, Planned] = {}
    digests = _of_others(day)
    for asset in day.pipeline.assets:
        name = day.key(asset).exact
        if name not in known:
            known[name] = _asset(day, asset, digests)
        found = known[name]
        if isinstance(found, MlAssetsError):
            raise found
        planned[asset] = found
        if found.digest is not None:
            digests[asset] = found.digest
    return planned


def _of_others(day: Day) -> dict[str, InputArtifact]:
    """The digests of what is used of other pipelines, as far as it is stored."""
    store = day.workspace.store
    found = {name: store.find(day.key(name)) for name in day.pipeline.uses}
    return {name: manifest.as_input for name, manifest in found.items() if manifest}


def _asset(day: Day, asset: str, digests: Mapping[str, InputArtifact]) -> Planned | MlAssetsError:
    """Why one asset would be made, and its digest where it is stored or can be told without making what it needs.

    What is made of rows alone is made, and not stored: rows that cannot be used are found, and where its bytes would be
    those that are stored, what stands on it may be reused all the same. What asks a resource is not asked. Of what is
    made of rows and more, with a window, the rows of the window are read.
    """
    kind = day.pipeline.assets[asset]
    inputs = tuple(digests[name] for name in kind.inputs if name in digests)
    try:
        look = day.look(asset, inputs)
        is_of_rows = not kind.inputs and not kind.resources and "rows" in kind.takes.values()
        if look.reasons and is_of_rows:
            look = day.completed(look, asset, inputs)
        elif look.reasons:
            _read_window(day, asset)
    except MlAssetsError as error:
        return error
    return _found(day, asset, look, digests)


def _found(day: Day, asset: str, look: Look, digests: Mapping[str, InputArtifact]) -> Planned:
    kind, reasons = day.pipeline.assets[asset], list(look.reasons)
    if look.stored is not None:
        reasons += [_unknown(day, name) for name in kind.inputs if name not in digests]
        if not reasons:
            note = look.told if look.kept else ""
            return Planned(digest=look.stored.as_input, note=note)
    if look.computed is None:
        return Planned(reasons=tuple(reasons))
    files, _ = encode(look.computed.product, asset=asset, format_name=kind.format)
    made = InputArtifact(asset=asset, run_id=day.key(asset).run_id, sha256=files[0].sha256)
    return Planned(reasons=tuple(reasons), digest=made)


def _unknown(day: Day, name: str) -> str:
    return (
        f"{name} of {day.pipeline.owner(name).name} is not stored"
        if name in day.pipeline.uses
        else f"{name} is made again"
    )


def _read_window(day: Day, asset: str) -> None:
    """Raise SourceError where rows of the window of an asset cannot be used; where it has none, nothing is known of it."""
    source = getattr(day.parameters, "source", None)
    window = window_of(day.pipeline.assets[asset], day.parameters) if isinstance(source, str) else None
    rows, asked = day.workspace.rows(day.as_of), getattr(day.parameters, "max_rows", 0)
    most = asked if isinstance(asked, int) else 0
    for dataset, days in (window or {}).items():
        first = day.as_of - dt.timedelta(days=days)
        rows.scan(dataset, source=str(source), first=first, last=day.as_of, max_rows=most)


def past_seconds(
    alike: Collection[Parameters],
    near: dt.date,
    *,
    workspace: Workspace,
    assets: Collection[str] | None = None,
) -> list[float]:
    """Seconds that `assets`, by default all, took on the days nearest to `near`, of runs whose paths are those of `alike`."""
    pipeline, asset = workspace.pipeline, main_asset(workspace.pipeline)
    wanted = {pipeline.key(asset, parameters, near).values for parameters in alike}
    found = _nearest(asset, wanted, near, workspace=workspace)
    wanted_assets = tuple(pipeline.assets) if assets is None else assets
    took = (_seconds(key, wanted_assets, workspace=workspace) for key in found[:MOST_PAST_DAYS])
    return [seconds for seconds in took if seconds is not None]


def _nearest(
    asset: str, wanted: Collection[tuple[tuple[str, str], ...]], near: dt.date, *, workspace: Workspace
) -> list[ArtifactKey]:
    """Stored artifacts with one of these paths, those of the nearest days first; far days only where near ones are few."""
    found: list[ArtifactKey] = []
    for days in NEAR:
        first, last = (
            dt.date.fromordinal(max(near.toordinal() - days, 1)),
            dt.date.fromordinal(min(near.toordinal() + days, dt.date.max.toordinal())),
        )
        keys = workspace.store.keys(asset, Filter.of_days(first, last), folder=workspace.pipeline.folder)
        found = [key for key in keys if key.values in wanted]
        if len(found) >= MOST_PAST_DAYS:
            break
    return sorted(found, key=lambda key: (abs((key.as_of - near).days), key.run_id))


def _seconds(main: ArtifactKey, assets: Collection[str], *, workspace: Workspace) -> float | None:
    """How long the artifacts of one past run took together; None where one of them is gone or damaged."""
    store, pipeline = workspace.store, workspace.pipeline
    try:
        parameters = parameters_of(store.manifest(main), pipeline.parameters)
        made = [store.manifest(pipeline.key(asset, parameters, main.as_of)) for asset in assets]
    except MlAssetsError:
        return None
    return sum((manifest.created_at - manifest.started_at).total_seconds() for manifest in made)
