"""One artifact from one store to another, byte for byte: each file is checked on its way, the manifest comes last."""

import hashlib
from typing import TYPE_CHECKING

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import PYTHON, Manifest
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.committing import put_new
from ml_assets.storage.integrity import MANIFEST, history_name, parse_manifest
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.putting import put
from ml_assets.storage.reading import get

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore


def copy_artifact(
    key: ArtifactKey, manifest: Manifest, *, source: ArtifactStore, target: ArtifactStore
) -> str:
    """Make an artifact of `source` that of `target`; the SHA-256 of the manifest that `target` has then.

    What is there already, of the same content, is checked and left as it is; a file of it that was damaged is written
    again. A reader of `target` sees the artifact whole or not at all, however this ends.

    Args:
        key: where it is kept, in either store.
        manifest: the one that was judged; nothing else is copied.
        source: where it is.
        target: where it is to be.

    Raises:
        CorruptArtifactError: a byte is not the one that was committed, in either store.
        StoreError: `target` holds another artifact under this key or cannot be written, or `source` holds another
            one now.
    """
    if is_there(key, manifest, target=target):
        _mend(key, manifest, source=source, target=target)
    else:
        _copy(key, manifest, source=source, target=target)
        target.verify(key)
    return manifest_digest(key, target)


def is_there(key: ArtifactKey, manifest: Manifest, *, target: ArtifactStore) -> bool:
    """Whether `target` has this artifact already, by its manifest.

    Raises:
        CorruptArtifactError: the manifest there is damaged.
        StoreError: it has another one under this key.
    """
    try:
        there = target.find(key)
    except CorruptArtifactError:
        raise CorruptArtifactError(
            f"{target.uri(key, MANIFEST)} is corrupt. Nothing was overwritten. Remove it, then promote again."
        ) from None
    if there is not None and content(there) != content(manifest):
        raise StoreError(
            f"{target.uri(key)}: holds another {key.asset} under this run_id. Nothing was overwritten. Promote to the "
            "other slot, or remove it if nothing has served with it."
        )
    return there is not None


def content(manifest: Manifest) -> tuple[object, ...]:
    """What makes two artifacts the same: their bytes, and what they were made of and by.

    Python's version is told in a manifest, but does not decide.
    """
    packages = {name: version for name, version in manifest.packages.items() if name != PYTHON}
    return manifest.files, manifest.parameters, manifest.artifacts, manifest.code_version, packages


def manifest_digest(key: ArtifactKey, store: ArtifactStore) -> str:
    """The SHA-256 of the stored manifest."""
    return hashlib.sha256(_manifest_body(key, store)).hexdigest()


def _mend(key: ArtifactKey, manifest: Manifest, *, source: ArtifactStore, target: ArtifactStore) -> None:
    """Check every file that is there; where one is damaged, write all of them again."""
    try:
        target.verify(key)
    except CorruptArtifactError:
        with store_errors(target.uri(key)):
            _put_files(open_store(target.root, access=target.access), key, manifest, source)
        target.verify(key)


def _copy(key: ArtifactKey, manifest: Manifest, *, source: ArtifactStore, target: ArtifactStore) -> None:
    body = _manifest_body(key, source)
    if parse_manifest(key, body, source.uri(key, MANIFEST)) != manifest:
        raise StoreError(
            f"{source.uri(key)}: was made again while it was promoted. Nothing of it was copied. Promote it again."
        )
    with store_errors(target.uri(key)):
        store = open_store(target.root, create=True, access=target.access)
        _put_files(store, key, manifest, source)
        put_new(store, f"{key.path}/{history_name(manifest.created_at, body)}", body)
        put(store, f"{key.path}/{MANIFEST}", body)


def _put_files(store: "ObjectStore", key: ArtifactKey, manifest: Manifest, source: ArtifactStore) -> None:
    """One after the other: of a large artifact only one file is held."""
    for stored in manifest.files:
        put(store, f"{key.path}/{stored.file}", source.read_file(key, stored))


def _manifest_body(key: ArtifactKey, store: ArtifactStore) -> bytes:
    uri = store.uri(key, MANIFEST)
    with store_errors(uri):
        body = get(open_store(store.root, access=store.access), f"{key.path}/{MANIFEST}")
    if body is None:
        raise StoreError(f"{uri}: is gone. Somebody removed it in this moment; try again.")
    return body
