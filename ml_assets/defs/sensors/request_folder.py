"""The folder of request files: which there are, what is in them, and the notes beside those that are refused."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.core.secrets import looks_like_credential
from ml_assets.core.text_files import MAX_BYTES
from ml_assets.parameter_files import is_parameter_file
from ml_assets.storage.again import list_here
from ml_assets.storage.object_store import open_store, store_errors

NOTE = ".rejected"
NEWEST = 20_000  # files looked at: it bounds the cursor
SETTLED = dt.timedelta(
    seconds=2
)  # a file written a moment ago may be half a file, and half a file may be valid


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A request file as the listing shows it; `signature` changes whenever the file is written."""

    name: str
    size: int
    signature: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What lies in the folder.

    Attributes:
        files: the newest settled request files, the oldest of them first.
        older: how many more there are.
        notes: the names of the notes.
    """

    files: tuple[Dropped, ...]
    older: int
    notes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class RequestFolder:
    """A folder, or a URI such as `s3://bucket/requests`. Folders inside it are not looked at."""

    root: str
    access: S3Access = USUAL_S3

    def look(self, *, now: dt.datetime) -> Listing:
        """The request files and the notes that there are now."""
        with store_errors(self.root):
            listed = list_here(open_store(self.root, access=self.access))["objects"]
        found = [
            (meta["last_modified"], meta["path"], meta["size"], meta["e_tag"])
            for meta in listed
            if is_parameter_file(meta["path"]) and not meta["path"].startswith((".", "_"))
        ]
        settled = sorted(item for item in found if now - item[0] >= SETTLED)
        files = tuple(
            Dropped(name=name, size=size, signature=f"{size}-{tag or when.isoformat()}")
            for when, name, size, tag in settled[-NEWEST:]
        )
        notes = frozenset(meta["path"] for meta in listed if meta["path"].endswith(NOTE))
        return Listing(files=files, older=len(settled) - len(files), notes=notes)

    def read(self, file: Dropped) -> bytes:
        """The bytes of a file, or as many as are needed to see that it is too large."""
        with store_errors(self.uri(file.name)):
            store = open_store(self.root, access=self.access)
            if file.size > MAX_BYTES:
                return bytes(store.get_range(file.name, start=0, length=MAX_BYTES + 1))
            return bytes(store.get(file.name).bytes())

    def reject(self, file: Dropped, reasons: Sequence[str]) -> None:
        """Write the reasons beside the file."""
        text = "\n".join(
            [
                f"{shown(file.name)} was refused. Nothing was started.",
                *reasons,
                "Correct the file: it is looked at again once it is written, and this note goes away.",
                "",
            ]
        )
        note = note_of(file)
        with store_errors(self.uri(note)):
            open_store(self.root, access=self.access).put(note, text.encode())

    def accept(self, file: Dropped) -> None:
        """Remove the note of an earlier refusal."""
        from obstore.exceptions import NotFoundError

        note = note_of(file)
        with store_errors(self.uri(note)):
            try:
                open_store(self.root, access=self.access).delete(note)
            except (FileNotFoundError, NotFoundError):
                return

    def uri(self, name: str) -> str:
        """Where a file is, for people; a name that looks like a credential is not repeated."""
        return f"{self.root.rstrip('/')}/{shown(name)}"


def shown(name: str) -> str:
    """The name of a file, unless it looks like a credential."""
    return "(a file name)" if any(map(looks_like_credential, (name, *name.split(".")))) else name


def note_of(file: Dropped) -> str:
    """The name of a file's note: like the file's own, or a digest where that may be a secret."""
    if shown(file.name) == file.name:
        return file.name + NOTE
    return f"file-{hashlib.sha256(file.name.encode()).hexdigest()[:12]}{NOTE}"
