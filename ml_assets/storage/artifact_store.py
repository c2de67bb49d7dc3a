"""The artifact store: commits that are whole or absent, and files that are checked on every read.

A commit writes, in this order: data files named after their content, the manifest under `history/`, and
`manifest.json`. Only the last makes the artifact visible, and each file appears whole or not at all, so a
reader sees the old artifact or the new one, however the writer ended.
"""

import datetime as dt
import hashlib
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rfc8785

from ml_assets.core.artifact import ArtifactKey, encode, parse_path
from ml_assets.core.catalog import CATALOG
from ml_assets.core.manifest import Manifest, StoredFile
from ml_assets.core.run_id import hash_identity
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, StoreError
from ml_assets.storage.formats import FORMATS
from ml_assets.storage.object_store import local_path, open_store, store_errors

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

MANIFEST = "manifest.json"
HISTORY = "history"

_RUN_ID = re.compile(r"^[0-9a-f]{12}$")


def stored_file(name: str, data: bytes, extension: str) -> StoredFile:
    """Describe `data`: its size, its digest, and the content-addressed name it gets on disk."""
    digest = hashlib.sha256(data).hexdigest()
    return StoredFile(name=name, file=f"data-{digest[:16]}.{extension}", bytes=len(data), sha256=digest)


@dataclass(frozen=True)
class ArtifactStore:
    """All artifacts under one root. Holds no connection, so it can be sent to another process.

    Attributes:
        root: a local path, or a URI that `open_store` knows.
    """

    root: str

    def find(self, key: ArtifactKey) -> Manifest | None:
        """The committed manifest, or None. Raises CorruptArtifactError where it is not what was committed."""
        uri = self.uri(key, MANIFEST)
        with store_errors(uri):
            store = open_store(self.root)
            body = _get(store, f"{key.path}/{MANIFEST}")
        if body is None:
            return None
        manifest = _parse(key, body, uri)
        with store_errors(uri):
            # The digest of a manifest stands in the name of its history entry, which is written first.
            is_whole = _exists(store, f"{key.path}/{_history_name(manifest, body)}")
        if not is_whole:
            raise _corrupt(key, uri, "its bytes are not those that were committed")
        return manifest

    def manifest(self, key: ArtifactKey) -> Manifest:
        """The committed manifest. Raises ArtifactNotFoundError where nothing is committed."""
        manifest = self.find(key)
        if manifest is None:
            raise ArtifactNotFoundError(
                f"No {key.asset} for dataset={key.dataset} as_of={key.as_of} run={key.run_id} "
                f"in {self.root}. Train it: {_command(key)}"
            )
        return manifest

    def commit(self, key: ArtifactKey, manifest: Manifest, files: Mapping[str, bytes]) -> Manifest:
        """Make `manifest` with its files the artifact of `key`; `files` is StoredFile.file -> bytes.

        Raises StoreError, with nothing written, where files and manifest do not fit each other or the key.
        Raises StoreError, with the artifact as it was, where the store cannot be written.
        """
        body = _encode(key, manifest, files)
        with store_errors(self.uri(key)):
            store = open_store(self.root, create=True)
            for file in dict.fromkeys(stored.file for stored in manifest.files):
                store.put(f"{key.path}/{file}", files[file])  # even if it is there: this heals a rotten file
            _put_new(store, f"{key.path}/{_history_name(manifest, body)}", body)
            store.put(f"{key.path}/{MANIFEST}", body)
        return manifest

    def read_file(self, key: ArtifactKey, stored: StoredFile) -> bytes:
        """The bytes of one file. Raises CorruptArtifactError where they are not those of the manifest."""
        uri = self.uri(key, stored.file)
        with store_errors(uri):
            data = _get(open_store(self.root), f"{key.path}/{stored.file}")
        if data is None:
            raise _corrupt(key, uri, "the file is missing")
        problem = _difference(stored, data)
        if problem:
            raise _corrupt(key, uri, problem)
        return data

    def load(self, key: ArtifactKey) -> Any:
        """The artifact's value, decoded. Raises ArtifactNotFoundError and CorruptArtifactError."""
        stored = self.manifest(key).main
        kind = CATALOG.get(key.asset)
        format_ = kind.format if kind else stored.file.rpartition(".")[2]
        uri = self.uri(key, stored.file)
        if format_ not in FORMATS:
            raise StoreError(f"Cannot load {uri}: no format {format_}. Known: {', '.join(FORMATS)}.")
        data = self.read_file(key, stored)
        try:
            return FORMATS[format_].decode(data)
        except CorruptArtifactError as error:
            raise CorruptArtifactError(f"{uri}: {error}") from error

    def keys(self, asset: str | None = None) -> Iterator[ArtifactKey]:
        """The key of every committed artifact, of one asset or of all, by path. Foreign files are ignored."""
        return _parsed(self._folders(asset))

    def find_run(self, run_id: str) -> list[ArtifactKey]:
        """The committed artifacts whose run_id this is, by path."""
        return list(_parsed(folder for folder in self._folders(None) if folder.endswith(f"/run={run_id}")))

    def history(self, key: ArtifactKey) -> list[Manifest]:
        """Every manifest that was written for the key, oldest first; the committed one is among them.

        A writer that was stopped before its commit leaves its manifest here too.
        """
        folder = f"{key.path}/{HISTORY}"
        with store_errors(self.uri(key, HISTORY)):
            store = open_store(self.root)
            paths = sorted(meta["path"] for page in store.list(folder) for meta in page)
        return [self._earlier(key, store, path) for path in paths if path.endswith(".json")]

    def verify(self, key: ArtifactKey) -> Manifest:
        """Read and check the manifest and every file. Raises like `manifest` and `read_file`."""
        manifest = self.manifest(key)
        for stored in manifest.files:
            self.read_file(key, stored)
        return manifest

    def uri(self, key: ArtifactKey, file: str = "") -> str:
        """Where the artifact, or one of its files, is: an absolute path on a local disk, a URI elsewhere."""
        folder = local_path(self.root)
        base = self.root.rstrip("/") if folder is None else str(folder)
        return "/".join(part for part in (base, key.path, file) if part)

    def _folders(self, asset: str | None) -> Iterable[str]:
        """The folders, relative to the root, that hold a manifest; among them may be foreign ones."""
        root = local_path(self.root)
        with store_errors(self.root if root is None else str(root)):
            if root is None:
                return _listed_folders(open_store(self.root), asset)
            return _walked_folders(root, asset)

    def _earlier(self, key: ArtifactKey, store: "ObjectStore", path: str) -> Manifest:
        uri = self.uri(key, path.removeprefix(f"{key.path}/"))
        with store_errors(uri):
            body = _get(store, path)
        if body is None:
            raise _corrupt(key, uri, "the file is missing")
        manifest = _parse(key, body, uri)
        if not path.endswith(_history_name(manifest, body)):
            raise _corrupt(key, uri, "its bytes are not those that were committed")
        return manifest


def _parsed(folders: Iterable[str]) -> Iterator[ArtifactKey]:
    """The keys of those folders that are an artifact's, by path."""
    for folder in sorted(folders):
        key = parse_path(folder)
        if key is not None and _RUN_ID.match(key.run_id):
            yield key


def _get(store: "ObjectStore", path: str) -> bytes | None:
    from obstore.exceptions import NotFoundError

    try:
        return bytes(store.get(path).bytes())
    except (FileNotFoundError, NotFoundError):
        return None


def _exists(store: "ObjectStore", path: str) -> bool:
    from obstore.exceptions import NotFoundError

    try:
        store.head(path)
    except (FileNotFoundError, NotFoundError):
        return False
    return True


def _put_new(store: "ObjectStore", path: str, body: bytes) -> None:
    """Put unless it is there: the name holds the digest, so what is there is the same."""
    from obstore.exceptions import AlreadyExistsError

    try:
        store.put(path, body, mode="create")
    except AlreadyExistsError:
        return


def _encode(key: ArtifactKey, manifest: Manifest, files: Mapping[str, bytes]) -> bytes:
    """The manifest's canonical JSON, once all of the commit was found to fit together."""
    problem = _mismatch(key, manifest) or _unfit(manifest, files)
    if problem:
        raise StoreError(f"Cannot commit {key.path}: {problem}. Nothing was written.")
    try:
        return rfc8785.dumps(manifest.model_dump(mode="json"))
    except ValueError as error:
        raise StoreError(f"Cannot commit {key.path}: its manifest: {error}. Nothing was written.") from error


def _unfit(manifest: Manifest, files: Mapping[str, bytes]) -> str:
    """What is wrong with the files of a commit, or nothing."""
    if {stored.file for stored in manifest.files} != set(files):
        return "the files given are not those of the manifest"
    for stored in manifest.files:
        problem = _difference(stored, files[stored.file])
        if problem or not stored.file.startswith(f"data-{stored.sha256[:16]}."):
            return f"{stored.name}: {problem or 'the file is not named after its SHA-256'}"
    return ""


def _difference(stored: StoredFile, data: bytes) -> str:
    """How `data` differs from what the manifest says of it, or nothing."""
    if len(data) != stored.bytes:
        return f"it has {len(data)} bytes, the manifest says {stored.bytes}"
    if hashlib.sha256(data).hexdigest() != stored.sha256:
        return "its SHA-256 is not the one in the manifest"
    return ""


def _parse(key: ArtifactKey, body: bytes, uri: str) -> Manifest:
    """A manifest that is valid and belongs to `key`; CorruptArtifactError otherwise."""
    try:
        manifest = Manifest.model_validate_json(body)
    except ValueError:
        raise _corrupt(key, uri, "it is not a valid manifest") from None
    problem = _mismatch(key, manifest)
    if problem:
        raise _corrupt(key, uri, problem)
    return manifest


def _mismatch(key: ArtifactKey, manifest: Manifest) -> str:
    """Why the manifest is not one of `key`, or nothing."""
    stated = (manifest.asset, manifest.as_of, manifest.run_id)
    if stated != (key.asset, key.as_of, key.run_id):
        return "the manifest states another asset, as_of or run_id"
    for name, value in {"dataset": key.dataset, "model_version": key.model_version}.items():
        if manifest.parameters.get(name, value) != value:
            return f"the manifest states another {name}"
    try:
        hashed = hash_identity(manifest.parameters, manifest.as_of)
    except ValueError:
        hashed = ""
    return "" if hashed == key.run_id else "the manifest's parameters are not those of its run_id"


def _history_name(manifest: Manifest, body: bytes) -> str:
    """`history/20251201T101530123456Z-<12 hex of the manifest's SHA-256>.json`."""
    moment = manifest.created_at.astimezone(dt.timezone.utc).strftime("%Y%m%dT%H%M%S%fZ")
    return f"{HISTORY}/{moment}-{hashlib.sha256(body).hexdigest()[:12]}.json"


def _corrupt(key: ArtifactKey, uri: str, problem: str) -> CorruptArtifactError:
    return CorruptArtifactError(
        f"{uri} is corrupt: {problem}. It was not loaded. "
        f"Remove {MANIFEST} from its folder and train it again: {_command(key)}"
    )


def _command(key: ArtifactKey) -> str:
    return f"ml-assets run --dataset {shlex.quote(key.dataset)} --as-of {key.as_of}"


def _listed_folders(store: "ObjectStore", asset: str | None) -> list[str]:
    """By listing every object: a thousand a request, where a walk would ask once for each artifact."""
    pages = store.list(encode(asset) if asset else None)
    paths = (meta["path"] for page in pages for meta in page)
    return [path.removesuffix(f"/{MANIFEST}") for path in paths if path.endswith(f"/{MANIFEST}")]


def _walked_folders(root: Path, asset: str | None) -> list[str]:
    """By walking only the folders that may lead to an artifact: data files and history are never looked at."""
    assets = [encode(asset)] if asset else _children(root, "", "")
    versions = [child for folder in assets for child in _children(root, folder, "model_version=")]
    folders = [*assets, *versions]
    for start in ("dataset=", "as_of=", "run="):
        folders = [child for folder in folders for child in _children(root, folder, start)]
    return [folder for folder in folders if os.path.isfile(f"{root}/{folder}/{MANIFEST}")]  # noqa: PTH113


def _children(root: Path, folder: str, start: str) -> list[str]:
    """The folders in `folder` whose names start with `start`; none where it does not exist."""
    try:
        with os.scandir(f"{root}/{folder}") as entries:
            names = [entry.name for entry in entries if entry.name.startswith(start) and entry.is_dir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [f"{folder}/{name}".lstrip("/") for name in names]
