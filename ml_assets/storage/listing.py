"""Many manifests read at once, for what a list shows of each; those of a folder that has not changed are in the index.

A manifest whose SHA-256 stands in the name of its history entry is, byte for byte, one that a commit found sound, so
that here only the shown fields are read. What is damaged is told in its place and hides nothing else.
"""

import datetime as dt
import errno
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from ml_assets.storage.folders import DayFolder, Place
from ml_assets.storage.index import DIGEST, Index
from ml_assets.storage.integrity import MANIFEST, OTHER_BYTES, corrupt, history_name, misplaced
from ml_assets.storage.object_store import store_errors

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore


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


_Found = Entry | StoreError | None
_Wanted = tuple[
    str, ArtifactKey, frozenset[str]
]  # where it is, its key, and what its history is known to hold


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
    days: Iterable[DayFolder], reader: Reader, where: Filter, *, index: Index, at_once: int
) -> Iterator[Entry | StoreError]:
    """By path: each committed artifact that the filter admits, or why it cannot be told.

    What the index knows is not read, and what is read of all runs of a day is kept there.
    """
    try:
        for found in steps(_each(days, reader, index=index, at_once=at_once), "artifact"):
            if isinstance(found, StoreError) or where.holds(
                found.key.asset, found.key.as_of, found.key.run_id, found.parameters
            ):
                yield found
    finally:
        index.close()


def each_entry(
    places: Iterable[Place], reader: Reader, *, at_once: int
) -> Iterator[Entry | StoreError | None]:
    """What a list shows of each place, in their order: why it cannot be told, or None where nothing is committed."""
    wanted = ((place, key, frozenset[str]()) for place, key in places)
    for found in _read_in_order(wanted, reader, at_once=at_once):
        assert not isinstance(found, DayFolder)
        yield found


def _each(
    days: Iterable[DayFolder], reader: Reader, *, index: Index, at_once: int
) -> Iterator[Entry | StoreError]:
    items = (item for day in days for item in (*_items(day, reader.root), day))
    of_day: list[_Found] = []
    for found in _read_in_order(items, reader, at_once=at_once):
        if isinstance(found, DayFolder):
            _keep(found, of_day, index)
            of_day.clear()
        else:
            of_day.append(found)
            if found is not None:
                yield found


def _items(day: DayFolder, root: str) -> Iterator[Entry | _Wanted]:
    """Of each run of a day what is known, or where it is to be read."""
    known, prefix = day.known, f"{root}/{day.path('')}"
    if known is None:
        yield from ((day.path(run_id), day.key(run_id), day.histories) for run_id in day.run_ids)
        return
    rows, wanted = known.rows(), None if day.run_ids is known.run_ids else {*day.run_ids}
    for run_id in known.run_ids:
        row = None if run_id in known.unread else next(rows)
        if wanted is not None and run_id not in wanted:
            continue
        if row is None:
            yield day.path(run_id), day.key(run_id), day.histories
        else:
            _, parameters, metrics, sha256, created_at = row
            yield Entry(day.key(run_id), parameters, metrics, f"{prefix}{run_id}", sha256, created_at)


def _keep(day: DayFolder, found: Sequence[_Found], index: Index) -> None:
    """Let the index have what was read of a day, unless it has it already, or not all of it was read."""
    if day.known is not None or not day.state:
        return
    rows, unread = [], []
    for run_id, entry in zip(day.run_ids, found, strict=True):
        if isinstance(entry, Entry) and len(entry.sha256) == DIGEST:
            rows.append((run_id, entry.parameters, entry.metrics, entry.sha256, entry.created_at))
        else:
            unread.append(run_id)
    index.keep(day.place, day.state, rows, unread=unread)


def _entry(folder: str, key: ArtifactKey, history: frozenset[str], reader: Reader) -> _Found:
    uri = f"{reader.root}/{folder}"
    try:
        with store_errors(f"{uri}/{MANIFEST}"):
            shown = _checked(folder, key, reader.read(f"{folder}/{MANIFEST}"), history, reader)
            if isinstance(shown, str):
                shown = _checked(folder, key, reader.confirmed(f"{folder}/{MANIFEST}"), history, reader)
        if isinstance(shown, str):
            raise corrupt(key, f"{uri}/{MANIFEST}", shown)
    except StoreError as error:
        return error
    if shown is None:
        return None
    return Entry(key, shown.parameters, shown.metrics, uri, shown.files[0].sha256, shown.created_at)


def _checked(
    folder: str, key: ArtifactKey, body: bytes | None, history: frozenset[str], reader: Reader
) -> _Shown | str | None:
    """What is shown of a manifest, or why these bytes are not the one that was committed."""
    if body is None:
        return None
    try:
        shown = _Shown.model_validate_json(body)
    except ValueError:
        return "it is not a valid manifest"
    problem = misplaced(key, shown.asset, shown.as_of, shown.run_id, shown.parameters)
    if problem:
        return problem
    written = f"{folder}/{history_name(shown.created_at, body)}"
    return shown if written in history or reader.exists(written) else OTHER_BYTES


def _read_in_order(
    items: Iterable[Entry | _Wanted | DayFolder], reader: Reader, *, at_once: int
) -> Iterator[_Found | DayFolder]:
    """What is at each place, in their order, with up to `at_once` reads under way; anything else as it is."""
    if at_once == 1:
        yield from (_entry(*item, reader) if isinstance(item, tuple) else item for item in items)
        return
    waiting: deque[Future[_Found] | Entry | DayFolder] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        for item in items:
            waiting.append(pool.submit(_entry, *item, reader) if isinstance(item, tuple) else item)
            if len(waiting) >= 4 * at_once:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def _result(item: "Future[_Found] | Entry | DayFolder") -> _Found | DayFolder:
    return item.result() if isinstance(item, Future) else item
