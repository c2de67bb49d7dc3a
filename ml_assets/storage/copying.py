"""One artifact from one store to another, byte for byte: each file is checked on its way, the manifest comes last."""

import hashlib

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.errors import StoreError
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.committing import put_new
from ml_assets.storage.integrity import MANIFEST, history_name, parse_manifest
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.reading import get


def copy_artifact(key: ArtifactKey, *, source: ArtifactStore, target: ArtifactStore) -> str:
    """Make the artifact of `key` in `source` that of `target`; the SHA-256 of the manifest that `target` has then.

    What is there already, of the same content, is checked and left as it is. A reader of `target` sees the artifact
    whole or not at all, however this ends.

    Raises:
        ArtifactNotFoundError: `source` has no such artifact.
        CorruptArtifactError: a byte is not the one that was committed, in either store.
        StoreError: `target` holds another artifact under this key, or cannot be written.
    """
    manifest = source.manifest(key)
    there = target.find(key)
    if there is None:
        _copy(key, manifest, source=source, target=target)
    elif content(there) != content(manifest):
        raise StoreError(
            f"{target.uri(key)}: holds another {key.asset} under this run_id. Nothing was overwritten. Promote to the "
            "other slot, or remove it if nothing has served with it."
        )
    target.verify(key)
    return manifest_digest(key, target)


def content(manifest: Manifest) -> tuple[object, ...]:
    """What makes two artifacts the same: their bytes, and what they were made of and by."""
    return manifest.files, manifest.parameters, manifest.artifacts, manifest.code_version, manifest.packages


def manifest_digest(key: ArtifactKey, store: ArtifactStore) -> str:
    """The SHA-256 of the stored manifest."""
    return hashlib.sha256(_manifest_body(key, store)).hexdigest()


def _copy(key: ArtifactKey, manifest: Manifest, *, source: ArtifactStore, target: ArtifactStore) -> None:
    body = _manifest_body(key, source)
    if parse_manifest(key, body, source.uri(key, MANIFEST)) != manifest:
        raise StoreError(f"{source.uri(key)}: was made again in this moment. Nothing was copied; try again.")
    with store_errors(target.uri(key)):
        store = open_store(target.root, create=True, access=target.access)
        for stored in manifest.files:  # one after the other: of a large artifact only one file is held
            store.put(f"{key.path}/{stored.file}", source.read_file(key, stored))
        put_new(store, f"{key.path}/{history_name(manifest.created_at, body)}", body)
        store.put(f"{key.path}/{MANIFEST}", body)


def _manifest_body(key: ArtifactKey, store: ArtifactStore) -> bytes:
    uri = store.uri(key, MANIFEST)
    with store_errors(uri):
        body = get(open_store(store.root, access=store.access), f"{key.path}/{MANIFEST}")
    if body is None:
        raise StoreError(f"{uri}: is gone. Somebody removed it in this moment; try again.")
    return body
