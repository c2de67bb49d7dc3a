"""A run as the store has it now, to be logged: no other source has a say in what a tracking store shows."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.tracked_run import (
    StoredArtifact,
    TrackedRun,
    assets_of_a_run,
    belonging,
    measured_asset,
    text_of,
    tracked_run,
)
from ml_assets.storage.artifact_store import ArtifactStore


def stored_run(
    key: ArtifactKey,
    store: ArtifactStore,
    *,
    pipeline: Declared,
    environment: str,
    known: Mapping[str, Manifest] = MappingProxyType({}),
) -> TrackedRun | None:
    """The record of one run, or None where the store has no artifact of it that is measured.

    Args:
        key: of an artifact that has the run_id of the run.
        store: where it is kept.
        pipeline: whose run it is.
        environment: the name of that place.
        known: manifests by path that are known to be committed, and need not be read again.

    Raises:
        CorruptArtifactError: one of its manifests, or the text that describes it, is damaged.
        StoreError: the store cannot be read.
    """

    def find(wanted: ArtifactKey) -> Manifest | None:
        return known[wanted.path] if wanted.path in known else store.find(wanted)

    name = measured_asset(pipeline)
    measured = find(replace(key, asset=name))
    if measured is None:
        return None
    keys = {asset: replace(key, asset=asset) for asset in assets_of_a_run(pipeline)}
    keys |= {item.asset: item for item in _inputs(key, measured, pipeline)}
    found = {
        asset: StoredArtifact(manifest=manifest, uri=store.uri(wanted))
        for asset, wanted in keys.items()
        if (manifest := measured if asset == name else find(wanted)) is not None
    }
    whole = belonging(found, pipeline)
    text = text_of(whole, pipeline)
    card = store.read_file(keys[text.manifest.asset], text.manifest.main).decode() if text else ""
    return tracked_run(whole, pipeline=pipeline, environment=environment, card=card)


def _inputs(key: ArtifactKey, measured: Manifest, pipeline: Declared) -> list[ArtifactKey]:
    """The keys of what the measured artifact was made of."""
    return [
        key.beside(
            item.asset,
            run_id=item.run_id,
            names=pipeline.slice(item.asset).model_fields,
            path=item.path,
        )
        for item in measured.artifacts
        if item.asset in pipeline.assets
    ]
