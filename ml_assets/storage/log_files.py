"""The files of a log of releases: each entry, and a copy of it that is named after its bytes.

    <root>/dataset=orders/log/000007.json
    <root>/dataset=orders/copies/000007-<sha256>.json

A copy is written after its entry and before the next one. So only the newest entry may be without one, where its
writer was stopped; and a copy whose entry is not there, or has other bytes, is an entry that was lost or changed.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ml_assets.core.artifact import encode
from ml_assets.core.release import Entry
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import CorruptArtifactError
from ml_assets.storage.again import list_all
from ml_assets.storage.committing import put_new
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.reading import get

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

_ENTRY = re.compile(r"([0-9]{6,18})\.json")
_COPY = re.compile(r"([0-9]{6,18})-([0-9a-f]{64})\.json")
SHOWN = 20  # lost entries that are named at once


@dataclass(frozen=True, kw_only=True)
class Written:
    """An entry as it is stored: its bytes are what the next one is chained to."""

    entry: Entry
    body: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What lies in a log: the numbers of its entries, and the digests that copies are named after, by number."""

    numbers: frozenset[int]
    copies: Mapping[int, frozenset[str]]

    @property
    def newest(self) -> int:
        """The number of the newest entry; 0 where there is none."""
        return max(self.numbers, default=0)

    @property
    def lost(self) -> list[int]:
        """Numbers of which there is a copy and no entry, from the newest entry on."""
        return sorted(number for number in self.copies if number > self.newest)


@dataclass(frozen=True)
class LogFiles:
    """The files of one dataset's log; for its attributes see ReleaseLog."""

    root: str
    dataset: str
    access: S3Access = USUAL_S3

    def listed(self) -> Listed:
        """What is there. Copies are looked at first: an entry that is added meanwhile is never missed for its copy."""
        copies = self._copies()
        with store_errors(self.uri()):
            store = open_store(self.root, access=self.access)
            names = _names(store, f"{self._folder}/log")
        numbers = (int(found[1]) for name in names if (found := _ENTRY.fullmatch(name)))
        return Listed(
            numbers=frozenset(number for number in numbers if number and _name(number) in names),
            copies=copies,
        )

    def read(self, number: int, listed: Listed) -> Written:
        """An entry. CorruptArtifactError where it is not there, is none, or is not what its copy says."""
        uri = self.uri(number)
        with store_errors(uri):
            body = get(open_store(self.root, access=self.access), self.path(number))
        try:
            entry = Entry.model_validate_json(body or b"")
        except ValueError:
            entry = None
        if not body or entry is None or entry.number != number:
            raise self.corrupt(number, listed, "no entry of this log" if body else "empty, or gone")
        written = Written(entry=entry, body=body)
        if listed.copies.get(number, frozenset()) - {written.digest}:
            raise self.corrupt(number, listed, "not what was written")
        return written

    def refuse_loss(self, listed: Listed) -> None:
        """CorruptArtifactError where an entry beyond the newest one was there."""
        if lost := listed.lost:
            told = [str(self.corrupt(number, listed, "empty, or gone")) for number in lost[:SHOWN]]
            raise CorruptArtifactError("\n".join(told))

    def refuse_without_copy(self, written: Written, listed: Listed) -> None:
        """CorruptArtifactError where the copy of an entry that others follow is gone."""
        entry = written.entry
        if entry.schema_version == 1 or entry.number in listed.copies or entry.number in self._copies():
            return
        copy = self.copy_uri(entry.number, written.digest)
        raise CorruptArtifactError(
            f"{copy} is gone. The entry is whole; copy {self.uri(entry.number)} there."
        )

    def keep_copy(self, written: Written) -> None:
        """Write the copy of an entry, unless it is there."""
        number, digest = written.entry.number, written.digest
        with store_errors(self.copy_uri(number, digest)):
            store = open_store(self.root, create=True, access=self.access)
            put_new(store, self._copy_path(number, digest), written.body)

    def corrupt(self, number: int, listed: Listed, problem: str) -> CorruptArtifactError:
        """The error that says what is wrong with an entry, and from where it can be restored."""
        uri, copies = self.uri(number), listed.copies.get(number, frozenset())
        restore = (
            f"Restore it: copy {self.copy_uri(number, next(iter(copies)))} there."
            if len(copies) == 1
            else "Restore the file from a copy; it was never changed since it was written."
        )
        return CorruptArtifactError(f"{uri} is corrupt: it is {problem}. {restore}")

    def uri(self, number: int | None = None) -> str:
        """Where the log is, or one of its entries, for people."""
        name = "" if number is None else f"/{_name(number)}"
        return f"{self.root.rstrip('/')}/{self._folder}/log{name}"

    def copy_uri(self, number: int, digest: str) -> str:
        """Where a copy is, for people."""
        return f"{self.root.rstrip('/')}/{self._copy_path(number, digest)}"

    def path(self, number: int) -> str:
        """Where an entry is, below the root."""
        return f"{self._folder}/log/{_name(number)}"

    @property
    def _folder(self) -> str:
        return f"dataset={encode(self.dataset)}"

    def _copy_path(self, number: int, digest: str) -> str:
        return f"{self._folder}/copies/{number:06d}-{digest}.json"

    def _copies(self) -> dict[int, frozenset[str]]:
        folder = f"{self._folder}/copies"
        with store_errors(f"{self.root.rstrip('/')}/{folder}"):
            names = _names(open_store(self.root, access=self.access), folder)
        found: dict[int, frozenset[str]] = {}
        for match in map(_COPY.fullmatch, names):
            if match:
                number = int(match[1])
                found[number] = found.get(number, frozenset()) | {match[2]}
        return found


def _names(store: "ObjectStore", folder: str) -> set[str]:
    """The names right below a folder; what lies deeper, such as a copy in a folder of its own, is none of them."""
    start = f"{folder}/"
    names = (meta["path"].removeprefix(start) for meta in list_all(store, folder))
    return {name for name in names if "/" not in name}


def _name(number: int) -> str:
    return f"{number:06d}.json"
