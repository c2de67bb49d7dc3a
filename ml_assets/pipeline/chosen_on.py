"""On which rows a parameter set was chosen: what the leaderboards that rank it have looked at."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.comparison.sample import A_DAY, Board
from ml_assets.core.manifest import Manifest
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
    """

    boards: tuple[Board, ...] = ()
    manifests: tuple[Manifest, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def first_unseen(self) -> dt.date:
        """The first event day that none of them looked at."""
        return max((board.rows_until + A_DAY for board in self.boards), default=dt.date.min)


def chosen_on(parameters: Mapping[str, Any], store: ArtifactStore) -> ChosenOn:
    """The leaderboards of a store that rank a parameter set, as its identity; StoreError where it cannot be read."""
    dataset = Filter((Condition(name="dataset", op="=", value=str(parameters["dataset"])),))
    found: list[tuple[Board, Manifest]] = []
    damaged: list[str] = []
    for key in store.keys(ASSET, where=dataset):
        ranking = _ranking(key, parameters, store)
        if isinstance(ranking, CorruptArtifactError):
            damaged.append(str(ranking))
        elif ranking is not None:
            found.append((_board(ranking), ranking))
    found.sort(key=lambda pair: (pair[0].as_of, pair[0].run_id))
    return ChosenOn(
        boards=tuple(board for board, _ in found),
        manifests=tuple(manifest for _, manifest in found),
        damaged=tuple(damaged),
    )


def _ranking(
    key: ArtifactKey, parameters: Mapping[str, Any], store: ArtifactStore
) -> Manifest | CorruptArtifactError | None:
    """The manifest of a leaderboard that ranks the parameter set, None of another, or why it cannot be read."""
    try:
        manifest = store.manifest(key)
        return manifest if dict(parameters) in _ranked(key, manifest, store) else None
    except CorruptArtifactError as error:
        return error


def _board(manifest: Manifest) -> Board:
    """A leaderboard of an earlier version does not say what it looked at: at most at all up to its day."""
    until = manifest.facts.get(ROWS_UNTIL)
    rows_until = dt.date.fromisoformat(until) if until else manifest.as_of
    return Board(run_id=manifest.run_id, as_of=manifest.as_of, rows_until=rows_until)


def _ranked(key: ArtifactKey, manifest: Manifest, store: ArtifactStore) -> list[dict[str, Any]]:
    """The identity of each trial that a leaderboard ranks: read from its document, whatever else is in it."""
    stored = next((file for file in manifest.files if file.name == DOCUMENT), None)
    if stored is None:
        raise CorruptArtifactError(f"{store.uri(key)} is corrupt: it has no {DOCUMENT}.")
    try:
        return [trial["parameters"] for trial in json.loads(store.read_file(key, stored))["trials"]]
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptArtifactError(f"{store.uri(key, DOCUMENT)} is corrupt: {error}.") from error
