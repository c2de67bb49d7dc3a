"""Many manifests read at once, for what a list shows of each, without a second place that could disagree.

Nothing is kept beside the store: an index could say what the store does not. A manifest whose SHA-256 stands
in the name of its history entry is, byte for byte, one that a commit found sound, so that here only the shown
fields are read. What is damaged is told in its place and hides nothing else.
"""

import datetime as dt
import errno
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.progress import steps
from ml_assets.core.where import Filter
from ml_assets.errors import StoreError
from ml_assets.storage import reading
from ml_assets.storage.answers import confirmed
from ml_assets.storage.folders import Place
from ml_assets.storage.integrity import MANIFEST, OTHER_BYTES, corrupt, history_name, misplaced
from ml_assets.storage.object_store import store_errors

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

AT_ONCE = 16  # requests to an object store, which answers each of them slowly


@dataclass(frozen=True)
class Entry:
    """What a list shows of one artifact.

    Attributes:
        key: where it is kept.
        parameters: those of its slice.
        metrics: its metrics; a training set has none.
        uri: its folder.
        sha256: the digest of its value.
        created_at: when it was committed.
    """

    key: ArtifactKey
    parameters: dict[str, Any]
    metrics: dict[str, float]
    uri: str
    sha256: str
    created_at: dt.datetime

    def document(self) -> dict[str, Any]:
        """What is shown, as JSON values."""
        return {
            "asset": self.key.asset,
            "run_id": self.key.run_id,
            "as_of": self.key.as_of.isoformat(),
            "parameters": self.parameters,
            "metrics": self.metrics,
            "uri": self.uri,
            "sha256": self.sha256,
        }


class _File(BaseModel):
    model_config = ConfigDict(defer_build=True)

    sha256: str


class _Shown(BaseModel):
    """The fields of a manifest that are shown or checked; the others are passed over without being built."""

    model_config = ConfigDict(defer_build=True, hide_input_in_errors=True)

    asset: str
    as_of: dt.date
    run_id: str
    parameters: dict[str, Any]
    metrics: dict[str, float]
    files: list[_File] = Field(min_length=1)
    created_at: AwareDatetime


@dataclass(frozen=True)
class Reader:
    """How files are read, by their path relative to the root.

    Attributes:
        root: the absolute folder or the URI of the root, without a slash at its end.
        read: the bytes of a file, or None where there is none.
        confirmed: the same once more, held against what the store says of it, before a file is called damaged.
        exists: whether there is such a file.
    """

    root: str
    read: Callable[[str], bytes | None]
    confirmed: Callable[[str], bytes | None]
    exists: Callable[[str], bool]


def disk_reader(root: str) -> Reader:
    """Plain files: a store's client takes longer for each of them than reading it does."""

    def read(path: str) -> bytes | None:
        try:
            with open(f"{root}/{path}", "rb", buffering=0, opener=_at_once) as file:
                return file.read()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
                return None
            raise

    def exists(path: str) -> bool:
        try:
            os.stat(f"{root}/{path}")  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    return Reader(root=root, read=read, confirmed=read, exists=exists)


def _at_once(path: str, flags: int) -> int:
    """Open a file; a pipe in its place is not waited for, and reads as empty."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def object_reader(root: str, store: "ObjectStore") -> Reader:
    """Any other store."""
    return Reader(
        root=root,
        read=lambda path: reading.get(store, path),
        confirmed=lambda path: confirmed(store, path),
        exists=lambda path: reading.exists(store, path),
    )


def entries(
    places: Iterable[Place], reader: Reader, where: Filter, *, at_once: int
) -> Iterator[Entry | StoreError]:
    """In the order of `places`: each committed artifact that the filter admits, or why it cannot be told."""
    for found in steps(each_entry(places, reader, at_once=at_once), "artifact"):
        if isinstance(found, StoreError) or (
            found and where.holds(found.key.asset, found.key.as_of, found.key.run_id, found.parameters)
        ):
            yield found


def each_entry(
    places: Iterable[Place], reader: Reader, *, at_once: int
) -> Iterator[Entry | StoreError | None]:
    """What a list shows of each place, in their order: why it cannot be told, or None where nothing is committed."""
    return _in_order(lambda place: _entry(*place, reader), places, at_once=at_once)


def _entry(folder: str, key: ArtifactKey, reader: Reader) -> Entry | StoreError | None:
    uri = f"{reader.root}/{folder}"
    try:
        with store_errors(f"{uri}/{MANIFEST}"):
            shown = _checked(folder, key, reader.read(f"{folder}/{MANIFEST}"), reader)
            if isinstance(shown, str):
                shown = _checked(folder, key, reader.confirmed(f"{folder}/{MANIFEST}"), reader)
        if isinstance(shown, str):
            raise corrupt(key, f"{uri}/{MANIFEST}", shown)
    except StoreError as error:
        return error
    if shown is None:
        return None
    return Entry(key, shown.parameters, shown.metrics, uri, shown.files[0].sha256, shown.created_at)


def _checked(folder: str, key: ArtifactKey, body: bytes | None, reader: Reader) -> _Shown | str | None:
    """What is shown of a manifest, or why these bytes are not the one that was committed."""
    if body is None:
        return None
    try:
        shown = _Shown.model_validate_json(body)
    except ValueError:
        return "it is not a valid manifest"
    problem = misplaced(key, shown.asset, shown.as_of, shown.run_id, shown.parameters)
    if not problem and not reader.exists(f"{folder}/{history_name(shown.created_at, body)}"):
        problem = OTHER_BYTES
    return problem or shown


def _in_order(
    read: Callable[[Place], Entry | StoreError | None], places: Iterable[Place], *, at_once: int
) -> Iterator[Entry | StoreError | None]:
    """Like `map`, with up to `at_once` reads under way and a few more results waiting for their turn."""
    if at_once == 1:
        yield from map(read, places)
        return
    waiting: deque[Future[Entry | StoreError | None]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        for place in places:
            waiting.append(pool.submit(read, place))
            if len(waiting) >= 4 * at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
