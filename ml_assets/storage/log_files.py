"""The files of a log of releases: each entry, and a copy of it that is named after its bytes.

    <root>/<line>/log/000007.json
    <root>/<line>/copies/000007-<sha256>.json

A copy is written after its entry and before the next one. So only the newest entry may be without one, where its
writer was stopped; and a copy whose entry is not there, or has other bytes, is an entry that was lost or changed.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ml_assets.core.release import Entry
from ml_assets.core.release_line import ReleaseLine
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.storage.answers import confirmed
from ml_assets.storage.committing import put_new
from ml_assets.storage.looking import Looked, look
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.reading import get

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
    """What lies in a log.

    Attributes:
        numbers: those of its entries.
        copies: the digests that copies are named after, by number.
        others: what has the name of an entry and is no file, such as `a folder`, by number.
    """

    numbers: frozenset[int]
    copies: Mapping[int, frozenset[str]]
    others: Mapping[int, str]

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
    """The files of the log of one release line; for its attributes see ReleaseLog."""

    root: str
    line: ReleaseLine
    access: S3Access = USUAL_S3

    def listed(self) -> Listed:
        """What is there. Copies are looked at first: an entry that is added meanwhile is never missed for its copy."""
        copies, folder = self._copies(), f"{self.folder}/log"
        looked = self._look(folder)
        names = {meta["path"].removeprefix(f"{folder}/") for meta in looked.objects}
        others = dict.fromkeys(looked.folders, "a folder") | {left.name: left.why for left in looked.left_out}
        return Listed(
            numbers=frozenset(filter(None, map(_number, names))),
            copies=copies,
            others={_number(key.removeprefix(f"{folder}/")): why for key, why in others.items()},
        )

    def read(self, number: int, listed: Listed) -> Written:
        """An entry. CorruptArtifactError where it is not there, is none, or is not what its copy says."""
        if number in listed.others:
            raise self.corrupt(number, listed, f"{listed.others[number]}, no file; move it away")
        with store_errors(self.uri(number)):
            store = open_store(self.root, access=self.access)
            body = get(store, self.path(number))
            if (entry := self._entry(body)) is None:
                entry = self._entry(body := confirmed(store, self.path(number)))
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

    def refuse_occupied(self, number: int, listed: Listed) -> None:
        """StoreError where the place of the next entry is taken by what is no file."""
        if why := listed.others.get(number):
            raise StoreError(f"{self.uri(number)}: {why}, no entry. Nothing was changed. Move it away.")

    def refuse_without_copy(self, written: Written, listed: Listed) -> None:
        """CorruptArtifactError where the copy of an entry that others follow is gone."""
        entry = written.entry
        if entry.schema_version == 1 or entry.number in listed.copies or entry.number in self._copies():
            return
        copy = self.copy_uri(entry.number, written.digest)
        raise CorruptArtifactError(
            f"{copy} is gone. The entry is whole; copy {self.uri(entry.number)} there."
        )

    def refuse_damaged_copies(self, listed: Listed) -> None:
        """CorruptArtifactError where a copy is not the entry that it is named after: nothing could be restored from it."""
        for number, digests in sorted(listed.copies.items()):
            for digest in sorted(digests):
                if not self._is_whole(number, digest):
                    raise CorruptArtifactError(
                        f"{self.copy_uri(number, digest)} is corrupt: it is not the entry that it is named after. The "
                        f"entry is whole; copy {self.uri(number)} there."
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
            if len(copies) == 1 and self._is_whole(number, *copies)
            else "Restore the file from a copy; it was never changed since it was written."
        )
        return CorruptArtifactError(f"{uri} is corrupt: it is {problem}. {restore}")

    def _is_whole(self, number: int, digest: str) -> bool:
        """Whether a copy has the bytes that its name tells."""
        path = self._copy_path(number, digest)
        with store_errors(self.copy_uri(number, digest)):
            store = open_store(self.root, access=self.access)
            return any(
                hashlib.sha256(read(store, path) or b"").hexdigest() == digest for read in (get, confirmed)
            )

    def uri(self, number: int | None = None) -> str:
        """Where the log is, or one of its entries, for people."""
        name = "" if number is None else f"/{_name(number)}"
        return f"{self.root.rstrip('/')}/{self.folder}/log{name}"

    def copy_uri(self, number: int, digest: str) -> str:
        """Where a copy is, for people."""
        return f"{self.root.rstrip('/')}/{self._copy_path(number, digest)}"

    def path(self, number: int) -> str:
        """Where an entry is, below the root."""
        return f"{self.folder}/log/{_name(number)}"

    @property
    def folder(self) -> str:
        """Where the log of the line is, with all that belongs to it, below the root."""
        return self.line.folder

    def _copy_path(self, number: int, digest: str) -> str:
        return f"{self.folder}/copies/{number:06d}-{digest}.json"

    def _entry(self, body: bytes | None) -> Entry | None:
        try:
            return Entry.model_validate_json(body or b"", context=dict(self.line.values))
        except ValueError:
            return None

    def _copies(self) -> dict[int, frozenset[str]]:
        folder = f"{self.folder}/copies"
        found: dict[int, frozenset[str]] = {}
        for meta in self._look(folder).objects:
            if match := _COPY.fullmatch(meta["path"].removeprefix(f"{folder}/")):
                number = int(match[1])
                found[number] = found.get(number, frozenset()) | {match[2]}
        return found

    def _look(self, folder: str) -> Looked:
        with store_errors(f"{self.root.rstrip('/')}/{folder}"):
            return look(open_store(self.root, access=self.access), folder, deep=False)


def _name(number: int) -> str:
    return f"{number:06d}.json"


def _number(name: str) -> int:
    """That of an entry; 0 of anything else that lies there, such as a copy in a folder of its own."""
    number = int(found[1]) if (found := _ENTRY.fullmatch(name)) else 0
    return number if name == _name(number) else 0
