"""The scores that an evaluation keeps of its holdout, read back."""

from typing import TYPE_CHECKING

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.errors import CorruptArtifactError
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.formats import FORMATS

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    import polars as pl


def stored_scores(key: ArtifactKey, manifest: Manifest, store: ArtifactStore) -> "pl.DataFrame | None":
    """The rows of an evaluation's holdout with `score` and `outcome`, as `core.scores.scored_rows` gives them.

    Args:
        key: of the evaluation.
        manifest: the one that was committed; an earlier one of its history does as well.
        store: where it is.

    Returns:
        None where the evaluation is of a version of this project that kept no scores.

    Raises:
        CorruptArtifactError: the bytes are missing, or not those of the manifest.
        StoreError: the store cannot be read.
    """
    from ml_assets.core.scores import SCORES

    return attached_table(SCORES, key, manifest, store)


def attached_table(
    name: str, key: ArtifactKey, manifest: Manifest, store: ArtifactStore
) -> "pl.DataFrame | None":
    """A table beside the value of an artifact, or None where it has none of this name; raises like `stored_scores`."""
    stored = next((file for file in manifest.files if file.name == name), None)
    if stored is None:
        return None
    data = store.read_file(key, stored)
    try:
        table: pl.DataFrame = FORMATS["parquet"].decode(data)
    except CorruptArtifactError as error:
        raise CorruptArtifactError(f"{store.uri(key, stored.file)}: {error}") from error
    return table


def scores_of(evaluation: Manifest, store: ArtifactStore, *, pipeline: Declared) -> "pl.DataFrame | None":
    """`stored_scores` of an evaluation, by its manifest alone."""
    key = pipeline.key_of_identity(evaluation.asset, evaluation.parameters, evaluation.as_of)
    return stored_scores(key, evaluation, store)


def keeps_scores(evaluation: Manifest) -> bool:
    """Whether it has any: those of an earlier version have none."""
    from ml_assets.core.scores import SCORES

    return any(file.name == SCORES for file in evaluation.files)
