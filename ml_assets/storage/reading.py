"""Reading one artifact's files from any store, each checked against what was committed."""

from typing import TYPE_CHECKING

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.storage.again import again, list_all
from ml_assets.storage.explain import is_missing_bucket
from ml_assets.storage.integrity import (
    HISTORY,
    MANIFEST,
    OTHER_BYTES,
    corrupt,
    corrupt_history,
    history_name,
    manifest_of,
    parse_manifest,
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
        return again(lambda: bytes(store.get(path).bytes()))
    except (FileNotFoundError, NotFoundError) as error:
        if is_missing_bucket(error):
            raise
        return None


def exists(store: "ObjectStore", path: str) -> bool:
    """Whether anything is at `path`."""
    from obstore.exceptions import NotFoundError

    try:
        store.head(path)
    except (FileNotFoundError, NotFoundError):
        return False
    return True


def committed_manifest(store: "ObjectStore", key: ArtifactKey, uri: str) -> Manifest | None:
    """The manifest of `key`, found at `uri`, or None. Raises CorruptArtifactError."""
    with store_errors(uri):
        body = get(store, f"{key.path}/{MANIFEST}")
    if body is None:
        return None
    manifest = parse_manifest(key, body, uri)
    with store_errors(uri):
        # The digest of a manifest stands in the name of its history entry, which is written first.
        is_whole = exists(store, f"{key.path}/{history_name(manifest.created_at, body)}")
    if not is_whole:
        raise corrupt(key, uri, OTHER_BYTES)
    return manifest


def history_paths(store: "ObjectStore", key: ArtifactKey) -> list[str]:
    """The paths of every manifest that was written for the key, oldest first."""
    found = sorted(meta["path"] for meta in list_all(store, f"{key.path}/{HISTORY}"))
    return [path for path in found if path.endswith(".json")]


def earlier_manifest(store: "ObjectStore", key: ArtifactKey, path: str, uri: str) -> Manifest:
    """One manifest of the key's history, found at `uri`. Raises CorruptArtifactError."""
    with store_errors(uri):
        body = get(store, path)
        if body is None:
            raise corrupt_history(uri, "the file is missing")
        manifest = manifest_of(key, body)
        if isinstance(manifest, str):
            raise corrupt_history(uri, manifest)
        if not path.endswith(history_name(manifest.created_at, body)):
            raise corrupt_history(uri, OTHER_BYTES)
    return manifest
