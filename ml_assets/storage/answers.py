"""Whether what a store answered can be what it holds: a proxy's page and half a body come with status 200 too.

What S3 answers has an ETag and is no HTML page, its body is as long as it said, and keeps coming. What has no ETag, or is
called a page and does not begin like one, counts where the listing knows an object of that size. What does not fit is asked
again, and then told as the store's fault (StoreAnswerError), never as damage of what is stored.
"""

import hashlib
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ml_assets.core.foreign_text import visible
from ml_assets.errors import StoreAnswerError, StoreError
from ml_assets.storage.again import again, list_all, list_here
from ml_assets.storage.probe import what_stands_there
from ml_assets.text import count

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

WINDOW = 60.0  # seconds in which LEAST must come
LEAST = 60_000  # bytes
ADVICE = "Nothing was taken for damaged. Check ML_ASSETS_S3__ENDPOINT_URL, and what is on the way: a proxy, a login"

_PAGE = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_NO_PAGES = (".json", ".toml", ".parquet", ".skops", ".png")  # text of somebody's own asset may be HTML
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
_VOUCHES = re.compile(r"(?:^|/)(?:data-([0-9a-f]{16})\.\w+|history/\w+-([0-9a-f]{12})\.json)$")


def is_page(body: bytes) -> bool:
    """Whether these bytes begin like an HTML page."""
    return bool(_PAGE.match(body[:2000]))


def read_body(store: "ObjectStore", path: str, *, admit: Callable[[int], None] = lambda _: None) -> bytes:
    """The bytes at `path`; `admit` is told how many they are before they come, and may refuse them.

    Raises what obstore and `admit` raise, and StoreAnswerError for what cannot be an object of the store.
    """
    return _read(store, path, may_be_page=not path.endswith(_NO_PAGES), admit=admit)


def _read(
    store: "ObjectStore", path: str, *, may_be_page: bool, admit: Callable[[int], None] = lambda _: None
) -> bytes:
    answer = store.get(path)
    admit(int(answer.meta["size"]))
    if _is_near(store):
        return bytes(answer.bytes())
    body, kind = _steadily(store, path, answer), str(answer.attributes.get("Content-Type", ""))
    called_page, marked = kind.partition(";")[0].strip().lower() == "text/html", answer.meta["e_tag"]
    if not (may_be_page and marked) and (
        is_page(body) or (called_page and _listed_size(store, path) != len(body))
    ):
        leads = what_stands_there(_endpoint(store))
        raise strange(store, path, f"an HTML page came where an object was asked for{leads and f'; {leads}'}")
    _refuse_unmarked(store, answer.meta)
    if len(body) != answer.meta["size"]:
        raise strange(store, path, f"{count(len(body), 'byte')} came of {answer.meta['size']}")
    return body


def head(store: "ObjectStore", path: str) -> Any:
    """What the store tells of `path` without sending it. Raises like `read_body`."""
    meta = store.head(path)
    _refuse_unmarked(store, meta)
    return meta


def confirmed(store: "ObjectStore", path: str) -> bytes | None:
    """What is at `path`, or None: read once more, because it is not what it should be, and held against what the store says.

    Raises StoreAnswerError where the store contradicts itself, so that nothing can be said of what it holds.
    """
    from obstore.exceptions import NotFoundError

    try:
        return again(lambda: _held_against_head(store, path))
    except (FileNotFoundError, NotFoundError):
        if not _is_near(store) and _listed_size(store, path) is not None:
            raise strange(store, path, "it lists an object and says that it is not there") from None
        return None


def _held_against_head(store: "ObjectStore", path: str) -> bytes:
    body = _read(store, path, may_be_page=False)
    if _is_near(store):
        return body
    meta = head(store, path)
    if meta["size"] != len(body):
        raise strange(store, path, f"{count(len(body), 'byte')} came of an object of {meta['size']}")
    md5 = _MD5.fullmatch(meta["e_tag"] or "")
    if md5 and md5[1] != _md5(body) and _etags_are_md5(store, path):
        raise strange(store, path, "other bytes came than those of the object's ETag")
    if _listed_size(store, path) not in (len(body), None):
        raise strange(store, path, f"{count(len(body), 'byte')} came of an object that it lists with others")
    return body


def _etags_are_md5(store: "ObjectStore", path: str) -> bool:
    """Whether ETags there are MD5s. Those of objects that S3 encrypts with a key of KMS look like it and are none.

    A file beside it whose name tells its SHA-256 shows it.
    """
    folder = path.rpartition("/")[0].removesuffix("/history")
    for meta in list_all(store, folder or None):
        digest = _VOUCHES.search(meta["path"])
        if not digest or meta["path"] == path:
            continue
        body = read_body(store, meta["path"])
        if hashlib.sha256(body).hexdigest().startswith(digest[1] or digest[2]):
            return _md5(body) in (head(store, meta["path"])["e_tag"] or "")
    return True


def _listed_size(store: "ObjectStore", path: str) -> int | None:
    """The size that a listing tells; None where it tells of no such object, or where nobody lets us list."""
    from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

    try:
        listed = list_here(store, path.rpartition("/")[0] or None)["objects"]
    except (PermissionDeniedError, UnauthenticatedError):
        return None
    return next((int(meta["size"]) for meta in listed if meta["path"] == path), None)


def _steadily(store: "ObjectStore", path: str, answer: Any) -> bytes:
    """All of a body; StoreError where less than LEAST bytes of it come in WINDOW seconds."""
    parts, began, came = [], time.monotonic(), 0
    for part in answer.stream(min_chunk_size=1):
        parts.append(bytes(part))
        came += len(part)
        if time.monotonic() - began > WINDOW:
            if came < LEAST:
                raise StoreError(
                    f"{place_of(store, path)}: the store sends too slowly: {count(came, 'byte')} in {WINDOW:.0f} seconds"
                    f"{asked_at(store)}. Check the network, then run it again."
                )
            began, came = time.monotonic(), 0
    return b"".join(parts)


def _refuse_unmarked(store: "ObjectStore", meta: Any) -> None:
    """S3 gives every object an ETag. Where something on the way drops it, the listing has to know the object."""
    if meta["e_tag"] or _is_near(store):
        return
    if _listed_size(store, meta["path"]) != meta["size"]:
        raise strange(
            store, meta["path"], "an answer without an ETag came, of what it does not list like that"
        )


def strange(store: "ObjectStore", path: str, what: str) -> StoreAnswerError:
    """The error for an answer that cannot be the store's: of which file, from where, and what came instead."""
    return StoreAnswerError(
        f"{place_of(store, path)}: the store does not answer as a store does: {what}{asked_at(store)}. {ADVICE}."
    )


def place_of(store: "ObjectStore", path: str = "") -> str:
    """The URI of a file of a bucket, for people; of another store the path alone."""
    bucket = getattr(store, "config", {}).get("bucket", "")
    parts = (f"s3://{bucket}" if bucket else "", str(getattr(store, "prefix", None) or ""), path)
    return visible("/".join(part for part in parts if part))


def asked_at(store: "ObjectStore") -> str:
    """` (ENDPOINT)` of a bucket, for the end of a message; nothing of another store."""
    return f" ({endpoint})" if (endpoint := _endpoint(store)) else ""


def _endpoint(store: "ObjectStore") -> str:
    return str(getattr(store, "config", {}).get("endpoint_url_s3", ""))


def _is_near(store: "ObjectStore") -> bool:
    from obstore.store import LocalStore, MemoryStore

    return isinstance(store, (LocalStore, MemoryStore))


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
