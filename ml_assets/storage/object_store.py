"""Where bytes live: a local folder, memory or an object store, opened from one kind of name."""

import errno
import functools
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ml_assets.core.foreign_text import visible
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import ArtifactNotFoundError, MlAssetsError, SettingsError, StoreError
from ml_assets.storage import disk
from ml_assets.storage.buckets import is_bucket, open_bucket
from ml_assets.storage.explain import DISK, explain, is_missing_bucket

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

REMOTE_SCHEMES = ("s3", "gs", "az")
SCHEMES = ("file", "memory", *REMOTE_SCHEMES)

_SCHEME = re.compile(r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_OPENING = threading.Lock()  # two threads that open one memory:// name must get one store


def open_store(root: str, *, create: bool = False, access: S3Access = USUAL_S3) -> "ObjectStore":
    """The store behind `root`: a path, `file://`, `memory://NAME`, or an object store's URI such as `s3://`.

    A local folder is made only with `create=True`. Without it, a folder that does not exist is an empty
    store, so that reading leaves no trace. `access` says how S3 is reached. Raises SettingsError for a scheme
    that is not known, StoreError where there are no credentials for S3, or where no folder is in its place.
    """
    from obstore.store import LocalStore, MemoryStore

    folder = local_path(root)
    if folder is None:
        with _OPENING:
            return open_bucket(root, access) if is_bucket(root) else _shared_store(root)
    check_place(folder)
    if create:
        disk.make_folders(str(folder))
    return LocalStore(folder) if folder.is_dir() else MemoryStore()


def check_place(folder: Path) -> None:
    """Raise StoreError where a file, a pipe or a link to nowhere is in the place of a folder."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise StoreError(f"{visible(str(folder))}: {DISK[errno.ENOTDIR]}.")


def local_path(root: str) -> Path | None:
    """The absolute folder that `root` names, or None where it is not on a local disk.

    Raises SettingsError for an empty root and for a scheme that is not known.
    """
    match = _SCHEME.match(root)
    scheme = match["scheme"].lower() if match else "file"
    if scheme not in SCHEMES or not root:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise SettingsError(f"root: cannot be used ({scheme}://). Allowed: a path, or one of {known}.")
    if scheme != "file":
        return None
    return (_path_of_uri(root) if match else Path(root)).absolute()


@contextmanager
def store_errors(uri: str) -> Iterator[None]:
    """Turn what a store or the disk raises inside the block into the StoreError family, naming `uri`.

    The one place where this is done. Errors of our own family pass unchanged; ValueError is what obstore
    raises for a path it refuses, such as one with `..` in it. What S3 answers may hold what was signed, so
    that it is no cause of what is raised.
    """
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except MlAssetsError:
        raise
    except (BaseError, OSError, ValueError) as error:
        cause = None if is_bucket(uri) else error
        if isinstance(error, (FileNotFoundError, NotFoundError)) and not is_missing_bucket(error):
            raise ArtifactNotFoundError(
                f"Nothing is stored at {uri}. Check the root and the name."
            ) from cause
        raise StoreError(f"Cannot use {uri}: {explain(error)}.") from cause


@functools.cache
def _shared_store(root: str) -> "ObjectStore":
    """One client per URI and process: memory keeps its content, remote stores their connections."""
    from obstore.store import MemoryStore, from_url

    return MemoryStore() if root.lower().startswith("memory://") else from_url(root)


def _path_of_uri(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.netloc not in {"", "localhost"} or not parts.path:
        raise SettingsError("root: a file:// URI must name a local folder. Allowed: file:///absolute/path.")
    return Path(unquote(parts.path))
