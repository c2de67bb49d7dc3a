"""What listings read of manifests, kept so that the next one need not read them again: an index, never a second truth.

It is one SQLite file for each root, in the user's cache folder. It may be deleted at any time, and a broken one is. What
it holds of the folder of a day counts only while that folder is in the state in which it was read: on a disk its inode and
times, which each commit renews, in a bucket what the listing tells of each manifest. No act on an artifact relies on it.
"""

import contextlib
import datetime as dt
import functools
import hashlib
import json
import os
import sqlite3
import time
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_assets.core.run_id import LENGTH
from ml_assets.storage.user_cache import cache_folder

VERSION = 1
KEPT_FROM = 1_000  # manifests read by one listing: fewer are read in a tenth of a second, and leave no trace
BATCH = 20_000  # manifests between two commits of the index
SETTLED_S = 2.0  # the coarsest clock of a file system in use
BUSY_S = 1.0  # that another writer of the index is waited for; then it is gone without
DIGEST = 64  # hex digits of a SHA-256
MOST_SETS = 20_000  # parameter sets that are held at once

Row = tuple[str, dict[str, Any], dict[str, float], str, dt.datetime]
"""The run_id of a manifest, its parameters, its metrics, the digest of its value, and when it was committed."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_COLUMNS = "unread, head, parameters, metrics, checksum"
_TABLE = f"create table if not exists days (place text primary key, state text, {_COLUMNS}) without rowid"
_KEEP = f"insert or replace into days (place, state, {_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # constants
_FIND = f"select {_COLUMNS} from days where place = ? and state = ?"  # noqa: S608  # constants


@dataclass(frozen=True, eq=False)
class KnownDay:
    """What is kept of the folder of a day.

    Attributes:
        run_ids: of all that lies there, in order.
        unread: of what must be looked at each time: it is not committed, or damaged.
    """

    run_ids: tuple[str, ...]
    unread: frozenset[str]
    _head: Mapping[str, Any] = field(repr=False)
    _parameters: bytes = field(repr=False)
    _metrics: bytes = field(repr=False)

    def rows(self) -> Iterator[Row]:
        """What is known, in order."""
        head, first = self._head, 0
        numbers = array("d", self._metrics).tolist()
        texts = zlib.decompress(self._parameters).decode().split("\n")
        known = (run_id for run_id in self.run_ids if run_id not in self.unread)
        columns = zip(known, texts, head["shapes"], head["created"], strict=True)
        for place, (run_id, text, shape, created) in enumerate(columns):
            names = head["names"][shape]
            values = numbers[first : first + len(names)]
            first += len(names)
            digest = head["sha256"][place * DIGEST : (place + 1) * DIGEST]
            moment = _EPOCH + dt.timedelta(microseconds=created)
            yield run_id, _parameters_of(text), dict(zip(names, values, strict=True)), digest, moment


@dataclass(kw_only=True)
class Index:
    """The index of one root, for one listing. Nothing that goes wrong with it is an error: the store is read instead.

    Attributes:
        file: where it is; None for no index at all.
    """

    file: Path | None
    _connection: sqlite3.Connection | None = field(default=None, repr=False)
    _waiting: list[tuple[Any, ...]] = field(default_factory=list, repr=False)
    _read: int = field(default=0, repr=False)

    @staticmethod
    def of(root: str) -> "Index":
        """The index of a root: an absolute folder, or a URI; none of memory, which is gone before it is of use."""
        index = Index(file=None if root.startswith("memory:") else _file_of(root))
        if index.file and index.file.exists():
            with index._harmless():
                index._connect()
        return index

    def day(self, place: str, state: str) -> KnownDay | None:
        """What is known of the folder of a day that is in this state; None where that is nothing."""
        if self._connection is None or not state:
            return None
        with self._harmless():
            found = self._connection.execute(_FIND, (place, state)).fetchone()
            if found and found[-1] == _checksum(place, state, *found[:-1]):
                return _known(*found[:-1])
        return None

    def keep(self, place: str, state: str, rows: Sequence[Row], *, unread: Sequence[str]) -> None:
        """Keep what was read of the folder of a day when it was in this state; `unread` as in `KnownDay`."""
        if self.file is None or not state:
            return
        values = (",".join(unread), *_encoded(rows))
        self._waiting.append((place, state, *values, _checksum(place, state, *values)))
        self._read += len(rows) + len(unread)
        if self._read >= (KEPT_FROM if self._connection is None else BATCH):
            self._write()

    def close(self) -> None:
        """Keep what waits for it, and let the file go."""
        if self._connection and self._waiting:
            self._write()
        if self._connection:
            self._connection.close()
            self._connection = None

    def forget(self) -> None:
        """Delete it: the next listing reads every manifest."""
        self.close()
        if self.file:
            with contextlib.suppress(OSError):
                self.file.unlink()

    def _write(self) -> None:
        rows, self._waiting, self._read = self._waiting, [], 0
        with self._harmless():
            connection = self._connection or self._connect()
            with connection:
                connection.execute("begin immediate")
                connection.executemany(_KEEP, rows)

    def _connect(self) -> sqlite3.Connection:
        assert self.file is not None
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = sqlite3.connect(self.file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self._connection = found
        found.execute("pragma synchronous = off")  # a power cut may break it, and then it is deleted
        if found.execute("pragma user_version").fetchone() != (VERSION,):
            if found.execute("select count(*) from sqlite_master").fetchone() != (0,):
                raise sqlite3.DatabaseError("of another version")
            found.execute("pragma page_size = 16384")
            found.execute(_TABLE)
            found.execute(f"pragma user_version = {VERSION}")
        return found

    @contextlib.contextmanager
    def _harmless(self) -> Iterator[None]:
        """Go on without an index where it cannot be used; one that is broken is deleted, and made again by the next."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            is_broken = isinstance(error, sqlite3.DatabaseError) and not isinstance(
                error, sqlite3.OperationalError
            )
            self._waiting.clear()
            if is_broken:
                self.forget()
            self.close()
            self.file = None


NO_INDEX = Index(file=None)


def disk_state(folder: str) -> str:
    """The state of the folder of a day; "" where it changed so lately that a change may leave the same times."""
    try:
        found = os.stat(folder)  # noqa: PTH116
    except OSError:  # who lists it tells why
        return ""
    if max(found.st_mtime, found.st_ctime) > time.time() - SETTLED_S:
        return ""
    return f"{found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_nlink} {found.st_size}"


def _file_of(root: str) -> Path | None:
    digest = hashlib.sha256(root.encode("utf-8", "surrogatepass")).hexdigest()
    folder = cache_folder("index")
    return folder / f"{digest[:16]}.sqlite" if folder else None


def _encoded(rows: Sequence[Row]) -> tuple[str, bytes, bytes]:
    """The columns of a day: metrics are numbers as they are, parameters are much alike."""
    names = list(dict.fromkeys(tuple(row[2]) for row in rows))
    shapes = {own: number for number, own in enumerate(names)}
    head = {
        "run_ids": "".join(row[0] for row in rows),
        "names": names,
        "shapes": [shapes[tuple(row[2])] for row in rows],
        "sha256": "".join(row[3] for row in rows),
        "created": [(row[4] - _EPOCH) // dt.timedelta(microseconds=1) for row in rows],
    }
    texts = "\n".join(json.dumps(row[1]) for row in rows)
    numbers = array("d", (value for row in rows for value in row[2].values()))
    return json.dumps(head), zlib.compress(texts.encode(), 1), numbers.tobytes()


def _known(unread: str, head: str, parameters: bytes, metrics: bytes) -> KnownDay:
    columns, apart = json.loads(head), unread.split(",") if unread else []
    text = columns["run_ids"]
    run_ids = [text[n : n + LENGTH] for n in range(0, len(text), LENGTH)]
    every = sorted((*run_ids, *apart)) if apart else run_ids
    return KnownDay(tuple(every), frozenset(apart), columns, parameters, metrics)


def _checksum(*values: str | bytes) -> int:
    """What tells a row that was not written to its end, or has rotted."""
    parts = (value.encode() if isinstance(value, str) else value for value in values)
    return functools.reduce(lambda total, part: zlib.crc32(part, zlib.crc32(b"|", total)), parts, VERSION)


@functools.lru_cache(MOST_SETS)
def _parameters_of(text: str) -> dict[str, Any]:
    """The one object for all days of these parameters."""
    found: dict[str, Any] = json.loads(text)
    return found
