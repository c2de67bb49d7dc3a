"""How many threads linear algebra and OpenMP may have: of them hang the last digits of a sum, and what else runs beside it."""

import functools
import importlib
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

POOLS = {
    "lightgbm": "lightgbm",
    "numpy": "numpy.linalg",
    "scikit-learn": "sklearn.utils",
    "scipy": "scipy.linalg",
    "torch": "torch",
    "xgboost": "xgboost",
}
"""What loads the threads of a distribution that has some: a limit reaches those only that are loaded by then."""


@contextmanager
def limited_threads(limit: int, *, packages: Collection[str]) -> Iterator[None]:
    """Within, linear algebra has so many threads: how sums are split among more of them moves their last digits.

    Args:
        limit: threads of each library.
        packages: the distributions whose libraries may be used; those that bring threads are loaded first.
    """
    threaded = [POOLS[name] for name in packages if name in POOLS]
    for module in threaded:
        with suppress(ImportError):  # the function that needs it says so
            importlib.import_module(module)
    if not threaded:
        yield
        return
    with at_most(blas=limit, openmp=limit):
        yield


def at_most(*, blas: int, openmp: int) -> Any:
    """A context within which the libraries of linear algebra, and those of OpenMP, have so many threads at most."""
    return _controller(len(sys.modules)).limit(limits={"blas": blas, "openmp": openmp})


def threads_of_process() -> int:
    """Those that OpenMP has in this process: joblib and Dask give each of theirs a share of the cores."""
    from joblib import cpu_count

    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(given) if given.isdigit() and int(given) else int(cpu_count())


@functools.lru_cache(maxsize=1)
def _controller(_modules: int) -> "ThreadpoolController":
    """It looks through all libraries of the process, which takes milliseconds; new ones come with new modules."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
