"""The keys of a bucket as boto3 lists them, page by page: any key, where obstore takes only those without odd parts.

Each page is seen to be a listing: obstore takes a well-written HTML page for an empty one.
"""

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from ml_assets.storage.answers import asked_at, place_of, strange
from ml_assets.storage.deadline import within

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import S3Store

PAGE = 1_000  # keys
PATIENCE = 60.0  # seconds for a look that is no more than some pages
CLIENT_LIVES = 300.0  # seconds: its credentials are not renewed
LISTING = (
    "IsTruncated",
    "KeyCount",
    "Name",
    "MaxKeys",
    "Contents",
    "CommonPrefixes",
)  # a listing has one of them

_BACK = "its listing leads back to a page that came before"

T = TypeVar("T")

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def each_key(store: "S3Store", folder: str, *, deep: bool) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each key below `folder`, relative to the store's root, and what is known of its object.

    Of a key that only begins with a folder's name, where the listing is not `deep`, nothing is known.
    Raises what boto3 raises.
    """
    root = _root(store)
    asked = {**_asked(store, folder), "MaxKeys": PAGE, **({} if deep else {"Delimiter": "/"})}
    for page in _pages(store, asked):
        for item in page.get("Contents", ()):
            key = item["Key"][len(root) :]
            yield key, _meta(key, item)
        for item in page.get("CommonPrefixes", ()):
            yield item["Prefix"][len(root) :], None


def key_after(store: "S3Store", folder: str, last: str) -> str:
    """The first key below `folder` that sorts after the key `last`, or nothing. Raises like `each_key`."""
    root = _root(store)
    asked = {**_asked(store, folder), "MaxKeys": 1}
    page = next(_pages(store, {**asked, "StartAfter": f"{root}{last}"} if last else asked))
    return "".join(item["Key"][len(root) :] for item in page.get("Contents", ())[:1])


def in_time(act: Callable[[], T], store: "S3Store") -> T:
    """What `act` returns; OutOfTimeError where it takes longer than PATIENCE: boto3 waits for each byte anew."""
    return within(PATIENCE, act, what=f"a listing of {place_of(store)}{asked_at(store)}", kind="listing")


def _root(store: "S3Store") -> str:
    return f"{store.prefix}/" if store.prefix else ""


def _asked(store: "S3Store", folder: str) -> dict[str, Any]:
    root = _root(store)
    return {"Bucket": store.config["bucket"], "Prefix": f"{root}{folder}/" if folder else root}


def _pages(store: "S3Store", asked: dict[str, Any]) -> Iterator[Any]:
    """Pages that are a listing; StoreAnswerError for one that is none, or that leads back to an earlier one."""
    from botocore.exceptions import PaginationError
    from botocore.parsers import ResponseParserError

    tokens: set[str] = set()
    try:
        for page in _client_of(store).get_paginator("list_objects_v2").paginate(**asked):
            if not any(name in page for name in LISTING):
                raise strange(store, "", "what came is no listing")
            if (token := page.get("NextContinuationToken", "")) in tokens:
                raise strange(store, "", _BACK)
            tokens |= {token} - {""}
            yield page
    except PaginationError:
        raise strange(store, "", _BACK) from None
    except ResponseParserError:
        raise strange(store, "", "what came is no listing") from None


def _meta(key: str, item: Any) -> dict[str, Any]:
    """In the form of obstore."""
    return {
        "path": key,
        "last_modified": item["LastModified"],
        "size": item["Size"],
        "e_tag": item.get("ETag"),
        "version": None,
    }


def _client_of(store: "S3Store") -> Any:
    """One client for each store, made anew before its credentials are too old."""
    kept = vars(store).get("_listing_client")
    if not kept or time.monotonic() - kept[0] > CLIENT_LIVES:
        kept = vars(store)["_listing_client"] = (time.monotonic(), _client(store))
    return kept[1]


def _client(store: "S3Store") -> Any:
    """A client of boto3 that asks where `store` asks, as the same one and as patiently."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    config, options = store.config, store.client_options or {}
    given: Any = store.credential_provider() if store.credential_provider else {}
    return boto3.session.Session().client(
        "s3",
        endpoint_url=config.get("endpoint_url_s3"),
        region_name=config.get("region"),
        aws_access_key_id=given.get("access_key_id"),
        aws_secret_access_key=given.get("secret_access_key"),
        aws_session_token=given.get("token"),
        config=Config(
            signature_version=None if given else UNSIGNED,
            s3={"addressing_style": "path"},
            connect_timeout=seconds_of(options.get("connect_timeout"), default=5),
            read_timeout=seconds_of(options.get("read_timeout"), default=60),
            retries={
                "total_max_attempts": 1
            },  # what fails is asked of obstore, which has the patience that was set
        ),
    )


def seconds_of(text: Any, *, default: float) -> float:
    """Seconds of a duration as obstore writes it, such as `1m 30s`."""
    parts = re.findall(r"(\d+)(h|ms|m|us|ns|s)", str(text))
    return sum(int(number) * _SECONDS[unit] for number, unit in parts) or default
