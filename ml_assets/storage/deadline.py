"""One end for all that a tick waits for: disks, buckets, webhooks, services of AWS.

A timeout of a connection bounds one read of many, and a disk that does not answer has none. So the work is done in a
thread of its own, which is left behind where it takes too long; while it goes on, the same work is not begun again.
"""

import contextvars
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ml_assets.errors import OutOfTimeError

MOST_LEFT = (
    8  # works of one kind that are left behind, each with a thread: where there are more, none is begun
)
MOST_REMEMBERED = 1_000  # names of works that were late

_END: contextvars.ContextVar[float] = contextvars.ContextVar("end", default=math.inf)
_left: dict[tuple[str, str], threading.Thread] = {}  # by kind and name
_late: Counter[str] = Counter()
_BOTH = threading.Lock()  # for these two: ticks run side by side

T = TypeVar("T")


def time_left() -> float:
    """Seconds until the work that this is part of must have ended; without end, infinity."""
    return _END.get() - time.monotonic()


def times_late(what: str) -> int:
    """How often in a row the work of this name ran out of time, in this process."""
    return _late[what]


def within(seconds: float, work: Callable[[], T], *, what: str, kind: str = "", grace: float = 0.0) -> T:
    """What `work` returns or raises, within some seconds and within the time that is left.

    Args:
        seconds: the time that it has, and that `time_left` tells it.
        work: what is done. Where it runs out of time it goes on by itself, and what it returns is lost.
        what: its name, for people; a second work of one name is not begun beside one that was left behind.
        kind: works of which `MOST_LEFT` may be left behind; by default each name is a kind.
        grace: further seconds, in which it may end by itself.

    Raises:
        OutOfTimeError: it took too long, no time was left for it, or others were left behind.
    """
    kind = kind or what
    seconds = min(seconds, time_left())
    if seconds <= 0:
        raise OutOfTimeError(f"{what}: no time was left for it.")
    _begin(what, kind)
    done: Future[T] = Future()
    thread = threading.Thread(
        target=contextvars.copy_context().run, args=(_do, work, seconds, done), name=what, daemon=True
    )
    thread.start()
    thread.join(seconds + grace)
    if thread.is_alive():
        with _BOTH:
            _left[kind, what] = thread
            _late[what] += 1
        raise OutOfTimeError(f"{what}: no answer within {seconds + grace:.1f} seconds.")
    with _BOTH:
        _late.pop(what, None)
    return done.result()


def _begin(what: str, kind: str) -> None:
    with _BOTH:
        for known in [known for known, thread in _left.items() if not thread.is_alive()]:
            del _left[known]
        kinds = Counter(known for known, _ in _left)
        if (kind, what) not in _left and kinds[kind] < MOST_LEFT:
            return
        if len(_late) > MOST_REMEMBERED:
            _late.clear()
        _late[what] += 1
    raise OutOfTimeError(f"{what}: an earlier request still waits for its answer.")


def _do(work: Callable[[], T], seconds: float, done: "Future[T]") -> None:
    _END.set(time.monotonic() + seconds)
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001  # raised again where the work is waited for
        done.set_exception(error)
