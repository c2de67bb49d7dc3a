"""On which rows a parameter set was chosen: what the leaderboards that rank it have looked at."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.comparison.sample import A_DAY, Board
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import value_text
from ml_assets.core.slices import subjects
from ml_assets.core.sweep.result import ASSET
from ml_assets.core.where import Condition, Filter
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipeline.leaderboard import DOCUMENT
from ml_assets.storage.artifact_store import ArtifactStore

ROWS_UNTIL = "rows_until"


@dataclass(frozen=True, kw_only=True)
class ChosenOn:
    """The leaderboards that rank a parameter set.

    Attributes:
        boards: by day and run_id.
        manifests: theirs, in the same order.
        damaged: why others could not be read.
        days: those on which they looked at trials.
    """

    boards: tuple[Board, ...] = ()
    manifests: tuple[Manifest, ...] = ()
    damaged: tuple[str, ...] = ()
    days: frozenset[dt.date] = frozenset()

    @property
    def first_unseen(self) -> dt.date:
        """The first event day that none of them looked at."""
        return max((board.rows_until + A_DAY for board in self.boards), default=dt.date.min)


def chosen_on(parameters: Mapping[str, Any], store: ArtifactStore, *, pipeline: Declared) -> ChosenOn:
    """The leaderboards of a store that rank a parameter set, as its identity; StoreError where it cannot be read."""
    about = [name for name in subjects(pipeline) if name in parameters]
    where = Filter(tuple(Condition(name=n, op="=", value=value_text(parameters[n])) for n in about))
    found: list[tuple[Board, Manifest, Mapping[str, Any]]] = []
    damaged: list[str] = []
    for key in store.keys(ASSET, where=where, folder=pipeline.folder):
        if key.folder != pipeline.folder:
            continue
        try:
            manifest = store.manifest(key)
            document = _document(key, manifest, store)
        except CorruptArtifactError as error:
            damaged.append(str(error))
            continue
        if any(trial["parameters"] == dict(parameters) for trial in document["trials"]):
            found.append((_board(manifest), manifest, document))
    found.sort(key=lambda one: (one[0].as_of, one[0].run_id))
    days = {dt.date.fromisoformat(day) for _, _, document in found for day in document.get("days", ())}
    return ChosenOn(
        boards=tuple(board for board, _, _ in found),
        manifests=tuple(manifest for _, manifest, _ in found),
        damaged=tuple(damaged),
        days=frozenset(days),
    )


def _board(manifest: Manifest) -> Board:
    """A leaderboard of an earlier version does not say what it looked at: at most at all up to its day."""
    until = manifest.facts.get(ROWS_UNTIL)
    rows_until = dt.date.fromisoformat(until) if until else manifest.as_of
    return Board(run_id=manifest.run_id, as_of=manifest.as_of, rows_until=rows_until)


def _document(key: ArtifactKey, manifest: Manifest, store: ArtifactStore) -> Mapping[str, Any]:
    """A leaderboard with its trials, each with its identity; whatever else is in it."""
    stored = next((file for file in manifest.files if file.name == DOCUMENT), None)
    if stored is None:
        raise CorruptArtifactError(f"{store.uri(key)} is corrupt: it has no {DOCUMENT}.")
    try:
        document: dict[str, Any] = json.loads(store.read_file(key, stored))
        document["trials"] = [{"parameters": trial["parameters"]} for trial in document["trials"]]
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptArtifactError(f"{store.uri(key, DOCUMENT)} is corrupt: {error}.") from error
    return document
