"""On which rows an evaluation was measured: what the manifest of the training set that it names tells of them."""

import contextlib
from collections.abc import Iterator

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipelines.tabular.pipeline import tabular
from ml_assets.storage.artifact_store import ArtifactStore

TRAINING_SET = "training_set"


def training_set_of(manifest: Manifest, store: ArtifactStore) -> Manifest | None:
    """The manifest of the very training set that a manifest names, though another is under its key by now.

    None where it is lost or damaged. StoreError where the store cannot be read.
    """
    used = manifest.input_of(TRAINING_SET)
    if used is None:
        return None
    made = tabular.key_of_identity(manifest.asset, manifest.parameters, manifest.as_of)
    key = made.beside(TRAINING_SET, run_id=used.run_id, names=tabular.slice(TRAINING_SET).model_fields)
    return next((found for found in _written(key, store) if found.sha256 == used.sha256), None)


def _written(key: ArtifactKey, store: ArtifactStore) -> Iterator[Manifest]:
    """What is there, and only then what was there before; a damaged manifest tells nothing."""
    with contextlib.suppress(CorruptArtifactError):
        if (found := store.find(key)) is not None:
            yield found
    with contextlib.suppress(CorruptArtifactError):
        yield from store.history(key)
