"""Reading one artifact's files from any store, each checked against what was committed."""

from typing import TYPE_CHECKING

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.storage.again import again, list_all
from ml_assets.storage.answers import confirmed, head, read_body
from ml_assets.storage.explain import is_missing_bucket
from ml_assets.storage.integrity import (
    HISTORY,
    MANIFEST,
    OTHER_BYTES,
    corrupt,
    corrupt_history,
    history_name,
    manifest_of,
)
from ml_assets.storage.looking import check_file
from ml_assets.storage.object_store import store_errors

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore


def get(store: "ObjectStore", path: str) -> bytes | None:
    """The bytes at `path`, or None where nothing is; where there is no bucket either, what the store raises."""
    from obstore.exceptions import NotFoundError

    check_file(store, path)
    try:
        return again(lambda: read_body(store, path))
    except (FileNotFoundError, NotFoundError) as error:
        if is_missing_bucket(error):
            raise
        return None


def exists(store: "ObjectStore", path: str) -> bool:
    """Whether anything is at `path`."""
    from obstore.exceptions import NotFoundError

    try:
        again(lambda: head(store, path))
    except (FileNotFoundError, NotFoundError):
        return False
    return True


def committed_manifest(store: "ObjectStore", key: ArtifactKey, uri: str) -> Manifest | None:
    """The manifest of `key`, found at `uri`, or None. Raises CorruptArtifactError."""
    path = f"{key.path}/{MANIFEST}"
    with store_errors(uri):
        found = _committed(store, key, get(store, path))
        if isinstance(found, str):
            found = _committed(store, key, confirmed(store, path))
    if isinstance(found, str):
        raise corrupt(key, uri, found)
    return found


def _committed(store: "ObjectStore", key: ArtifactKey, body: bytes | None) -> Manifest | str | None:
    """The manifest in these bytes, or why they are not what was committed.

    The digest of a manifest stands in the name of its history entry, which is written first.
    """
    if body is None:
        return None
    manifest = manifest_of(key, body)
    if isinstance(manifest, str):
        return manifest
    return manifest if exists(store, f"{key.path}/{history_name(manifest.created_at, body)}") else OTHER_BYTES


def history_paths(store: "ObjectStore", key: ArtifactKey) -> list[str]:
    """The paths of every manifest that was written for the key, oldest first."""
    found = sorted(meta["path"] for meta in list_all(store, f"{key.path}/{HISTORY}"))
    return [path for path in found if path.endswith(".json")]


def earlier_manifest(store: "ObjectStore", key: ArtifactKey, path: str, uri: str) -> Manifest:
    """One manifest of the key's history, found at `uri`. Raises CorruptArtifactError."""
    with store_errors(uri):
        found = _earlier(key, path, get(store, path))
        if isinstance(found, str):
            found = _earlier(key, path, confirmed(store, path))
    if isinstance(found, str):
        raise corrupt_history(uri, found)
    return found


def _earlier(key: ArtifactKey, path: str, body: bytes | None) -> Manifest | str:
    if body is None:
        return "the file is missing"
    manifest = manifest_of(key, body)
    if isinstance(manifest, str) or path.endswith(history_name(manifest.created_at, body)):
        return manifest
    return OTHER_BYTES
