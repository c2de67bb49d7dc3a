"""A disk that forgets: what a power cut may leave of a recorded series of operations, after each of them.

No file system of one's own is needed: `recorded` notes each operation that the store asks of the operating system, and
`cuts` gives every tree that may be found afterwards when the power goes after each of them. What POSIX promises is
kept and nothing else: bytes are there once their file was synced, a name once its folder was. Of what was not synced any part
may be there: each subset of the names, and of the bytes none, half, all, or as many zeros.
"""

import itertools
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath

from ml_assets.storage import disk

BYTES = {
    "none": lambda _: b"",
    "half": lambda data: data[: len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
    "all": lambda data: data,
}
EVERY_SUBSET = 6  # of more names that are not synced: none, all, each alone, and all but each


@dataclass(eq=False)
class Node:
    """A file with its bytes, as written and as synced, or a folder."""

    is_folder: bool = False
    data: bytes = b""
    synced: bytes | None = None


@dataclass(frozen=True)
class Event:
    """One operation: `name` gives `node` this path, `forget` a path to nothing, `rename` does both; `write`, `sync`, `told`."""

    kind: str
    path: str = ""
    node: Node | None = None
    data: object = b""


@dataclass
class Recorder:
    """Stands in for the module `os`; does what it is asked and notes it. `deaf` to a sync, it does nothing."""

    root: str
    deaf: frozenset = frozenset()
    events: list[Event] = field(default_factory=list)
    _open: dict[int, tuple[str, Node]] = field(default_factory=dict)
    _names: dict[str, Node] = field(default_factory=dict)

    def __getattr__(self, name):
        return getattr(os, name)

    def _note(self, kind, path="", node=None, data=b""):
        self.events.append(Event(kind, os.path.relpath(path, self.root) if path else "", node, data))

    def told(self, what):
        """Somebody is told now that this is done."""
        self._note("told", data=what)

    def open(self, path, flags, mode=0o777):
        handle = os.open(path, flags, mode)
        node = self._names.setdefault(path, Node(is_folder=bool(flags & os.O_DIRECTORY)))
        if flags & os.O_CREAT:
            self._note("name", path, node)
        self._open[handle] = (path, node)
        return handle

    def close(self, handle):
        self._open.pop(handle)
        os.close(handle)

    def write(self, handle, data):
        done = os.write(handle, data)
        path, node = self._open[handle]
        self._note("write", path, node, bytes(data[:done]))
        return done

    def fsync(self, handle):
        path, node = self._open[handle]
        if ("folders" if node.is_folder else "files") not in self.deaf:
            os.fsync(handle)
            self._note("sync", path, node)

    def mkdir(self, path):
        os.mkdir(path)  # noqa: PTH102
        self._names[path] = Node(is_folder=True)
        self._note("name", path, self._names[path])

    def link(self, path, to):
        os.link(path, to)
        self._names[to] = self._names[path]
        self._note("name", to, self._names[path])

    def unlink(self, path):
        os.unlink(path)  # noqa: PTH108
        del self._names[path]
        self._note("forget", path)

    def replace(self, path, to):
        os.replace(path, to)  # noqa: PTH105
        self._names[to] = self._names.pop(path)
        self._note("rename", to, self._names[to], os.path.relpath(path, self.root))

    rename = replace


@contextmanager
def recorded(root, *, deaf=()):
    """Note what the store does below `root`, an empty folder that is on the disk; `deaf` to syncs of `files` or `folders`."""
    recorder = Recorder(str(root), frozenset(deaf))
    kept, disk.os = disk.os, recorder
    try:
        yield recorder
    finally:
        disk.os = kept


def cuts(events):
    """Each tree that a power cut may leave, once, with what had been told by then: (path -> bytes, None for a folder)."""
    seen = set()
    for end in range(len(events) + 1):
        told = [event.data for event in events[:end] if event.kind == "told"]
        for tree in trees(events[:end]):
            state = (len(told), frozenset(tree.items()))
            if state not in seen:
                seen.add(state)
                yield tree, told


def trees(events):
    """Those that may be left when the power goes right after these operations."""
    names, unsynced = [], []
    for event in events:
        if event.kind == "write":
            event.node.data += event.data
        elif event.kind == "sync" and event.node.is_folder:
            unsynced = [number for number in unsynced if not _touches(names[number], event.path)]
        elif event.kind == "sync":
            event.node.synced = event.node.data
        elif event.kind != "told":
            unsynced.append(len(names))
            names.append(event)
    try:
        for lost in _subsets(unsynced):
            here = _applied([event for number, event in enumerate(names) if number not in lost])
            yield from _with_bytes(here)
    finally:
        for event in events:
            if event.kind == "write":
                event.node.data, event.node.synced = b"", None


def last(events):
    """The tree where nothing is lost."""
    *_, tree = trees(events)
    return tree


def _touches(event, folder):
    """Whether syncing the folder settles this name; a rename between two folders is settled by either."""
    paths = [event.path, event.data] if event.kind == "rename" else [event.path]
    return any(str(PurePath(path).parent) == folder for path in paths)


def _subsets(unsynced):
    """What may be lost of the names that are not synced, the whole first and nothing last."""
    if len(unsynced) <= EVERY_SUBSET:
        sizes = range(len(unsynced), -1, -1)
        return [set(lost) for size in sizes for lost in itertools.combinations(unsynced, size)]
    alone = [{number} for number in unsynced]
    return [set(unsynced), *(set(unsynced) - one for one in alone), *alone, set()]


def _applied(names):
    """The nodes by their path that these operations leave; what lies in a folder whose name is lost is lost."""
    here = {".": None}
    for event in names:
        if event.kind == "rename":
            here.pop(event.data, None)
        if event.kind == "forget":
            here.pop(event.path, None)
        else:
            here[event.path] = event.node
    return {path: node for path, node in here.items() if node and _is_held(path, here)}


def _is_held(path, here):
    above = str(PurePath(path).parent)
    return above == "." or (above in here and _is_held(above, here))


def _with_bytes(here):
    """The tree with each choice of bytes that were not synced; `all` comes last."""
    unsure = any(not node.is_folder and node.synced != node.data for node in here.values())
    for part in BYTES.values() if unsure else (BYTES["all"],):
        yield {
            path: None if node.is_folder else node.data if node.synced == node.data else part(node.data)
            for path, node in here.items()
        }
