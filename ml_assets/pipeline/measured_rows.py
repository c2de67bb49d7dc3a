"""On which rows an evaluation was measured: what the manifest of the training set that it names tells of them."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.errors import CorruptArtifactError
from ml_assets.storage.artifact_store import ArtifactStore

TRAINING_SET = "training_set"


class Evaluated(NamedTuple):
    """A stored evaluation, and the store that it is in."""

    evaluation: Manifest
    store: ArtifactStore


def same_rows(first: Evaluated, second: Evaluated) -> bool:
    """Whether two evaluations were measured on the same rows; not so where nothing tells that they were.

    StoreError where a store cannot be read.
    """
    used = [side.evaluation.input_of(TRAINING_SET) for side in (first, second)]
    if used[0] and used[1] and used[0].sha256 == used[1].sha256:
        return True
    tables = [training_set_of(side.evaluation, side.store) for side in (first, second)]
    holdouts = [_holdout(table) for table in tables if table is not None]
    return len(holdouts) == len(tables) and holdouts[0] == holdouts[1]


def training_set_of(manifest: Manifest, store: ArtifactStore) -> Manifest | None:
    """The manifest of the very training set that a manifest names, though another is under its key by now.

    None where it is lost or damaged. StoreError where the store cannot be read.
    """
    used = manifest.input_of(TRAINING_SET)
    if used is None:
        return None
    key = ArtifactKey(
        asset=TRAINING_SET,
        dataset=manifest.parameters["dataset"],
        as_of=manifest.as_of,
        run_id=used.run_id,
    )
    return next((found for found in _written(key, store) if found.sha256 == used.sha256), None)


def _written(key: ArtifactKey, store: ArtifactStore) -> Iterator[Manifest]:
    """What is there, and only then what was there before; a damaged manifest tells nothing."""
    with contextlib.suppress(CorruptArtifactError):
        if (found := store.find(key)) is not None:
            yield found
    with contextlib.suppress(CorruptArtifactError):
        yield from store.history(key)


def _holdout(training_set: Manifest) -> tuple[str, dict[dt.date, str]]:
    """What was to be foretold, and the fingerprint of each day of the holdout."""
    facts = training_set.facts
    first = dt.date.fromisoformat(facts["holdout_from"])
    days = {
        day: fingerprint
        for source in training_set.sources
        for day, fingerprint in source.fingerprints.items()
        if day >= first
    }
    return facts["contract"]["label"], days
