"""The keys of a bucket as boto3 lists them, page by page: any key, where obstore takes only those without odd parts."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import S3Store

PAGE = 1_000  # keys

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def each_key(store: "S3Store", folder: str, *, deep: bool) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each key below `folder`, relative to the store's root, and what is known of its object.

    Of a key that only begins with a folder's name, where the listing is not `deep`, nothing is known.
    Raises what boto3 raises.
    """
    root = f"{store.prefix}/" if store.prefix else ""
    start = f"{root}{folder}/" if folder else root
    asked = {
        "Bucket": store.config["bucket"],
        "Prefix": start,
        "MaxKeys": PAGE,
        **({} if deep else {"Delimiter": "/"}),
    }
    for page in _client(store).get_paginator("list_objects_v2").paginate(**asked):
        for item in page.get("Contents", ()):
            key = item["Key"][len(root) :]
            yield key, _meta(key, item)
        for item in page.get("CommonPrefixes", ()):
            yield item["Prefix"][len(root) :], None


def _meta(key: str, item: Any) -> dict[str, Any]:
    """In the form of obstore."""
    return {
        "path": key,
        "last_modified": item["LastModified"],
        "size": item["Size"],
        "e_tag": item.get("ETag"),
        "version": None,
    }


def _client(store: "S3Store") -> Any:
    """A client of boto3 that asks where `store` asks, as the same one and as patiently."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    config, options, retries = store.config, store.client_options or {}, store.retry_config or {}
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
            connect_timeout=_seconds(options.get("connect_timeout"), default=5),
            read_timeout=_seconds(options.get("read_timeout"), default=60),
            retries={"mode": "standard", "total_max_attempts": retries.get("max_retries", 9) + 1},
        ),
    )


def _seconds(text: Any, *, default: float) -> float:
    """Seconds of a duration as obstore writes it, such as `1m 30s`."""
    parts = re.findall(r"(\d+)(h|ms|m|us|ns|s)", str(text))
    return sum(int(number) * _SECONDS[unit] for number, unit in parts) or default
