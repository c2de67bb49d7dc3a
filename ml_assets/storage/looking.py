"""What lies in a store, and what was left out: nothing that lies there hides anything else.

A folder of a disk is walked without opening a file, so that a pipe or a device cannot hold anybody up. A bucket is
listed by obstore, and once more by boto3 where a key is one that obstore cannot take.
"""

import datetime as dt
import errno
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_assets.core.foreign_text import visible
from ml_assets.errors import StoreError
from ml_assets.storage.again import again
from ml_assets.storage.answers import strange
from ml_assets.storage.bucket_listing import all_keys
from ml_assets.storage.bucket_pages import each_key, in_time
from ml_assets.storage.names import of_store, on_disk, problem_of

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import LocalStore, ObjectStore, S3Store

TOLD = 10_000  # things left out that are told, so that a folder full of them stays small
DEEPEST = 100  # folders in each other
REPEATS = 4_000  # times that links may lead to a folder where links have led before: links to links multiply

_Identity = tuple[int, int]  # device and inode
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_UNFINISHED = re.compile(r"[^#]*#[0-9]+")  # what obstore calls a file until it is whole
_NOWHERE = "a link that leads nowhere"
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_REFUSALS = {
    errno.EACCES: "it may not be looked at (permission denied)",
    errno.EPERM: "it may not be looked at (permission denied)",
    errno.ELOOP: "a link that leads to itself",
    errno.ENAMETOOLONG: "its path is too long",
}


@dataclass(frozen=True)
class LeftOut:
    """Something that lies in a store and is no object of it.

    Attributes:
        name: its key below the store's root as it is, `os.fsdecode`'s halves of characters included.
        why: in plain words, such as `a named pipe`.
    """

    name: str
    why: str


@dataclass(frozen=True)
class Looked:
    """What a look found.

    Attributes:
        objects: path, size, last_modified, e_tag and version of each, as obstore gives them.
        folders: those right below, where the look was not deep.
        left_out: what lies there beside them, by name; `TOLD` at most.
    """

    objects: list[Any] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave(self, name: str, why: str) -> None:
        """Keep that something was left out."""
        if len(self.left_out) < TOLD:
            self.left_out.append(LeftOut(name, why))


def look(store: "ObjectStore", prefix: str | None = None, *, deep: bool = True) -> Looked:
    """What lies below `prefix`, or right below it where the look is not `deep`; nothing where nothing is there.

    Raises what obstore raises where the store, or the folder `prefix` itself, cannot be read, and ValueError for a
    prefix that is no key.
    """
    from obstore.store import LocalStore, S3Store

    folder = (prefix or "").strip("/")
    if isinstance(store, LocalStore) and store.prefix and not (folder and problem_of(folder)):
        return _in_order(_on_disk(store, folder, deep=deep))
    if isinstance(store, S3Store):
        return _in_order(again(lambda: _in_bucket(store, folder, deep=deep)))
    return _as_told(store, folder, deep=deep)


def check_file(store: "ObjectStore", path: str) -> None:
    """Raise StoreError where a pipe, a socket or a device lies at `path` on a disk: reading it may never end."""
    from obstore.store import LocalStore

    if not isinstance(store, LocalStore) or not store.prefix:
        return
    try:
        mode = os.stat(on_disk(f"{store.prefix}/{path}")).st_mode  # noqa: PTH116
    except (OSError, ValueError):  # who reads it tells why
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        kind = _kind(mode, linked=False)
        raise StoreError(
            f"{visible(f'{store.prefix}/{path}')}: is {kind} where a file is needed. Move it away."
        )


def _in_order(looked: Looked) -> Looked:
    looked.objects.sort(key=lambda meta: meta["path"])
    looked.folders.sort()
    looked.left_out.sort(key=lambda left: left.name)
    return looked


def _as_told(store: "ObjectStore", folder: str, *, deep: bool) -> Looked:
    """What obstore tells, without the empty names of a bucket's markers of folders."""
    if deep:
        listed = again(
            lambda: [meta for page in store.list(folder or None, chunk_size=1000) for meta in page]
        )
        return Looked(objects=[meta for meta in listed if meta["path"] not in {"", folder}])
    here = again(lambda: store.list_with_delimiter(folder or None))
    return Looked(
        objects=[meta for meta in here["objects"] if meta["path"] not in {"", folder}],
        folders=[name for name in here["common_prefixes"] if name],
    )


def _in_bucket(store: "S3Store", folder: str, *, deep: bool) -> Looked:
    """As obstore tells it, unless it cannot take a key, or may have told the marker of a folder as a file."""
    from obstore.exceptions import GenericError, InvalidPathError

    if not deep and (pages := _by_key(store, folder, deep=False)):
        return pages
    try:
        told = _complete(store, folder) if deep else _as_told(store, folder, deep=False)
    except (InvalidPathError, GenericError) as error:
        if type(error) is GenericError and "invalid list response" not in str(error):
            raise
        pages = _by_key(store, folder, deep=deep)
        if pages is None and type(error) is GenericError:
            raise strange(store, folder, "what came is no listing") from None
        if pages is None:
            raise
        return pages
    if any(_may_be_marker(meta) for meta in told.objects):
        return _by_key(store, folder, deep=deep) or told
    return told


def _complete(store: "S3Store", folder: str) -> Looked:
    """What obstore tells of all below `folder`, asked for until nothing follows the last key.

    It takes an HTML page for the end of the listing, and follows a token that came before for ever.
    """
    return Looked(objects=[meta for meta in all_keys(store, folder) if meta["path"] not in {"", folder}])


def _may_be_marker(meta: Any) -> bool:
    """Of the key `a/`, which stands for an empty folder, obstore tells `a`."""
    return not meta["size"] and not meta["path"].rpartition("/")[2].startswith((".", "_"))


def _by_key(store: "S3Store", folder: str, *, deep: bool) -> Looked | None:
    """The same by boto3, which takes any key; None where it cannot be had."""
    from botocore.exceptions import BotoCoreError, ClientError

    def sort_in() -> Looked:
        looked = Looked()
        for key, meta in each_key(store, folder, deep=deep):
            _sort_in(looked, key, meta, folder)
        return looked

    try:
        return sort_in() if deep else in_time(sort_in, store)
    except (BotoCoreError, ClientError):
        return None


def _sort_in(looked: Looked, key: str, meta: Any, folder: str) -> None:
    if key == (folder and f"{folder}/"):  # the marker of the folder itself
        return
    name = key.removesuffix("/")
    problem = problem_of(name)
    if problem or (meta and meta["size"] and key.endswith("/")):
        looked.leave(key, problem or "its key ends in a slash")
    elif meta is None:
        looked.folders.append(name)
    elif not key.endswith("/"):
        looked.objects.append(meta)


def _on_disk(store: "LocalStore", folder: str, *, deep: bool) -> Looked:
    walk = _Walk(top=str(store.prefix))
    waiting: list[str] = []
    try:
        walk.enter(folder, waiting)
    except (FileNotFoundError, NotADirectoryError):
        return Looked()
    except OSError:
        _as_told(store, folder, deep=deep)  # raises as any other fault of the store
        raise
    if not deep:
        walk.found.folders.extend(waiting)
        return walk.found
    while waiting:
        walk.try_to_enter(waiting.pop(), waiting)
    return walk.found


@dataclass(kw_only=True)
class _Walk:
    top: str
    found: Looked = field(default_factory=Looked)
    linked: set[_Identity] = field(default_factory=set)
    repeats: int = 0
    holders: set[_Identity] = field(default_factory=set)  # folders around the one that is walked, once needed

    def try_to_enter(self, folder: str, waiting: list[str]) -> None:
        """Like `enter`, and a folder that cannot be read is left out."""
        try:
            self.enter(folder, waiting)
        except (FileNotFoundError, NotADirectoryError):  # it went away meanwhile
            return
        except OSError as error:
            if error.errno not in _REFUSALS:
                raise
            self.found.leave(folder, f"a folder: {_REFUSALS[error.errno]}")

    def enter(self, folder: str, waiting: list[str]) -> None:
        """Take the files of a folder, and let its folders wait for their turn."""
        self.holders.clear()
        with os.scandir(self._place(folder)) as entries:
            for entry in entries:
                part = of_store(entry.name)
                name = f"{folder}/{part}" if folder else part
                if problem := problem_of(part):
                    self.found.leave(name, problem)
                elif status := self._status(entry, name):
                    self._take(entry, name, status, waiting)

    def _status(self, entry: os.DirEntry[str], name: str) -> os.stat_result | None:
        """What the disk knows of a file or folder, or of what a link leads to. It opens nothing."""
        try:
            return entry.stat()
        except FileNotFoundError:
            if entry.is_symlink():
                self.found.leave(name, _NOWHERE)
        except NotADirectoryError:
            self.found.leave(name, _NOWHERE)
        except OSError as error:
            if error.errno not in _REFUSALS:
                raise
            self.found.leave(name, _REFUSALS[error.errno])
        return None

    def _take(self, entry: os.DirEntry[str], name: str, status: os.stat_result, waiting: list[str]) -> None:
        if stat.S_ISDIR(status.st_mode):
            if problem := self._no_way_into(entry, name, status):
                self.found.leave(name, problem)
            else:
                waiting.append(name)
        elif not stat.S_ISREG(status.st_mode):
            self.found.leave(name, _kind(status.st_mode, linked=entry.is_symlink()))
        elif _UNFINISHED.fullmatch(entry.name):
            self.found.leave(name, "a file that was not written to its end")
        else:
            self.found.objects.append(_meta(name, status))

    def _no_way_into(self, entry: os.DirEntry[str], name: str, status: os.stat_result) -> str:
        """Why a folder is not walked: it would never end, or nearly so."""
        if name.count("/") >= DEEPEST:
            return f"a folder that lies deeper than {DEEPEST} others"
        if not entry.is_symlink():
            return ""
        identity = (status.st_dev, status.st_ino)
        if identity in self._around(name):
            return "a link into a folder that holds it"
        self.repeats += identity in self.linked
        self.linked.add(identity)
        return f"one of more than {REPEATS} links to the same folders" if self.repeats > REPEATS else ""

    def _around(self, name: str) -> set[_Identity]:
        """Each folder that holds `name`: by the way that was walked, and by the disk."""
        walked = Path(self._place(name))
        if not self.holders:
            for folder in {*walked.parents, walked.parent.resolve(), *walked.parent.resolve().parents}:
                status = folder.stat()
                self.holders.add((status.st_dev, status.st_ino))
        return self.holders

    def _place(self, folder: str) -> str:
        return on_disk(f"{self.top}/{folder}" if folder else self.top)


def _kind(mode: int, *, linked: bool) -> str:
    kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "no regular file")
    return f"a link to {kind}" if linked else kind


def _meta(name: str, status: os.stat_result) -> dict[str, Any]:
    """As obstore tells it, whose e_tag stands in the signatures of days that were learned."""
    written = status.st_mtime_ns // 1000
    try:
        moment = _EPOCH + dt.timedelta(microseconds=written)
    except OverflowError:
        moment = dt.datetime.max.replace(tzinfo=dt.timezone.utc)
    e_tag = f'"{status.st_ino:x}-{max(written, 0):x}-{status.st_size:x}"'
    return {"path": name, "last_modified": moment, "size": status.st_size, "e_tag": e_tag, "version": None}
