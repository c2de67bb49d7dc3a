"""Whether two roots are one place, however they are written: links, `..`, schemes, slashes, the address of a store.

A root inside another one is not apart from it either: who cleans up the outer one finds the inner one in it.
"""

import re
from collections.abc import Hashable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ml_assets.core.s3_access import S3Access
from ml_assets.errors import SettingsError, StoreError
from ml_assets.storage.buckets import find_session, is_bucket
from ml_assets.storage.object_store import local_path

_LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::")  # noqa: S104  (who asks there is answered here)
_AWS = re.compile(r"(^|\.)amazonaws\.com(\.cn)?$")
_PORTS = {"http": 80, "https": 443}
Location = tuple[Hashable, ...]


def location(root: str, access: S3Access) -> Location:
    """What a root is, then what holds it, up to the top of the disk or of the bucket; equal for equal places."""
    try:
        folder = local_path(root)
    except SettingsError:  # nothing can be read or written there
        return (root,)
    if folder is not None:
        real = _resolved(folder)
        return tuple(map(_identity, (real, *real.parents)))
    scheme, _, rest = root.partition("://")
    name, *parts = [part for part in unquote(rest).split("/") if part] or [""]
    store = (scheme.lower(), _server(access) if is_bucket(root) else "", name)
    return tuple((*store, *parts[:length]) for length in range(len(parts), -1, -1))


def overlap(first: Location, second: Location) -> str:
    """What the first environment is to the second by their roots, in words; nothing where they are apart."""
    if first[0] == second[0]:
        return "has the same root as"
    if second[0] in first:
        return "lies in the root of"
    return "holds the root of" if first[0] in second else ""


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        return folder


def _identity(folder: Path) -> Hashable:
    """The same for one folder under several names, as on a disk that ignores case or is mounted twice."""
    try:
        stat = folder.stat()
    except OSError:
        return str(folder)
    return stat.st_dev, stat.st_ino


def _server(access: S3Access) -> str:
    """The store that is asked; names of buckets are one space in all of AWS."""
    try:
        endpoint = find_session(access).endpoint
    except StoreError:  # nobody is to ask, and so nothing is read or written there
        endpoint = access.endpoint_url
    parts = urlsplit(endpoint)
    host = (parts.hostname or "").rstrip(".")
    if not host or _AWS.search(host):
        return "aws"
    port, path = parts.port or _PORTS.get(parts.scheme, 0), parts.path.rstrip("/")
    return f"{_LOOPBACK[0] if host in _LOOPBACK else host}:{port}{path}"
