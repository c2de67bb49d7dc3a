"""Work side by side: in processes of this machine, by joblib, or on an existing Dask cluster, by its client."""

import asyncio
import os
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any, TypeVar

from ml_assets.core.options import DASK
from ml_assets.errors import RefusedError, TrainingError
from ml_assets.pipeline.processes import cores, processes, start

Key = TypeVar("Key")
Value = TypeVar("Value")

TIMEOUT = 20  # seconds to find a scheduler, and to hear from a worker
TRIES_BESIDE_OTHERS = 2  # of a task that was under way when a process was ended; the last one is alone
ENDED = "Its process was ended from outside, most often because memory ran out. What was committed stays."
_ONE_AT_A_TIME = threading.Lock()  # a fit caps threads and turns warnings into errors for all of its process


def side_by_side(
    function: Callable[..., Value],
    tasks: Mapping[Key, tuple[Any, ...]],
    *,
    workers: int,
    engine: str = "",
) -> Iterator[tuple[Key, Value | TrainingError]]:
    """Call `function` with the arguments of each task; each result as soon as it is there, with its key.

    A process that is ended from outside takes those beside it with it: what was under way is tried again after all
    others, in the end with nothing beside it, and is a TrainingError where its process is ended even then. What
    `function` raises, this raises.

    Args:
        function: can be imported by name in another process.
        tasks: arguments by key.
        workers: processes at once on this machine; 1 is this process itself. A cluster knows its own.
        engine: `dask://HOST:PORT`, or "" for this machine.

    Raises:
        RefusedError: no cluster answers there, or the package that speaks to it is not here.
    """
    if engine:
        yield from _on_cluster(function, tasks, engine=engine)
    elif workers == 1:
        for key, arguments in tasks.items():
            yield key, function(*arguments)
    else:
        with processes():
            yield from _in_processes(function, tasks, workers=workers)


def _in_processes(
    function: Callable[..., Value], tasks: Mapping[Key, tuple[Any, ...]], *, workers: int
) -> Iterator[tuple[Key, Value | TrainingError]]:
    from joblib.externals.loky.process_executor import BrokenProcessPool

    waiting = dict(tasks)
    ended: Counter[Key] = Counter()  # how often a process was ended while a task was under way
    while beside := [key for key in waiting if ended[key] < TRIES_BESIDE_OTHERS]:
        given: list[Key] = []
        in_turn = {key: waiting[key] for key in sorted(beside, key=ended.__getitem__)}
        try:
            for key, value in _run(function, in_turn, workers=workers, given=given):
                del waiting[key]
                yield key, value
        except BrokenProcessPool as error:
            _refuse_unloadable(error)
            ended.update([key for key in given if key in waiting] or beside)
    for key, arguments in waiting.items():
        yield key, _alone(function, key, arguments)


def _refuse_unloadable(error: Exception) -> None:
    """TrainingError where no process was ended from outside, but none can load what it was given.

    joblib says so in words alone; of a process that was ended it raises a subclass.
    """
    if "task has failed to un-serialize" in str(error):
        lines = [line for line in str(error.__cause__).splitlines() if line.strip(' "')]
        reason = next((line for line in lines if line.startswith("ml_assets.errors.")), lines[-1])
        raise TrainingError(
            f"The processes that do the work cannot load it: {reason.partition(': ')[2]}"
        ) from error


def _alone(function: Callable[..., Value], key: Key, arguments: tuple[Any, ...]) -> Value | TrainingError:
    """One task with nothing beside it: where its process is ended now, it is this task that ends it."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:  # with two workers, as one would be this process itself
        return dict(_run(function, {key: arguments}, workers=2, given=[]))[key]
    except BrokenProcessPool:
        return TrainingError(
            f"{ENDED} So it was with nothing beside it. Run it again where there is more memory."
        )


def _run(
    function: Callable[..., Value], tasks: Mapping[Key, tuple[Any, ...]], *, workers: int, given: list[Key]
) -> Iterator[tuple[Key, Value]]:
    """Each result as soon as it is there; `given` gets the keys of tasks as joblib takes them, a few ahead of time."""
    from joblib import delayed

    def taken() -> Iterator[Any]:
        for key, arguments in tasks.items():
            given.append(key)
            yield delayed(_keyed)(key, function, here, arguments)

    here = os.getcwd()  # noqa: PTH109  (a worker may have been started elsewhere)
    results = start(workers, taken())
    try:
        for result in results:  # noqa: UP028  (`yield from` would close it outside of what follows)
            yield result
    finally:
        with warnings.catch_warnings():  # joblib warns of work that is given up, which is what was asked for
            warnings.simplefilter("ignore")
            results.close()


def _keyed(
    key: Key, function: Callable[..., Value], here: str, arguments: tuple[Any, ...]
) -> tuple[Key, Value]:
    return key, _call(function, here, arguments)


def _call(function: Callable[..., Value], here: str, arguments: tuple[Any, ...]) -> Value:
    """In a worker: one task after the other, whatever threads it has."""
    with _ONE_AT_A_TIME:
        if os.path.isdir(here):  # noqa: PTH112
            os.chdir(here)
        return function(*arguments)


def _on_cluster(
    function: Callable[..., Value], tasks: Mapping[Key, tuple[Any, ...]], *, engine: str
) -> Iterator[tuple[Key, Value | TrainingError]]:
    """By Dask's own client, which tries a task again whose worker died.

    joblib's Dask backend waits for ever for a task that Dask itself has given up.
    """
    with _cluster(engine) as client:
        from distributed import as_completed

        here = os.getcwd()  # noqa: PTH109
        futures = {
            client.submit(_call, function, here, arguments, pure=False): key
            for key, arguments in tasks.items()
        }
        for future in as_completed(list(futures)):
            yield futures.pop(future), _outcome(future)


def _outcome(future: Any) -> Any:
    from distributed.scheduler import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return TrainingError(f"{ENDED} Run the rest again, on workers with more memory.")
    except CancelledError:
        return TrainingError("The Dask scheduler went away. What was committed stays. Run the rest again.")


@contextmanager
def _cluster(engine: str) -> Iterator[Any]:
    """The client of a Dask cluster; RefusedError where its library, its scheduler or a worker is not there."""
    if not engine.startswith(DASK):
        raise RefusedError(
            [f"engine: not known. Allowed: nothing, for processes of this machine, or {DASK}HOST:PORT."]
        )
    try:
        from distributed import Client
    except ImportError:
        raise RefusedError(
            ["engine: Dask is not installed. Install it: pip install 'ml-assets[dask]'."]
        ) from None
    address = engine.removeprefix(DASK)
    try:
        client = Client(f"tcp://{address}", timeout=TIMEOUT, set_as_default=True)
    except (OSError, ValueError):
        raise RefusedError(
            [f"engine: no Dask scheduler answers at {address}. Start it, or correct the address."]
        ) from None
    with client:
        if problem := _problem(client):
            raise RefusedError([f"engine: the Dask cluster at {address} {problem}"])
        yield client


def _problem(client: Any) -> str:
    """Why a cluster cannot work for us, or "". It is asked by a task, for which a cluster that grows starts a worker."""
    try:
        client.submit(cores, pure=False).result(timeout=TIMEOUT)
    except asyncio.TimeoutError:
        return "" if client.ncores() else "has no worker. Start one, with ml_assets as it is here."
    except (ImportError, RuntimeError):
        return "cannot load ml_assets. Install it as it is here, for the scheduler and its workers."
    return ""
