"""Where an asset's body meets Dagster: an error of ours is told in our words, first and without a trace.

Any other error Dagster wraps in one of its own, which then speaks first, above twenty lines of trace.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import dagster as dg

from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.resources.refusal import LaunchRefusedError

P = ParamSpec("P")
Result = TypeVar("Result")


@contextmanager
def our_words() -> Iterator[None]:
    """Raise refusals and failures of ours as errors that Dagster passes on as they are."""
    try:
        yield
    except RefusedError as error:
        raise LaunchRefusedError(error.problems) from None
    except MlAssetsError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def in_our_words(body: Callable[P, Iterator[Result]]) -> Callable[P, Iterator[Result]]:
    """The same body of an asset, told in our words."""

    @functools.wraps(body)
    def worded(*args: P.args, **kwargs: P.kwargs) -> Iterator[Result]:
        with our_words():
            yield from body(*args, **kwargs)

    return worded
