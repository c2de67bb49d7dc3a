"""The scores that an evaluation keeps of its holdout, read back."""

import polars as pl

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.scores import SCORES
from ml_assets.errors import CorruptArtifactError
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.formats import FORMATS


def stored_scores(key: ArtifactKey, manifest: Manifest, store: ArtifactStore) -> pl.DataFrame | None:
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
    stored = next((file for file in manifest.files if file.name == SCORES), None)
    if stored is None:
        return None
    data = store.read_file(key, stored)
    try:
        table: pl.DataFrame = FORMATS["parquet"].decode(data)
    except CorruptArtifactError as error:
        raise CorruptArtifactError(f"{store.uri(key, stored.file)}: {error}") from error
    return table
