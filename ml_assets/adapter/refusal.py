"""A refusal that Dagster passes on as it is: our words come first, on every page that tells of it.

Any other error of a function that Dagster calls is wrapped in Dagster's own, which then speaks first.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

import dagster as dg
from dagster._core.errors import DagsterUserCodeProcessError  # no public error is shown without its stack
from dagster_shared.error import SerializableErrorInfo

from ml_assets.errors import MlAssetsError, RefusedError

P = ParamSpec("P")
Result = TypeVar("Result")


class LaunchRefusedError(RefusedError, DagsterUserCodeProcessError):
    """A launch was refused; no run exists. For its attributes see RefusedError.

    Dagster fact: of any other error the pages show the stack below the message, and the name of its class before it. One
    that says of itself that it came from another process is shown as that process is said to have told it.
    """

    def __init__(self, problems: Sequence[str], launch: str = "") -> None:
        super().__init__(problems, launch=launch)
        shown = SerializableErrorInfo(message=f"{self}\n", stack=[], cls_name=type(self).__name__)
        self.user_code_process_error_infos = [shown]


@contextmanager
def at_launch(launch: Callable[[], str] = str) -> Iterator[None]:
    """Turn what is raised inside the block into a LaunchRefusedError, without a trace of what was typed.

    `launch` gives the address of a launchpad that is filled in with what was not refused.
    """
    # not refused: the settings cannot be used
    with _told_as(lambda error: LaunchRefusedError([str(error)]), launch):
        yield


@contextmanager
def our_words(launch: Callable[[], str] = str) -> Iterator[None]:
    """Raise errors of ours as failures of a step that Dagster tells as they are, and does not try again.

    `launch` is as of `at_launch`.
    """
    with _told_as(lambda error: dg.Failure(str(error), allow_retries=False), launch):
        yield


@contextmanager
def passed_on() -> Iterator[None]:
    """Raise errors of ours as they are, and as failures of a step too: Dagster tells these first, and may try again."""
    with _told_as(_failure):
        yield


def in_our_words(body: Callable[P, Iterator[Result]]) -> Callable[P, Iterator[Result]]:
    """The same body of an asset, told in our words."""

    @functools.wraps(body)
    def worded(*args: P.args, **kwargs: P.kwargs) -> Iterator[Result]:
        with our_words():
            yield from body(*args, **kwargs)

    return worded


@contextmanager
def _told_as(other: Callable[[MlAssetsError], Exception], launch: Callable[[], str] = str) -> Iterator[None]:
    """Raise a refusal as that of a launch, and what `other` makes of any other error of ours."""
    try:
        yield
    except RefusedError as error:
        raise LaunchRefusedError(error.problems, launch=error.launch or launch()) from None
    except MlAssetsError as error:
        raised = other(error)
        raise raised from raised.__cause__


def _failure(error: MlAssetsError) -> Any:
    """An error of the same kind which is a dg.Failure too; whoever catches the kind catches it."""
    kind = type(error)
    failure = type(kind.__name__, (kind, dg.Failure), {"__module__": kind.__module__})(f"{error}")
    dg.Failure.__init__(failure, f"{error}")
    failure.__cause__ = error.__cause__
    return failure
