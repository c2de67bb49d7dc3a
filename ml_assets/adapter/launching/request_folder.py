"""The folder of request files: which there are, what is in them, and the notes beside those that are refused."""

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ml_assets.core.foreign_text import visible
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.core.secrets import looks_like_credential
from ml_assets.core.text_files import MAX_BYTES
from ml_assets.parameter_files import is_parameter_file
from ml_assets.storage.deadline import within
from ml_assets.storage.looking import LeftOut, Looked, look
from ml_assets.storage.names import problem_of
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.reading import get

NOTE = ".rejected"
NEWEST = 20_000  # files looked at: it bounds the cursor
LISTED_WITHIN, READ_WITHIN = 20.0, 8.0  # seconds
LONGEST_NAME = 255  # bytes, on most disks
SETTLED = dt.timedelta(
    seconds=2
)  # a file written a moment ago may be half a file, and half a file may be valid


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A request file as the listing shows it.

    Attributes:
        name: its own.
        size: in bytes.
        signature: changes whenever the file is written.
        ahead: its time lies in the future, so that nobody knows whether it is still being written.
    """

    name: str
    size: int
    signature: str
    ahead: bool = False


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What lies in the folder.

    Attributes:
        files: the newest settled request files, the oldest of them first.
        older: how many more there are.
        notes: the names of the notes.
        left_out: what is called like a request file and cannot be read as one.
    """

    files: tuple[Dropped, ...]
    older: int
    notes: frozenset[str]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RequestFolder:
    """A folder, or a URI such as `s3://bucket/requests`. Folders inside it are not looked at."""

    root: str
    access: S3Access = USUAL_S3

    def look(self, *, now: dt.datetime) -> Listing:
        """The request files and the notes that there are now. Raises StoreError, OutOfTimeError."""
        with store_errors(self.root):
            looked = within(LISTED_WITHIN, self._looked, what=f"listing {self.root}")
        found = [
            (meta["last_modified"], meta["path"], meta["size"], meta["e_tag"])
            for meta in looked.objects
            if _is_request(meta["path"])
        ]
        settled = sorted(item for item in found if item[0] > now or now - item[0] >= SETTLED)
        files = tuple(
            Dropped(name=name, size=size, signature=f"{size}-{tag or when.isoformat()}", ahead=when > now)
            for when, name, size, tag in settled[-NEWEST:]
        )
        notes = frozenset(meta["path"] for meta in looked.objects if meta["path"].endswith(NOTE))
        left_out = tuple(left for left in looked.left_out if _is_request(left.name.rstrip("/")))
        return Listing(files=files, older=len(settled) - len(files), notes=notes, left_out=left_out)

    def read(self, file: Dropped) -> bytes:
        """The bytes of a file, or as many as are needed to see that it is too large."""

        def read() -> bytes:
            store = open_store(self.root, access=self.access)
            if file.size > MAX_BYTES:
                return bytes(store.get_range(file.name, start=0, length=MAX_BYTES + 1))
            data = get(store, file.name)
            if data is None:
                raise FileNotFoundError(file.name)
            return data

        return self._in_time(file.name, read)

    def reject(self, name: str, reasons: Sequence[str], *, hint: str) -> None:
        """Write the reasons beside a file, and what to do."""
        note = note_of(name)
        lines = [f"{shown(name)} was refused. Nothing was started.", *reasons, hint, ""]
        text = "\n".join(lines).encode()
        self._in_time(note, lambda: open_store(self.root, access=self.access).put(note, text))

    def accept(self, file: Dropped) -> None:
        """Remove the note of an earlier refusal."""
        from obstore.exceptions import NotFoundError

        note = note_of(file.name)

        def remove() -> None:
            try:
                open_store(self.root, access=self.access).delete(note)
            except (FileNotFoundError, NotFoundError):
                return

        self._in_time(note, remove)

    def uri(self, name: str) -> str:
        """Where a file is, for people; a name that looks like a credential is not repeated."""
        return f"{self.root.rstrip('/')}/{shown(name)}"

    def _looked(self) -> Looked:
        return look(open_store(self.root, access=self.access), deep=False)

    def _in_time(self, name: str, work: Callable[[], T]) -> T:
        with store_errors(self.uri(name)):
            return within(READ_WITHIN, work, what=self.uri(name), kind=self.root)


def shown(name: str) -> str:
    """The name of a file for people: what cannot be seen as escapes, and nothing that looks like a credential."""
    return "(a file name)" if is_secret(name) else visible(name)


def is_secret(name: str) -> bool:
    """Whether the name, or a part of it, looks like a credential."""
    return any(map(looks_like_credential, (name, *name.split("."))))


def note_of(name: str) -> str:
    """The name of a file's note: like the file's own, or a digest where that may be a secret, or cannot be written."""
    note = name + NOTE
    if is_secret(name) or problem_of(name) or visible(name) != name or len(note.encode()) > LONGEST_NAME:
        return f"file-{hashlib.sha256(os.fsencode(name)).hexdigest()[:12]}{NOTE}"
    return note


def _is_request(name: str) -> bool:
    return is_parameter_file(name) and not name.startswith((".", "_"))
