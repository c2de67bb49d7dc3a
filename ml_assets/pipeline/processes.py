"""Processes of this machine that work for this one, by joblib: when they start, and with what they end."""

import importlib
import os
import signal
import threading
import time
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

_SLOW = {  # in this order: skops looks through all modules that are there
    "scikit-learn": "sklearn.ensemble",
    "skops": "skops.io",
    "matplotlib": "matplotlib.figure",
    "polars": "polars",
}
LOOK_SECONDS = 0.5  # how often a process looks whether that which started it is still there
_QUIET = "ignore:resource_tracker:UserWarning"


class _Holders:
    """How many keep the processes, and whether there are any."""

    count = 0
    started = False
    lock = threading.RLock()


@contextmanager
def processes() -> Iterator[None]:
    """Processes that are started within stay for the next call, and end here; within another one, there.

    Where an error leads out, all of them end at once, whoever waits for them. A process of Dagster's for a run waits for its children
    before it ends, and idle ones of joblib's stay for minutes: a step holds this, and in the shell a command.
    """
    with _Holders.lock:
        _Holders.count += 1
    kill = True
    try:
        yield
        kill = False
    finally:
        with _Holders.lock:
            _Holders.count -= 1
            if _Holders.started and (kill or not _Holders.count):
                _end(kill=kill)


def start_workers(count: int, packages: Collection[str]) -> Iterator[None]:
    """Start processes that `load` these distributions, without waiting for them; the iterator ends when they have.

    Keep it until then: joblib cancels what nobody holds. That one of them is ended meanwhile is no error: those that
    work load what they need themselves. To be called within `processes`.
    """
    if count == 1:
        return iter(())
    from joblib import delayed

    return _until_loaded(start(count, (delayed(load)(packages) for _ in range(count))))


def start(count: int, tasks: Iterable[Any]) -> Any:
    """The results of joblib's tasks as they come, made by so many processes; to be called within `processes`.

    A process that gained much memory, or waited too long just as work comes, is replaced, of which joblib warns in the
    thread that hands out work. Where warnings are errors that thread would end, and whoever wants a result would never
    get one.
    """
    from joblib import Parallel, parallel_config

    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given", UserWarning)
    _quieten_trackers()
    with _Holders.lock, _no_keyboard(), parallel_config("loky", initializer=_follow, initargs=(os.getpid(),)):
        _Holders.started = True
        return Parallel(n_jobs=count, return_as="generator_unordered", batch_size=1)(tasks)


def cores() -> int:
    """The cores that this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


def _end(*, kill: bool) -> None:
    from joblib.externals.loky import get_reusable_executor

    with warnings.catch_warnings():  # of how joblib ends them where it finds neither psutil nor pgrep
        warnings.simplefilter("ignore")
        get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=kill)
    _Holders.started = False


@contextmanager
def _no_keyboard() -> Iterator[None]:
    """What is started within never gets the interrupts of the keyboard, which go to all processes of a command.

    It would print a traceback. The process that started it gets them, and ends it. A mask of signals is inherited by
    threads and by processes, from their first instruction on.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _quieten_trackers() -> None:
    """Of a process that was killed, the trackers that clean up after it would warn, long after its last words."""
    given = os.environ.get("PYTHONWARNINGS", "")
    if _QUIET not in given:
        os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (given, _QUIET)))


def _follow(started_by: int) -> None:
    """In a worker, first of all: end when the process that started it has ended, whatever is under way."""

    def look() -> None:
        while os.getppid() == started_by:
            time.sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def _until_loaded(loading: Iterator[None]) -> Iterator[None]:
    from joblib.externals.loky.process_executor import BrokenProcessPool

    with suppress(BrokenProcessPool):
        yield from loading


def load(packages: Collection[str]) -> None:
    """Import what takes long of these distributions, which functions would else import when they are called."""
    for name, module in _SLOW.items():
        if name in packages:
            with suppress(ImportError):  # the function that needs it says so
                importlib.import_module(module)
