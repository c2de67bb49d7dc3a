"""A run as the store has it now, to be logged: no other source has a say in what a tracking store shows."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.tracked_run import CARD, EVALUATION, StoredArtifact, TrackedRun, belongs, tracked_run
from ml_assets.storage.artifact_store import ArtifactStore


def stored_run(
    key: ArtifactKey,
    store: ArtifactStore,
    *,
    pipeline: Declared,
    environment: str,
    known: Mapping[str, Manifest] = MappingProxyType({}),
) -> TrackedRun | None:
    """The record of one run, or None where the store has no evaluation of it.

    Args:
        key: of the run's model, evaluation or card.
        store: where it is kept.
        pipeline: whose run it is.
        environment: the name of that place.
        known: manifests by path that are known to be committed, and need not be read again.

    Raises:
        CorruptArtifactError: one of its manifests, or its card, is damaged.
        StoreError: the store cannot be read.
    """

    def find(wanted: ArtifactKey) -> Manifest | None:
        return known[wanted.path] if wanted.path in known else store.find(wanted)

    evaluation = find(replace(key, asset=EVALUATION))
    if evaluation is None:
        return None
    found = {EVALUATION: StoredArtifact(manifest=evaluation, uri=store.uri(replace(key, asset=EVALUATION)))}
    for other in [*_inputs(key, evaluation, pipeline), replace(key, asset=CARD)]:
        manifest = find(other)
        if manifest is not None and belongs(manifest, evaluation):
            found[other.asset] = StoredArtifact(manifest=manifest, uri=store.uri(other))
    return tracked_run(found, environment=environment, card=_card(key, found, store))


def _inputs(key: ArtifactKey, evaluation: Manifest, pipeline: Declared) -> list[ArtifactKey]:
    """The keys of what the evaluation was made from."""
    return [
        key.beside(
            item.asset,
            run_id=item.run_id,
            names=pipeline.slice(item.asset).model_fields,
            path=item.path,
        )
        for item in evaluation.artifacts
    ]


def _card(key: ArtifactKey, found: Mapping[str, StoredArtifact], store: ArtifactStore) -> str:
    if CARD not in found:
        return ""
    return store.read_file(replace(key, asset=CARD), found[CARD].manifest.main).decode()
