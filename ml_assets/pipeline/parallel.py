"""Work side by side: joblib does it, in processes of this machine or on an existing Dask cluster."""

import importlib
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from ml_assets.core.engine import DASK
from ml_assets.errors import RefusedError, TrainingError

Key = TypeVar("Key")
Value = TypeVar("Value")

TIMEOUT = 20  # seconds to find a scheduler
RESTARTS = 2  # of a pool of processes of which one was ended from outside


def side_by_side(
    function: Callable[..., Value],
    tasks: Mapping[Key, tuple[Any, ...]],
    *,
    workers: int,
    engine: str = "",
) -> Iterator[tuple[Key, Value | TrainingError]]:
    """Call `function` with the arguments of each task; each result as soon as it is there, with its key.

    A process that is ended from outside takes those beside it with it: what is left is tried again with new ones, and
    is a TrainingError where that does not help. What `function` raises, this raises.

    Args:
        function: can be imported by name in another process.
        tasks: arguments by key.
        workers: processes at once on this machine; 1 is this process itself. A cluster knows its own.
        engine: `dask://HOST:PORT`, or "" for this machine.
    """
    if workers == 1 and not engine:
        for key, arguments in tasks.items():
            yield key, function(*arguments)
        return
    waiting = dict(tasks)
    with _backend(engine) as lost:
        for _ in range(1 + RESTARTS):
            try:
                for key, value in _run(function, waiting, workers=workers, engine=engine):
                    del waiting[key]
                    yield key, value
            except lost:
                continue
            return
    error = TrainingError(
        "Its process was ended from outside, most often because memory ran out. What was committed stays. "
        "Run the rest again, with ML_ASSETS_WORKERS=1 if memory is short."
    )
    for key in waiting:
        yield key, error


def start_workers(count: int) -> Iterator[None]:
    """Start processes that load what training needs, without waiting for them; the iterator ends when they have.

    Keep it until then: joblib cancels what nobody holds.
    """
    if count == 1:
        return iter(())
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=count, return_as="generator_unordered")
    return iter(run(delayed(_load)() for _ in range(count)))


def cores() -> int:
    """The cores that this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


def _run(
    function: Callable[..., Value], tasks: Mapping[Key, tuple[Any, ...]], *, workers: int, engine: str
) -> Iterator[tuple[Key, Value]]:
    from joblib import Parallel, delayed

    here = os.getcwd()  # noqa: PTH109  (a worker may have been started elsewhere)
    run = Parallel(
        n_jobs=-1 if engine else workers,
        return_as="generator_unordered",
        batch_size=1,
        pre_dispatch="all" if engine else "2 * n_jobs",
    )
    results = run(delayed(_keyed)(key, function, here, arguments) for key, arguments in dict(tasks).items())
    try:
        yield from results
    finally:
        with warnings.catch_warnings():  # joblib warns of work that is given up, which is what was asked for
            warnings.simplefilter("ignore")
            results.close()


def _keyed(
    key: Key, function: Callable[..., Value], here: str, arguments: tuple[Any, ...]
) -> tuple[Key, Value]:
    if os.path.isdir(here):  # noqa: PTH112
        os.chdir(here)
    return key, function(*arguments)


@contextmanager
def _backend(engine: str) -> Iterator[tuple[type[Exception], ...]]:
    """The place where joblib works, while it does; it gives the errors that mean a lost process."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    if not engine:
        yield (BrokenProcessPool,)
        return
    if not engine.startswith(DASK):
        raise RefusedError(
            [f"engine: not known. Allowed: nothing, for processes of this machine, or {DASK}HOST:PORT."]
        )
    from joblib import parallel_config

    with _cluster(engine.removeprefix(DASK)), parallel_config(backend="dask"):
        from distributed.scheduler import KilledWorker

        yield (KilledWorker,)


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """Be connected to a Dask cluster; RefusedError where its library or its scheduler is not there."""
    try:
        from distributed import Client
    except ImportError:
        raise RefusedError(
            ["engine: Dask is not installed. Install it: pip install 'ml-assets[dask]'."]
        ) from None
    try:
        client = Client(f"tcp://{address}", timeout=TIMEOUT, set_as_default=True)
    except (OSError, ValueError):
        raise RefusedError(
            [f"engine: no Dask scheduler answers at {address}. Start it, or correct the address."]
        ) from None
    with client:
        yield


def _load() -> None:
    for module in ("matplotlib.figure", "polars", "skops.io", "sklearn.ensemble"):
        importlib.import_module(module)
