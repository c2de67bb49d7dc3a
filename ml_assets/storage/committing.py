"""Making an artifact visible: data files, then the history, then the manifest, or nothing at all.

A commit writes, in this order: data files named after their content, the manifest under `history/`, and
`manifest.json`. Only the last makes the artifact visible, and each file appears whole or not at all, so a
reader sees the old artifact or the new one, however the writer ended. On a disk each file is synced with its
folder before the next one is begun, so that this holds after a power cut too.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import rfc8785

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest, StoredFile
from ml_assets.errors import StoreError
from ml_assets.storage.integrity import MANIFEST, difference, history_name, mismatch
from ml_assets.storage.putting import put, put_once
from ml_assets.storage.reading import exists

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore


def stored_file(name: str, data: bytes, extension: str) -> StoredFile:
    """Describe `data`: its size, its digest, and the content-addressed name it gets on disk."""
    digest = hashlib.sha256(data).hexdigest()
    return StoredFile(name=name, file=f"data-{digest[:16]}.{extension}", bytes=len(data), sha256=digest)


def encode_commit(key: ArtifactKey, manifest: Manifest, files: Mapping[str, bytes]) -> bytes:
    """The manifest's canonical JSON, once all of the commit was found to fit together; StoreError otherwise."""
    problem = mismatch(key, manifest) or _unfit(manifest, files)
    if problem:
        raise StoreError(f"Cannot commit {key.path}: {problem}. Nothing was written.")
    try:
        return rfc8785.dumps(manifest.model_dump(mode="json"))
    except ValueError as error:
        raise StoreError(f"Cannot commit {key.path}: its manifest: {error}. Nothing was written.") from error


def write_commit(
    store: "ObjectStore", key: ArtifactKey, manifest: Manifest, body: bytes, files: Mapping[str, bytes]
) -> None:
    """Write what `encode_commit` found sound; `body` is what it returned."""
    for file in dict.fromkeys(stored.file for stored in manifest.files):
        put(store, f"{key.path}/{file}", files[file])  # even if it is there: this heals a rotten file
    put_new(store, f"{key.path}/{history_name(manifest.created_at, body)}", body)
    put(store, f"{key.path}/{MANIFEST}", body)


def _unfit(manifest: Manifest, files: Mapping[str, bytes]) -> str:
    """What is wrong with the files of a commit, or nothing."""
    if {stored.file for stored in manifest.files} != set(files):
        return "the files given are not those of the manifest"
    for stored in manifest.files:
        problem = difference(stored, files[stored.file])
        if problem or not stored.file.startswith(f"data-{stored.sha256[:16]}."):
            return f"{stored.name}: {problem or 'the file is not named after its SHA-256'}"
    return ""


def put_new(store: "ObjectStore", path: str, body: bytes) -> None:
    """Put unless it is there: the name holds the digest, so what is there is the same.

    When the answer to a put is lost, the next one finds what the first has put. While somebody else puts the same,
    S3 refuses as if it were there, and then it may not come to be.
    """
    from obstore.exceptions import AlreadyExistsError

    try:
        put_once(store, path, body)
    except AlreadyExistsError:
        if not exists(store, path):
            put(store, path, body)
