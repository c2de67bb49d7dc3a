"""Requests sent again whose connection broke off, where obstore leaves that to us.

obstore sends a request again after an error of the server, and after a broken connection where that cannot do
harm. It does not do so for a put that may not replace anything (it might find itself), for the listing whose
answer was cut short, and for the answer that says in a text which was cut short that nothing is there. Nor does
it know an answer that cannot be the store's.
"""

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ml_assets.errors import StoreAnswerError
from ml_assets.storage.deadline import time_left

if TYPE_CHECKING:  # loading it costs more than all of the package
    from obstore.store import ObjectStore

TIMES = 6
PAUSE = 0.1  # seconds, doubled each time
PATIENCE = 60.0  # seconds after which a request is not sent again

_BROKEN_OFF = re.compile(r"kind: (Interrupted|Timeout)\b")
_WAS_REPEATED = re.compile(r"after (\d+) retries, max_retries: (\d+)")

T = TypeVar("T")


def again(request: Callable[[], T]) -> T:
    """What `request` returns, asked up to `TIMES` times. It must do no harm when it is done twice."""
    from obstore.exceptions import BaseError

    until = time.monotonic() + min(PATIENCE, time_left())
    for attempt in range(TIMES - 1):
        try:
            return request()
        except (BaseError, StoreAnswerError) as error:
            hopeful = isinstance(error, StoreAnswerError) or _may_be_asked_again(str(error))
            if not hopeful or time.monotonic() > until:
                raise
        time.sleep(PAUSE * 2**attempt)
    return request()


def _may_be_asked_again(text: str) -> bool:
    """The connection broke off, and obstore has not sent it as often as it may by itself."""
    sent = _WAS_REPEATED.search(text)
    return bool(_BROKEN_OFF.search(text)) and not (sent and int(sent[1]) >= int(sent[2]))


def list_all(store: "ObjectStore", prefix: str | None = None) -> list[Any]:
    """What is known of each object below `prefix` that can be read; `looking.look` tells what was left out."""
    from ml_assets.storage.looking import look

    return look(store, prefix).objects


def list_here(store: "ObjectStore", prefix: str | None = None) -> dict[str, list[Any]]:
    """The `objects` and `common_prefixes` right below `prefix`."""
    from ml_assets.storage.looking import look

    looked = look(store, prefix, deep=False)
    return {"objects": looked.objects, "common_prefixes": looked.folders}
