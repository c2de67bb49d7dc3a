"""The artifact store: commits that are whole or absent, and files that are checked on every read.

`committing` writes, `reading` reads one artifact, `folders` and `listing` read many; `integrity` holds the checks.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest, StoredFile
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.core.where import ANY, Condition, Filter
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError, StoreError
from ml_assets.storage.committing import encode_commit, stored_file, write_commit
from ml_assets.storage.folders import DayFolder, walked_days
from ml_assets.storage.formats import FORMATS, by_extension, read_back
from ml_assets.storage.index import NO_INDEX, Index
from ml_assets.storage.integrity import (
    HISTORY,
    MANIFEST,
    corrupt,
    difference,
    how_to_make,
    refuse_other_identity,
)
from ml_assets.storage.listed_days import AT_ONCE, listed_days, submit
from ml_assets.storage.listing import Entry, Reader, disk_reader, each_entry, entries, object_reader
from ml_assets.storage.object_store import local_path, open_store, store_errors
from ml_assets.storage.reading import committed_manifest, earlier_manifest, history_paths

__all__ = ["HISTORY", "MANIFEST", "ArtifactStore", "DayFolder", "Entry", "stored_file"]


@dataclass(frozen=True)
class ArtifactStore:
    """All artifacts under one root. Holds no connection, so it can be sent to another process.

    Attributes:
        root: a local path, or a URI that `open_store` knows.
        access: how S3 is reached, where the root is there.
    """

    root: str
    access: S3Access = USUAL_S3

    def find(self, key: ArtifactKey) -> Manifest | None:
        """The committed manifest, or None.

        Raises:
            CorruptArtifactError: it is not what was committed.
            SharedRunIdError: the key says of which parameters it is, and what is there is of others.
        """
        uri = self.uri(key, MANIFEST)
        with store_errors(uri):
            store = open_store(self.root, access=self.access)
        manifest = committed_manifest(store, key, uri)
        if manifest is not None:
            refuse_other_identity(key, manifest, uri)
        return manifest

    def manifest(self, key: ArtifactKey) -> Manifest:
        """The committed manifest. Raises ArtifactNotFoundError where nothing is committed."""
        manifest = self.find(key)
        if manifest is None:
            remedy = how_to_make(key)
            raise ArtifactNotFoundError(
                f"No {key.asset} for {key.summary} in {self.root}. {remedy[:1].upper()}{remedy[1:]}"
            )
        return manifest

    def commit(self, key: ArtifactKey, manifest: Manifest, files: Mapping[str, bytes]) -> Manifest:
        """Make `manifest` with its files the artifact of `key`; `files` is StoredFile.file -> bytes.

        Raises StoreError, with nothing written, where files and manifest do not fit each other or the key.
        Raises StoreError, with the artifact as it was, where the store cannot be written, and SharedRunIdError where
        it is of other parameters that have the same run_id.
        """
        body = encode_commit(key, manifest, files)
        with store_errors(self.uri(key)):
            store = open_store(self.root, create=True, access=self.access)
            with contextlib.suppress(CorruptArtifactError):  # a commit heals what is damaged
                self.find(replace(key, identity=manifest.parameters))
            write_commit(store, key, manifest, body, files)
        return manifest

    def read_file(self, key: ArtifactKey, stored: StoredFile) -> bytes:
        """The bytes of one file. Raises CorruptArtifactError where they are not those of the manifest."""
        uri = self.uri(key, stored.file)
        path = f"{key.path}/{stored.file}"
        with store_errors(uri):
            reader = self._reader()
            data = reader.read(path)
            problem = difference(stored, data)
            if problem:
                data = reader.confirmed(path)
                problem = difference(stored, data)
        if data is None or problem:
            raise corrupt(key, uri, problem)
        return data

    def load(self, key: ArtifactKey, manifest: Manifest | None = None, *, annotation: Any = Any) -> Any:
        """The artifact's value, decoded: that of a manifest which was read before, or of the one that is there.

        `annotation` is its type: a model of pydantic, or the path of a file, is loaded as such.
        Raises ArtifactNotFoundError and CorruptArtifactError.
        """
        stored = (manifest or self.manifest(key)).main
        extension = stored.file.rpartition(".")[2]
        format_ = by_extension().get(extension, extension)
        uri = self.uri(key, stored.file)
        if format_ not in FORMATS:
            raise StoreError(f"Cannot load {uri}: no format {format_}. Known: {', '.join(FORMATS)}.")
        data = self.read_file(key, stored)
        try:
            return read_back(format_, data, annotation=annotation)
        except CorruptArtifactError as error:
            raise CorruptArtifactError(f"{uri}: {error}") from error

    def keys(
        self, asset: str | None = None, where: Filter = ANY, *, folder: str = ""
    ) -> Iterator[ArtifactKey]:
        """The key of every committed artifact, of one asset or of all, by path. Foreign files are ignored.

        Args:
            asset: only this asset's.
            where: only those whose path it admits; its conditions on other names are not looked at.
            folder: that of the pipeline whose asset it is; where none is named, all are looked at.
        """
        days = self.day_folders(asset, where, folder=folder)
        root = local_path(self.root)
        if root is None:
            return (day.key(run_id) for day in days for run_id in day.run_ids)
        return (
            day.key(run_id)
            for day in days
            for run_id in day.run_ids
            if os.path.isfile(f"{root}/{day.path(run_id)}/{MANIFEST}")  # noqa: PTH113  # False too for a name that no disk can hold
        )

    def entries(
        self, asset: str | None = None, where: Filter = ANY, *, folder: str = ""
    ) -> Iterator[Entry | StoreError]:
        """What a list shows of every committed artifact that `where` admits, by path, as it is read.

        One that is damaged, or cannot be read, comes as the error that says so. Arguments are those of `keys`.
        """
        reader = self._reader()
        index, at_once = Index.of(reader.root), AT_ONCE if local_path(self.root) is None else 1
        days = self._days(asset, where, folder=folder, index=index)
        return entries(days, reader, where, index=index, at_once=at_once)

    def stored(self, keys: Iterable[ArtifactKey]) -> Iterator[ArtifactKey]:
        """Those of the keys under which something is committed, in their order; nothing of it is read."""
        root = local_path(self.root)
        if root is not None:
            yield from (key for key in keys if os.path.isfile(f"{root}/{key.path}/{MANIFEST}"))  # noqa: PTH113
            return
        reader, wanted = self._reader(), list(keys)
        with store_errors(self.root), ThreadPoolExecutor(AT_ONCE) as pool:
            found = [submit(pool, partial(reader.exists, f"{key.path}/{MANIFEST}")) for key in wanted]
            yield from (key for key, is_there in zip(wanted, found, strict=True) if is_there.result())

    def day_folders(
        self, asset: str | None = None, where: Filter = ANY, *, folder: str = ""
    ) -> Iterator[DayFolder]:
        """The same keys by day, for those who do not need each: on a disk, of folders that may hold no manifest yet.

        Arguments are those of `keys`.
        """
        return self._days(asset, where, folder=folder, index=NO_INDEX)

    def entries_of(self, keys: Iterable[ArtifactKey]) -> Iterator[Entry | StoreError | None]:
        """What a list shows of each of these, in their order: an error as in `entries`, None where nothing is committed."""
        at_once = AT_ONCE if local_path(self.root) is None else 1
        return each_entry(((key.path, key) for key in keys), self._reader(), at_once=at_once)

    def forget_index(self) -> None:
        """Delete what listings keep of manifests: the next one reads each of them."""
        Index.of(self._reader().root).forget()

    def find_run(self, run_id: str) -> list[ArtifactKey]:
        """The committed artifacts whose run_id this is, by path."""
        return list(self.keys(where=Filter((Condition(name="run_id", op="=", value=run_id),))))

    def history(self, key: ArtifactKey) -> list[Manifest]:
        """Every manifest that was written for the key, oldest first; the committed one is among them.

        A writer that was stopped before its commit leaves its manifest here too.
        """
        with store_errors(self.uri(key, HISTORY)):
            store = open_store(self.root, access=self.access)
            paths = history_paths(store, key)
        return [self.earlier(key, path) for path in paths]

    def earlier(self, key: ArtifactKey, path: str) -> Manifest:
        """One manifest of the history, by its path relative to the root. Raises CorruptArtifactError."""
        uri = self.uri(key, path.removeprefix(f"{key.path}/"))
        with store_errors(uri):
            store = open_store(self.root, access=self.access)
        return earlier_manifest(store, key, path, uri)

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

    def _reader(self) -> Reader:
        """Files of a disk are read as such: a store's client would copy each once more."""
        root = local_path(self.root)
        if root is None:
            return object_reader(self.root.rstrip("/"), open_store(self.root, access=self.access))
        return disk_reader(str(root))

    def _days(self, asset: str | None, where: Filter, *, folder: str, index: Index) -> Iterator[DayFolder]:
        root = local_path(self.root)
        if root is not None:
            return walked_days(str(root), asset, where, folder=folder, index=index)
        with store_errors(
            self.root
        ):  # all of them at once, so that what goes wrong is told before the first is used
            store = open_store(self.root, access=self.access)
            return iter(list(listed_days(store, asset, where, folder=folder, index=index)))
