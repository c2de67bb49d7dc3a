"""What the decorator of an asset may say of how it is made."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ml_assets.core.asset import Making, Takes
from ml_assets.core.parameters import Parameters

MOST_THREADS = 1024
_MODULE = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_WINDOW = 'Write window=lambda p: {"sales": 7 * p.weeks}'


def making_problems(making: Making, takes: Mapping[str, Takes], slice_: type[Parameters]) -> Iterator[str]:
    """What is wrong with what a decorator says, given the arguments and the class of parameters of its function."""
    threads = making.threads
    if not isinstance(threads, int) or isinstance(threads, bool) or not 1 <= threads <= MOST_THREADS:
        yield f"threads is no whole number from 1 to {MOST_THREADS}. Write threads=2."
    if not isinstance(making.recorded, bool):
        yield "recorded is neither True nor False. Write @asset(recorded=True)."
    yield from _files(making.files)
    yield from _code(making.code)
    if making.window is not None:
        yield from _window(making.window, takes, slice_)


def _files(files: Any) -> Iterator[str]:
    if not _are_texts(files):
        yield 'files is no list of patterns. Write files=["prompts/*.md"].'
        return
    for pattern in files:
        if pattern.startswith(("/", "~")) or ".." in pattern.split("/") or "\\" in pattern or ":" in pattern:
            yield (
                f"files: {pattern} leads out of the folder of its module. Write a pattern of what lies in it: prompts/*.md."
            )


def _code(code: Any) -> Iterator[str]:
    if not _are_texts(code):
        yield 'code is no list of modules. Write code=["shared_lib"].'
        return
    for name in code:
        if not _MODULE.match(name):
            yield f"code: {name} is no name of a module. Write it as in an import: shared_lib.prices."


def _are_texts(given: Any) -> bool:
    return isinstance(given, tuple | list) and all(isinstance(item, str) and item for item in given)


def _window(
    window: Callable[[Any], Any], takes: Mapping[str, Takes], slice_: type[Parameters]
) -> Iterator[str]:
    if "rows" not in takes.values():
        yield "it has a window, and asks for no rows. Take rows: Rows, or leave the window out."
    elif not callable(window):
        yield f"window is no function of the parameters. {_WINDOW}."
    else:
        yield from _window_of_defaults(window, slice_)


def _window_of_defaults(window: Callable[[Any], Any], slice_: type[Parameters]) -> Iterator[str]:
    """A window that fails for the defaults fails for everybody who launches without parameters."""
    try:
        days = window(slice_())
    except Exception as error:  # noqa: BLE001  (it is foreign code, and may raise anything)
        yield f"its window fails for the default parameters ({type(error).__name__}). {_WINDOW}, of what it takes."
        return
    if problem := window_problem(days):
        yield f"its window {problem}"


def window_problem(days: Any) -> str:
    """What is wrong with what a window gives; "" where nothing is."""
    if not isinstance(days, Mapping) or not days or not all(isinstance(name, str) for name in days):
        return f"gives no table of days by data set. {_WINDOW}."
    wrong = [
        name for name, many in days.items() if not isinstance(many, int) or isinstance(many, bool) or many < 0
    ]
    return f"gives {wrong[0]} no whole number of days. {_WINDOW}." if wrong else ""
