"""Requests of pages, as they come in: read no further than allowed, and from pages of the same origin alone."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from ml_assets.errors import RefusedError

MOST_BYTES = 1_000_000
JSON = "application/json"
_BODY = "body: {what}. Allowed: a JSON object of at most 1 MB."
_OTHERS = "origin: another site. Allowed: pages of this server alone."


class TooLargeError(RefusedError):
    """The body is larger than is read."""


class ForeignError(RefusedError):
    """A page of another site asks."""


async def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object that a page of this server sends.

    Raises:
        ForeignError: it comes from elsewhere.
        TooLargeError: it has more than 1 MB; no more is read.
        RefusedError: it is no JSON object.
    """
    refuse_foreign(request.headers)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise RefusedError([f"Content-Type: not JSON. Allowed: {JSON}."])
    text = bytearray()
    async for piece in request.stream():
        text += piece
        if len(text) > MOST_BYTES:
            raise TooLargeError([_BODY.format(what="too large")])
    return _parsed(bytes(text))


def refuse_foreign(headers: Mapping[str, str]) -> None:
    """ForeignError where the browser says that a page of another site asks.

    Programs that are no browsers say nothing of that, and may ask. A proxy may change `Host`, so what the browser itself
    says of the two comes first.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        is_foreign = site not in ("same-origin", "none")
    else:
        is_foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if is_foreign:
        raise ForeignError([_OTHERS])


def _parsed(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise RefusedError([_BODY.format(what="not JSON")]) from None
    if not isinstance(found, dict):
        raise RefusedError([_BODY.format(what="not a table")])
    return found


def _refuse_constant(_: str) -> None:
    raise ValueError
