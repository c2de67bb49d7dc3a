"""What is stored of an upstream asset, as one function gets it: no other function has this very value.

A function may change what it is given, and another would then see what no stored byte says. So bytes are kept rather
than values, and a table, of which a copy costs nothing.
"""

from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.asset import Asset
from ml_assets.core.manifest import Manifest
from ml_assets.errors import CorruptArtifactError
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.formats import read_back

TABLE = "parquet"  # the format of values of which a copy costs nothing


def load_value(
    name: str,
    key: ArtifactKey,
    manifest: Manifest,
    *,
    asset: Asset,
    store: ArtifactStore,
    loaded: dict[str, Any],
) -> Any:
    """The value of an artifact.

    Args:
        name: under which `loaded` keeps what was read.
        key: of the artifact.
        manifest: of the very one that is meant.
        asset: what it is, and so how it is read.
        store: where it is.
        loaded: what was read before.

    Raises:
        ArtifactNotFoundError, CorruptArtifactError: it is not there any more as it was committed.
    """
    uri, is_table = store.uri(key, manifest.main.file), asset.format == TABLE
    if name not in loaded:
        data = store.read_file(key, manifest.main)
        loaded[name] = _decoded(data, asset, uri) if is_table else data
    return loaded[name].clone() if is_table else _decoded(loaded[name], asset, uri)


def _decoded(data: bytes, asset: Asset, uri: str) -> Any:
    try:
        return read_back(asset.format, data, annotation=asset.returns)
    except CorruptArtifactError as error:
        raise CorruptArtifactError(f"{uri}: {error}") from error
