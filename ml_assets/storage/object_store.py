"""Where bytes live: a local folder, memory or an object store, opened from one kind of name."""

import errno
import functools
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ml_assets.errors import ArtifactNotFoundError, MlAssetsError, SettingsError, StoreError

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

REMOTE_SCHEMES = ("s3", "gs", "az")
SCHEMES = ("file", "memory", *REMOTE_SCHEMES)

_SCHEME = re.compile(r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_OPENING = threading.Lock()  # two threads that open one memory:// name must get one store
_REMEDIES = {
    errno.ENOSPC: "the disk is full. Free some space, then run it again",
    errno.EDQUOT: "the disk quota is used up. Free some space, then run it again",
    errno.EACCES: "permission denied. Grant this user read and write access, or choose another root",
    errno.EPERM: "permission denied. Grant this user read and write access, or choose another root",
    errno.EROFS: "the file system is read-only. Choose another root",
    errno.ENOTDIR: "a file stands where a folder is needed. Move it away, or choose another root",
    errno.EEXIST: "a file stands where a folder is needed. Move it away, or choose another root",
    errno.EISDIR: "a folder stands where a file is needed. Move it away",
    errno.ENAMETOOLONG: "the name is too long for this disk. Choose a root with a shorter path",
}


def open_store(root: str, *, create: bool = False) -> "ObjectStore":
    """The store behind `root`: a path, `file://`, `memory://NAME`, or an object store's URI such as `s3://`.

    A local folder is made only with `create=True`. Without it, a folder that does not exist is an empty
    store, so that reading leaves no trace. Raises SettingsError for a scheme that is not known.
    """
    from obstore.store import LocalStore, MemoryStore

    folder = local_path(root)
    if folder is None:
        with _OPENING:
            return _shared_store(root)
    if create:
        folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder) if folder.is_dir() else MemoryStore()


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
    raises for a path it refuses, such as one with `..` in it.
    """
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except MlAssetsError:
        raise
    except (FileNotFoundError, NotFoundError) as error:
        raise ArtifactNotFoundError(f"Nothing is stored at {uri}. Check the root and the name.") from error
    except (BaseError, OSError, ValueError) as error:
        raise StoreError(f"Cannot use {uri}: {_explain(error)}.") from error


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


def _explain(error: Exception) -> str:
    """The cause and the next step, in plain words; only the first line of what a store says is used."""
    said = str(error).partition("\n")[0].rstrip(". ")
    code = getattr(error, "errno", None) or _errno_in(str(error))
    if type(error).__name__ in {"PermissionDeniedError", "UnauthenticatedError"}:
        return f"{_REMEDIES[errno.EACCES]} ({said})"
    return (
        f"{_REMEDIES[code]} ({said})" if code in _REMEDIES else f"{said}. Check that the root can be reached"
    )


def _errno_in(text: str) -> int | None:
    """The operating system's error number that obstore writes as `(os error 28)`."""
    match = re.search(r"\(os error (\d+)\)", text)
    return int(match[1]) if match else None
