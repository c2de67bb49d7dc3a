"""The runs that are shown side by side, and the other days of their parameter sets: found by their run_ids."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.pipeline import Declared
from ml_assets.errors import RefusedError
from ml_assets.pages.stored_runs import Place, Shown, StoredRuns
from ml_assets.storage.artifact_store import DayFolder

MOST_DAYS = 400  # of one parameter set, the newest


def compared(stored: StoredRuns, run_ids: Sequence[str]) -> list[Shown]:
    """The runs, in this order.

    Raises:
        RefusedError: one of them is not there, or cannot be read.
    """
    places = {
        run_id: (day, run_id) for day in stored.folders() for run_id in run_ids if run_id in day.run_ids
    }
    reading = stored.read([places[run_id] for run_id in run_ids if run_id in places], fresh=True)
    read = {place[1] for place, _ in reading.shown}
    missing = [run_id for run_id in run_ids if run_id not in read]
    if missing and not reading.damaged:
        asset, root = stored.asset, stored.store.root
        raise RefusedError([f"compare: no {asset} of run {run_id} is under {root}." for run_id in missing])
    if missing:
        raise RefusedError(list(reading.damaged))
    return reading.shown


def days_beside(stored: StoredRuns, runs: Sequence[Shown]) -> list[Shown]:
    """The same parameter sets on their other days, the newest `MOST_DAYS` of each, by day.

    A run_id is a hash of parameters and day: whether a set has a run on some day costs no read.
    """
    known = {place[1] for place, _ in runs}
    sets = {run.parameter_set.name: (day, run.parameter_set.identity) for (day, _), run in runs}
    folders = sorted(stored.folders(), key=lambda folder: folder.as_of, reverse=True)
    found = list[Place]()
    for day, identity in sets.values():
        alike = [folder for folder in folders if folder.values == day.values]
        places = [_same_set(other, identity, stored.pipeline) for other in alike]
        found += [place for place in places if place and place[1] not in known][:MOST_DAYS]
    shown = stored.read(sorted(found, key=lambda place: place[0].as_of)).shown
    return [item for item in shown if item[1].parameter_set.name in sets]


def _same_set(day: DayFolder, identity: Mapping[str, Any], pipeline: Declared) -> Place | None:
    """The run of a parameter set on a day, or None where it has none."""
    key: ArtifactKey = pipeline.key_of_identity(day.asset, identity, day.as_of)
    return (day, key.run_id) if key.run_id in day.run_ids else None
