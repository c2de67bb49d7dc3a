"""Every write of the project to a store goes through here: on a local disk it is synced before it counts as done."""

import contextlib
import os
from typing import TYPE_CHECKING

from ml_assets.core.artifact import RUN
from ml_assets.storage import disk
from ml_assets.storage.again import again
from ml_assets.storage.bucket_listing import hasty
from ml_assets.storage.names import on_disk

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore


def put(store: "ObjectStore", path: str, body: bytes) -> None:
    """Let `path` hold these bytes, whatever was there. A reader sees the old ones or the new ones, whole."""
    place = _on_disk(store, path)
    if place:
        disk.write(place, body)
        _renew(place)
    else:
        _in_time(store).put(path, body)


def put_once(store: "ObjectStore", path: str, body: bytes) -> None:
    """Let `path` hold these bytes if nothing is there. Raises obstore's AlreadyExistsError where something is.

    When the answer of an object store is lost, the request is sent again and may find what the first one has put.
    """
    from obstore.exceptions import AlreadyExistsError

    place = _on_disk(store, path)
    if not place:
        again(lambda: _in_time(store).put(path, body, mode="create"))
        return
    try:
        disk.write(place, body, create=True)
        _renew(place)
    except FileExistsError as error:
        raise AlreadyExistsError(f"{place} is there") from error


def move(store: "ObjectStore", path: str, to: str) -> None:
    """Let what is at `path` be at `to` instead."""
    place, target = _on_disk(store, path), _on_disk(store, to)
    if place and target:
        disk.move(place, target)
        _renew(place)
    else:
        again(lambda: store.rename(path, to))


def _renew(place: str) -> None:
    """Give the folder of the day, in which a file of an artifact was written, the time of now.

    A manifest that is replaced leaves it as it is, and by its state listings know whether anything has changed there.
    What comes before the manifest of a commit does so too: a writer that is killed right after it is noticed.
    """
    day, run, _ = place.rpartition(f"/{RUN}=")
    if run:
        with contextlib.suppress(OSError):
            os.utime(day)


def _in_time(store: "ObjectStore") -> "ObjectStore":
    """The store with a limit for each request, where it is a bucket."""
    from obstore.store import S3Store

    return hasty(store) if isinstance(store, S3Store) else store


def _on_disk(store: "ObjectStore", path: str) -> str | None:
    """The absolute path of a file, or None where the store is no folder. ValueError for a path that may lead elsewhere."""
    from obstore.store import LocalStore

    if not isinstance(store, LocalStore):
        return None
    if any(part in ("", ".", "..") or "\0" in part for part in path.split("/")):
        raise ValueError(f"the path {path!r} has an empty or dotted part")
    return on_disk(f"{store.prefix}/{path}")
