"""What a run would do, and nothing done: by the very rules of the run itself."""

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ml_assets.core.artifact import ArtifactKey, key_of
from ml_assets.core.catalog import CATALOG
from ml_assets.core.manifest import InputArtifact
from ml_assets.core.parameters import TrainingParameters, from_identity
from ml_assets.core.run_id import run_id
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.day import Day, reasons_to_make
from ml_assets.pipeline.encode import encode
from ml_assets.pipeline.workspace import Workspace

State = Literal["new", "reused", "stale", "invalid"]
STATES: tuple[State, ...] = ("new", "stale", "reused", "invalid")
MOST_PAST_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class PlannedDay:
    """What would come of one as_of.

    Attributes:
        as_of: the day.
        run_id: the run's.
        state: new (no artifact is there), reused (all are), stale (some must be made again), invalid (it would fail).
        why: what has changed, asset by asset, or the error.
    """

    as_of: dt.date
    run_id: str
    state: State
    why: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would come of a run over some days.

    Attributes:
        days: one entry a day, in order.
        seconds_a_day: what making one day took in the past, or None where there is no past.
        past_days: how many days of the past that figure is the median of.
        workers: processes that would share the work.
    """

    days: tuple[PlannedDay, ...]
    seconds_a_day: float | None
    past_days: int
    workers: int = field(default=1)

    def count(self, state: State) -> int:
        """How many days are in a state."""
        return sum(day.state == state for day in self.days)

    @property
    def to_make(self) -> int:
        """How many days would be computed."""
        return self.count("new") + self.count("stale")

    @property
    def hours(self) -> float | None:
        """The time that computing them would take, or None where no past run tells."""
        return None if self.seconds_a_day is None else self.to_make * self.seconds_a_day / self.workers / 3600


def plan(
    parameters: TrainingParameters, days: Sequence[dt.date], *, workspace: Workspace, workers: int = 1
) -> Plan:
    """Plan each day; reads rows and manifests, and writes nothing."""
    planned = tuple(plan_day(parameters, day, workspace=workspace) for day in days)
    past = _past(parameters, days, workspace=workspace)
    return Plan(
        days=planned,
        seconds_a_day=round(statistics.median(past), 3) if past else None,
        past_days=len(past),
        workers=max(1, min(workers, sum(day.state in ("new", "stale") for day in planned))),
    )


def plan_day(parameters: TrainingParameters, as_of: dt.date, *, workspace: Workspace) -> PlannedDay:
    """Plan one day."""
    named = run_id(parameters, as_of)
    try:
        reasons = _reasons(Day(parameters=parameters, as_of=as_of, workspace=workspace))
    except MlAssetsError as error:
        return PlannedDay(as_of=as_of, run_id=named, state="invalid", why=(str(error),))
    why = tuple(f"{asset}: {'; '.join(lines)}" for asset, lines in reasons.items() if lines)
    if not why:
        return PlannedDay(as_of=as_of, run_id=named, state="reused")
    is_new = reasons["model"] == ["new"]
    return PlannedDay(
        as_of=as_of, run_id=named, state="new" if is_new else "stale", why=() if is_new else why
    )


def _reasons(day: Day) -> dict[str, list[str]]:
    """Why each asset would be made, none where it would be reused.

    An asset whose input would be made again is held to be made as well, though equal bytes of the input would save it.
    """
    reasons: dict[str, list[str]] = {}
    digests: dict[str, InputArtifact] = {}
    for asset, kind in CATALOG.items():
        product = None if kind.inputs else day.product(asset)
        stored = day.stored(asset)
        known = tuple(digests[name] for name in kind.inputs if name in digests)
        found = reasons_to_make(stored, asset, artifacts=known, sources=day.sources(asset))
        unknown = [name for name in kind.inputs if name not in digests]
        if stored.manifest is not None:
            found += [f"{name} is made again" for name in unknown]
        reasons[asset] = found
        if stored.manifest is not None and not found:
            digests[asset] = _input(asset, stored.manifest.run_id, stored.manifest.sha256)
        elif product is not None:  # what it would be is known: what stands on it may be reused all the same
            files, _ = encode(product, asset=asset, format_name=kind.format)
            digests[asset] = _input(asset, key_of(asset, day.parameters, day.as_of).run_id, files[0].sha256)
    return reasons


def _input(asset: str, run_id: str, sha256: str) -> InputArtifact:
    return InputArtifact(asset=asset, run_id=run_id, sha256=sha256)


def _past(parameters: TrainingParameters, days: Sequence[dt.date], *, workspace: Workspace) -> list[float]:
    """Seconds that the days nearest to these took, of the same dataset and model version."""
    store = workspace.store
    alike = [
        key
        for key in store.keys("model")
        if (key.dataset, key.model_version) == (parameters.dataset, parameters.model_version)
    ]
    alike.sort(key=lambda key: (abs((key.as_of - days[-1]).days), key.run_id))
    took = (_seconds(key, workspace=workspace) for key in alike[:MOST_PAST_DAYS])
    return [seconds for seconds in took if seconds is not None]


def _seconds(model: ArtifactKey, *, workspace: Workspace) -> float | None:
    """How long the artifacts of one past run took together; None where one of them is gone or damaged."""
    store = workspace.store
    try:
        parameters = from_identity(store.manifest(model).parameters)
        made = [store.manifest(key_of(asset, parameters, model.as_of)) for asset in CATALOG]
    except MlAssetsError:
        return None
    return sum((manifest.created_at - manifest.started_at).total_seconds() for manifest in made)
