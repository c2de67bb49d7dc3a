"""What an artifact was made of, as the store still has it: the very bytes, or nothing."""

import contextlib
from collections.abc import Iterator

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputArtifact, Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.errors import CorruptArtifactError
from ml_assets.storage.artifact_store import ArtifactStore


def takes_rows(asset: str, *, pipeline: Declared) -> bool:
    """Whether an asset is made of rows, whose fingerprints its manifest tells."""
    return asset in pipeline.assets and "rows" in pipeline.assets[asset].takes.values()


def used_input(
    item: InputArtifact, manifest: Manifest, store: ArtifactStore, *, pipeline: Declared
) -> Manifest | None:
    """The manifest of the very input that a manifest names, though another is under its key by now.

    None where it is lost or damaged. StoreError where the store cannot be read.
    """
    made = pipeline.key_of_identity(manifest.asset, manifest.parameters, manifest.as_of)
    names = pipeline.slice(item.asset).model_fields
    key = made.beside(item.asset, run_id=item.run_id, names=names, path=item.path)
    return next((found for found in _written(key, store) if found.sha256 == item.sha256), None)


def _written(key: ArtifactKey, store: ArtifactStore) -> Iterator[Manifest]:
    """What is there, and only then what was there before; a damaged manifest tells nothing."""
    with contextlib.suppress(CorruptArtifactError):
        if (found := store.find(key)) is not None:
            yield found
    with contextlib.suppress(CorruptArtifactError):
        yield from store.history(key)
