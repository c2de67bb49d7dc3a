"""The log of releases: numbered files that are only ever added, so that two writers never lose an act.

    <root>/<line>/log/000001.json, 000002.json, ...
    <root>/<line>/copies/000001-<sha256>.json, ...
    <root>/<line>/decisions/<sha256>.json

An entry appears whole or not at all, and only under a number that was free. Who finds it taken reads the newest
entry and decides again. Each entry holds the SHA-256 of the one before and the state after it, which is what its act
makes of the state before. So two listings and two reads tell what serves, and that nothing of it was lost or changed.
"""

import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import rfc8785

from ml_assets.core.release import NONE, NOW, Action, Entry, Release, Releases, Requested
from ml_assets.core.release_line import ReleaseLine
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import CorruptArtifactError, StoreError
from ml_assets.storage.answers import confirmed
from ml_assets.storage.create_only import refuse_overwriting_store
from ml_assets.storage.log_files import Listed, LogFiles, Written
from ml_assets.storage.object_store import open_store, store_errors
from ml_assets.storage.putting import put, put_once
from ml_assets.storage.reading import exists, get

LOGGER = logging.getLogger("ml_assets")
TRIES = 100  # entries of others that one writer may find in its way
Step = Callable[[Releases], tuple[Release, Releases]]


@dataclass(frozen=True)
class ReleaseLog:
    """All releases of one line.

    Attributes:
        root: a local path, or a URI that `open_store` knows; environments share it.
        line: whose releases.
        access: how S3 is reached, where the log is there.
    """

    root: str
    line: ReleaseLine
    access: S3Access = USUAL_S3

    def state(self, requested: Requested = NOW) -> Releases:
        """What is where now, or was when something was requested. Raises like `last` and `entries`."""
        last = self.last()
        if last is None or requested.knows(last):
            return last.state if last else NONE
        return next((entry.state for entry in self.entries() if requested.knows(entry)), NONE)

    def last(self) -> Entry | None:
        """The newest entry, or None.

        CorruptArtifactError where it is not what was written, is not what the one before it comes to, or was followed
        by others that are gone.
        """
        _, newest = self._newest()
        return newest.entry if newest else None

    def entries(self) -> Iterator[Entry]:
        """Every entry, the newest first. Raises CorruptArtifactError, in its place, where one is lost or damaged."""
        listed, newest = self._newest()
        return self._back(listed, newest)

    def refuse_damaged_copies(self) -> None:
        """CorruptArtifactError where a copy is not the entry that it is named after; the entries themselves are whole."""
        self._files.refuse_damaged_copies(self._files.listed())

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

        Raises what `step` and `last` raise, with the log as it was, and StoreError where the log cannot be written.
        """
        self.refuse_lossy_store()
        token = secrets.token_hex(8)
        for _ in range(TRIES):
            listed, newest = self._newest()
            last = newest.entry if newest else None
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
                previous=newest.digest if newest else "",
                state=state,
            )
            self._files.refuse_occupied(entry.number, listed)
            if newest and newest.entry.number not in listed.copies:  # its writer was stopped before
                self._files.keep_copy(newest)
            if self._put_new(entry):
                self._keep_copy(entry)
                return entry
        raise StoreError(f"{self.uri()}: others were faster {TRIES} times. Nothing was changed. Try again.")

    def refuse_lossy_store(self) -> None:
        """StoreError where the store would lose one of two acts at once."""
        refuse_overwriting_store(self.root, self._files.folder, self.access)

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
            raise CorruptArtifactError(
                f"{uri}: is missing or is not what was stored. Restore the file from a copy; it says why a {self.line.asset} was "
                "promoted."
            )
        return body

    def uri(self, number: int | None = None) -> str:
        """Where the log is, or one of its entries, for people."""
        return self._files.uri(number)

    def decision_uri(self, digest: str) -> str:
        """Where a decision record is, for people."""
        return f"{self.root.rstrip('/')}/{self._decision_path(digest)}"

    def _decision_path(self, digest: str) -> str:
        return f"{self._files.folder}/decisions/{digest}.json"

    @property
    def _files(self) -> LogFiles:
        return LogFiles(self.root, self.line, self.access)

    def _newest(self) -> tuple[Listed, Written | None]:
        """What is there, and the newest entry, vouched for by its copy or by a whole entry before it."""
        listed = self._files.listed()
        self._files.refuse_loss(listed)
        if not listed.newest:
            return listed, None
        newest = self._files.read(listed.newest, listed)
        _, damage = self._before(newest, listed)
        if damage and newest.entry.number not in listed.copies:
            raise damage
        return listed, newest

    def _back(self, listed: Listed, written: Written | None) -> Iterator[Entry]:
        """An entry and those before it; what is wrong with one of them is raised in its place."""
        while written:
            before, damage = self._before(written, listed)
            yield written.entry
            if damage:
                raise damage
            written = before

    def _before(self, written: Written, listed: Listed) -> tuple[Written | None, CorruptArtifactError | None]:
        """The entry before, or what is wrong with it. CorruptArtifactError where `written` is not what it comes to."""
        entry, before = written.entry, None
        try:
            if entry.number > 1:
                before = self._files.read(entry.number - 1, listed)
                self._refuse_changed(before, written, listed)
                self._files.refuse_without_copy(before, listed)
        except CorruptArtifactError as damage:
            return None, damage
        if not entry.follows(before.entry.state if before else NONE):
            raise self._files.corrupt(entry.number, listed, "not what the acts before it come to")
        return before, None

    def _refuse_changed(self, before: Written, after: Written, listed: Listed) -> None:
        if after.entry.schema_version > 1 and after.entry.previous != before.digest:
            raise self._files.corrupt(
                before.entry.number,
                listed,
                f"not the one that {after.entry.number:06d}.json was written after",
            )

    def _put_new(self, entry: Entry) -> bool:
        """Whether the entry is in the log: a lost answer to a write that was done counts as done."""
        from obstore.exceptions import AlreadyExistsError

        body, path = _canonical(entry.model_dump(mode="json")), self._files.path(entry.number)
        with store_errors(self.uri(entry.number)):
            try:
                store = open_store(self.root, create=True, access=self.access)
                put_once(store, path, body)
            except (
                AlreadyExistsError
            ):  # S3 says so too while another put is under way, which may come to nothing
                return exists(store, path) and self._is_in_the_log(entry)
        return True

    def _is_in_the_log(self, entry: Entry) -> bool:
        """Whether what is there under the number of an entry is this very one."""
        written = self._files.read(entry.number, self._files.listed())
        return written.entry.token == entry.token

    def _keep_copy(self, entry: Entry) -> None:
        """Write the copy of an entry that is in the log; where that fails, the next act writes it."""
        try:
            self._files.keep_copy(Written(entry=entry, body=_canonical(entry.model_dump(mode="json"))))
        except StoreError as error:
            LOGGER.warning(
                "%s is written; its copy is not, and will be with the next act: %s",
                self.uri(entry.number),
                error,
            )


def _digest(body: bytes | None) -> str:
    return hashlib.sha256(body or b"").hexdigest()


def _canonical(record: dict[str, Any]) -> bytes:
    try:
        return rfc8785.dumps(record)
    except ValueError as error:  # text that is no Unicode, for example
        raise StoreError(f"A release cannot be written down: {error}. Nothing was changed.") from error
