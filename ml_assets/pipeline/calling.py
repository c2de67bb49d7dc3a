"""Calling the functions of a pipeline: their arguments, their threads, and errors that are not of our family."""

import datetime as dt
import functools
import importlib
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from traceback import walk_tb
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ml_assets.core.asset import Takes
from ml_assets.core.parameters import Parameters, part_of
from ml_assets.core.product import Product
from ml_assets.core.resource import secrets_of
from ml_assets.core.rows import Rows
from ml_assets.core.secrets import told
from ml_assets.errors import AssetFunctionError, MlAssetsError

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


def arguments(
    takes: Mapping[str, Takes],
    *,
    slices: Mapping[str, type[Parameters]],
    parameters: Parameters,
    as_of: dt.date,
    product: Callable[[str], Product[Any]],
    rows: Rows | None = None,
    resources: Mapping[str, Any] = MappingProxyType({}),
    tmp: Callable[[], str] = tempfile.gettempdir,
) -> dict[str, Any]:
    """What a function of a pipeline is called with.

    Args:
        takes: what each of its arguments is.
        slices: the class of each that is parameters.
        parameters: all of the pipeline's; it gets the part of this class.
        as_of: the day.
        product: what is stored of an asset, by its name.
        rows: where it asks for rows.
        resources: those that it takes, by argument.
        tmp: makes the folder in which it may write files.
    """
    values: dict[str, Any] = {}
    for name, what in takes.items():
        if what == "parameters":
            values[name] = part_of(parameters, slices[name])
        elif what == "product":
            values[name] = product(name)
        elif what == "tmp":
            values[name] = Path(tmp())
        elif what == "resource":
            values[name] = resources[name]
        else:
            values[name] = product(name).value if what == "value" else {"as_of": as_of, "rows": rows}[what]
    return values


def call(function: Callable[..., Any], arguments: Mapping[str, Any], *, name: str) -> Any:
    """What the function gives; an error that is not of our family becomes one, with its place.

    Raises:
        AssetFunctionError: it raised what is not of our family. Where that says a secret of a resource, its text and its
            trace are not told.
    """
    try:
        return function(**arguments)
    except MlAssetsError:
        raise
    except foreign_errors() as error:
        place = _place(error, function)
        if _says_a_secret(error, secrets_of(arguments.values())):
            raise AssetFunctionError(f"{name} failed: {type(error).__name__} ({place})") from None
        raise AssetFunctionError(f"{name} failed: {told(error)} ({place})") from error


def _says_a_secret(error: BaseException | None, secrets: Collection[str]) -> bool:
    """Whether the text of an error, or of one that it came of, holds a secret: its trace would be logged."""
    chain = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return any(secret in f"{item} {item.args}" for item in chain for secret in secrets)


def foreign_errors() -> tuple[type[BaseException], ...]:
    """What may be contained: a panic of Polars is no Exception. Asked only once something was raised."""
    from polars.exceptions import PanicException

    return Exception, PanicException


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
    with _libraries(len(sys.modules)).limit(limits=limit):
        yield


@functools.lru_cache(maxsize=1)
def _libraries(_modules: int) -> "ThreadpoolController":
    """Those with threads. To look for them takes milliseconds, and new ones come with new modules."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _place(error: BaseException, function: Callable[..., Any]) -> str:
    """Where it was raised: the last line of the function's own file that led there, else of any."""
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    frames = list(walk_tb(error.__traceback__))
    frame, line = next((item for item in reversed(frames) if item[0].f_code.co_filename == file), frames[-1])
    return f"{frame.f_globals.get('__name__', 'unknown')}, line {line}"
