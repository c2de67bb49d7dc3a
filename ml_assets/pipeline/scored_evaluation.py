"""The scores of an evaluation, by its manifest alone."""

from typing import TYPE_CHECKING

from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.storage.artifact_store import ArtifactStore

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    from polars import DataFrame


def scores_of(evaluation: Manifest, store: ArtifactStore, *, pipeline: Declared) -> "DataFrame | None":
    """What `pipeline.scores.stored_scores` reads of it: None where it keeps no scores.

    CorruptArtifactError where the bytes are wrong, StoreError where the store cannot be read.
    """
    from ml_assets.pipeline.scores import stored_scores

    key = pipeline.key_of_identity(evaluation.asset, evaluation.parameters, evaluation.as_of)
    return stored_scores(key, evaluation, store)


def keeps_scores(evaluation: Manifest) -> bool:
    """Whether it has any: those of an earlier version have none."""
    from ml_assets.core.scores import SCORES

    return any(file.name == SCORES for file in evaluation.files)
