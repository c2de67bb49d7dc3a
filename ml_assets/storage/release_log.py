"""The log of releases: numbered files that are only ever added, so that two writers never lose an act.

    <root>/dataset=orders/log/000001.json, 000002.json, ...
    <root>/dataset=orders/decisions/<sha256>.json

An entry appears whole or not at all, and only under a number that was free. Who finds it taken reads the newest
entry and decides again. The newest entry holds the state after it: what serves is told by one listing and one read.
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rfc8785

from ml_assets.core.artifact import encode
from ml_assets.core.release import NONE, Action, Entry, Release, Releases
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.storage.again import list_all
from ml_assets.storage.answers import confirmed
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.putting import put, put_once
from ml_assets.storage.reading import exists, get

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

TRIES = 100  # entries of others that one writer may find in its way
Step = Callable[[Releases], tuple[Release, Releases]]


@dataclass(frozen=True)
class ReleaseLog:
    """All releases of one dataset.

    Attributes:
        root: a local path, or a URI that `open_store` knows; environments share it.
        dataset: whose releases.
        access: how S3 is reached, where the log is there.
    """

    root: str
    dataset: str
    access: S3Access = USUAL_S3

    def state(self) -> Releases:
        """What is where now."""
        last = self.last()
        return last.state if last else NONE

    def last(self) -> Entry | None:
        """The newest entry, or None."""
        with store_errors(self.uri()):
            numbers = self._numbers(open_store(self.root, access=self.access))
        return self._read(numbers[-1]) if numbers else None

    def entries(self) -> Iterator[Entry]:
        """Every entry, the newest first. Raises CorruptArtifactError, in its place, where one is lost or damaged."""
        with store_errors(self.uri()):
            numbers = self._numbers(open_store(self.root, access=self.access))
        return (self._read(number) for number in range(max(numbers, default=0), 0, -1))

    def append(
        self,
        action: Action,
        step: Step,
        *,
        by: str,
        at: Callable[[], dt.datetime],
        why: str = "",
        decision: str = "",
    ) -> Entry:
        """Add what `step` makes of the newest state; it is asked again when somebody else was faster.

        Raises what `step` raises, with the log as it was, and StoreError where the log cannot be written.
        """
        token = secrets.token_hex(8)
        for _ in range(TRIES):
            last = self.last()
            release, state = step(last.state if last else NONE)
            entry = Entry(
                number=last.number + 1 if last else 1,
                action=action,
                release=release,
                by=by,
                at=at(),
                why=why,
                decision=decision,
                token=token,
                state=state,
            )
            if self._put_new(entry):
                return entry
        raise StoreError(f"{self.uri()}: others were faster {TRIES} times. Nothing was changed. Try again.")

    def keep_decision(self, record: dict[str, Any]) -> str:
        """Store a decision record; its SHA-256, which names it."""
        body = _canonical(record)
        digest = hashlib.sha256(body).hexdigest()
        with store_errors(self.decision_uri(digest)):
            store = open_store(self.root, create=True, access=self.access)
            put(store, self._decision_path(digest), body)
        return digest

    def decision(self, digest: str) -> bytes:
        """A decision record as it was stored, canonical JSON. Raises CorruptArtifactError where it is not."""
        uri = self.decision_uri(digest)
        with store_errors(uri):
            store = open_store(self.root, access=self.access)
            body = get(store, self._decision_path(digest))
            if _digest(body) != digest:
                body = confirmed(store, self._decision_path(digest))
        if body is None or _digest(body) != digest:
            raise CorruptArtifactError(f"{uri}: is missing or is not what was stored.")
        return body

    def uri(self, number: int | None = None) -> str:
        """Where the log is, or one of its entries, for people."""
        name = "" if number is None else f"/{_name(number)}"
        return f"{self.root.rstrip('/')}/{self._folder}/log{name}"

    def decision_uri(self, digest: str) -> str:
        """Where a decision record is, for people."""
        return f"{self.root.rstrip('/')}/{self._decision_path(digest)}"

    def _decision_path(self, digest: str) -> str:
        return f"{self._folder}/decisions/{digest}.json"

    @property
    def _folder(self) -> str:
        return f"dataset={encode(self.dataset)}"

    def _numbers(self, store: "ObjectStore") -> list[int]:
        """Those of the entries; what else may lie there, such as a copy in a folder of its own, is none."""
        start = f"{self._folder}/log/"
        paths = {meta["path"] for meta in list_all(store, start.rstrip("/"))}
        names = (path.removeprefix(start).removesuffix(".json") for path in paths)
        numbers = {int(name) for name in names if name.isascii() and name.isdigit()}
        return sorted(number for number in numbers if f"{start}{_name(number)}" in paths)

    def _read(self, number: int) -> Entry:
        uri, path = self.uri(number), f"{self._folder}/log/{_name(number)}"
        with store_errors(uri):
            store = open_store(self.root, access=self.access)
            body = get(store, path)
            if (entry := _entry(body)) is None:
                entry = _entry(body := confirmed(store, path))
        if entry is None or entry.number != number:
            raise CorruptArtifactError(
                f"{uri} is corrupt: it is {'no entry of this log' if body else 'empty, or gone'}. "
                "Restore the file from a copy; it was never changed since it was written."
            )
        return entry

    def _put_new(self, entry: Entry) -> bool:
        """Whether the entry is in the log: a lost answer to a write that was done counts as done."""
        from obstore.exceptions import AlreadyExistsError

        body, path = _canonical(entry.model_dump(mode="json")), f"{self._folder}/log/{_name(entry.number)}"
        with store_errors(self.uri(entry.number)):
            try:
                store = open_store(self.root, create=True, access=self.access)
                put_once(store, path, body)
            except (
                AlreadyExistsError
            ):  # S3 says so too while another put is under way, which may come to nothing
                return exists(store, path) and self._read(entry.number).token == entry.token
        return True


def _digest(body: bytes | None) -> str:
    return hashlib.sha256(body or b"").hexdigest()


def _entry(body: bytes | None) -> Entry | None:
    try:
        return Entry.model_validate_json(body or b"")
    except ValueError:
        return None


def _canonical(record: dict[str, Any]) -> bytes:
    try:
        return rfc8785.dumps(record)
    except ValueError as error:  # text that is no Unicode, for example
        raise StoreError(f"A release cannot be written down: {error}. Nothing was changed.") from error


def _name(number: int) -> str:
    return f"{number:06d}.json"
