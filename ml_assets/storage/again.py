"""Requests sent again whose connection broke off, where obstore leaves that to us.

obstore sends a request again after an error of the server, and after a broken connection where that cannot do
harm. It does not do so for a put that may not replace anything (it might find itself) and for the listing
whose answer was cut short.
"""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

TIMES = 6
PAUSE = 0.1  # seconds, doubled each time

_BROKEN_OFF = re.compile(r"kind: (Interrupted|Timeout)\b")
_WAS_REPEATED = re.compile(r"after \d+ retries")

T = TypeVar("T")


def again(request: Callable[[], T]) -> T:
    """What `request` returns, asked up to `TIMES` times. It must do no harm when it is done twice."""
    from obstore.exceptions import BaseError

    for attempt in range(TIMES - 1):
        try:
            return request()
        except BaseError as error:
            if not _BROKEN_OFF.search(str(error)) or _WAS_REPEATED.search(str(error)):
                raise
        time.sleep(PAUSE * 2**attempt)
    return request()


def list_all(store: "ObjectStore", prefix: str | None = None) -> list[Any]:
    """What is known of each object below `prefix`, a thousand a request."""
    return again(lambda: [meta for page in store.list(prefix, chunk_size=1000) for meta in page])


def list_here(store: "ObjectStore", prefix: str | None = None) -> Any:
    """The `objects` and `common_prefixes` right below `prefix`."""
    return again(lambda: store.list_with_delimiter(prefix))
