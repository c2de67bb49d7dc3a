"""Files of a local disk that a power cut leaves whole: bytes are synced before their name, names before what needs them.

A file is written beside its place, under `NAME#1`, and gets its name when its bytes are on the disk; then its folder
is synced, so that the name is there too. When a function returns, what it did outlives the power.
"""

import contextlib
import errno
import itertools
import os

_NOT_FOR_FOLDERS = (errno.EACCES, errno.EINVAL, errno.ENOTSUP)  # a disk, or a right, that syncs no folder


def write(place: str, data: bytes, *, create: bool = False) -> None:
    """Let `place` be a file of these bytes, whole or not at all, and synced with its folder.

    Args:
        place: an absolute path; folders that it needs are made.
        data: all of the file.
        create: only where nothing has that name. Of two writers one gets it.

    Raises:
        FileExistsError: with `create`, something is there.
        OSError: it cannot be written; then nothing has changed.
    """
    beside = _write_beside(place, data)
    try:
        (os.link if create else os.replace)(beside, place)
    except BaseException:
        _remove(beside)
        raise
    if create:
        _remove(beside)  # after a replace the name may be another writer's
    _sync_folder(os.path.dirname(place))  # noqa: PTH120


def move(place: str, to: str) -> None:
    """Give a file another name on the same disk, never none; both folders are synced, the new one first."""
    folders = [os.path.dirname(name) for name in (to, place)]  # noqa: PTH120
    make_folders(folders[0])
    os.rename(place, to)  # noqa: PTH104
    for folder in folders:
        _sync_folder(folder)


def make_folders(folder: str) -> None:
    """Make a folder and those above it that are missing, each synced into the one above it."""
    if os.path.isdir(folder):  # noqa: PTH112
        return
    above = os.path.dirname(folder)  # noqa: PTH120
    make_folders(above)
    try:
        os.mkdir(folder)  # noqa: PTH102
    except FileExistsError:
        if not os.path.isdir(folder):  # noqa: PTH112
            raise
    _sync_folder(above)  # also where another writer has just made it: he may not come to this


def _write_beside(place: str, data: bytes) -> str:
    """The name of a synced file of these bytes in the folder of `place`."""
    beside, handle = _open_beside(place)
    try:
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
    except BaseException:
        _remove(beside)
        raise
    return beside


def _remove(beside: str) -> None:
    """What stays is a leftover that `verify` knows."""
    with contextlib.suppress(OSError):
        os.unlink(beside)  # noqa: PTH108


def _open_beside(place: str) -> tuple[str, int]:
    """A new file, under the first number that no other writer, living or dead, has taken."""
    for number in itertools.count(1):
        beside = f"{place}#{number}"
        with contextlib.suppress(FileExistsError):
            try:
                return beside, _open_new(beside)
            except FileNotFoundError:
                make_folders(os.path.dirname(place))  # noqa: PTH120
                return beside, _open_new(beside)
    raise AssertionError


def _open_new(name: str) -> int:
    return os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sync_folder(folder: str) -> None:
    """Sync the names in a folder, where the disk and our rights allow it."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
