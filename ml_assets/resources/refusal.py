"""A refusal that Dagster passes on as it is: our words come first, on every page that tells of it.

Any other error of a function that Dagster calls is wrapped in Dagster's own, which then speaks first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from ml_assets.errors import MlAssetsError, RefusedError


class LaunchRefusedError(RefusedError, dg.DagsterError):
    """A launch was refused; no run exists. For its attributes see RefusedError."""


@contextmanager
def at_launch() -> Iterator[None]:
    """Turn what is raised inside the block into a LaunchRefusedError, without a trace of what was typed."""
    try:
        yield
    except RefusedError as error:
        raise LaunchRefusedError(error.problems) from None
    except MlAssetsError as error:  # the settings cannot be used
        raise LaunchRefusedError([str(error)]) from None


@contextmanager
def passed_on() -> Iterator[None]:
    """Raise errors of ours as they are, and as failures of a step too: Dagster tells these first, and may try again."""
    try:
        yield
    except RefusedError as error:
        raise LaunchRefusedError(error.problems) from None
    except MlAssetsError as error:
        failure = _failure(type(error))(f"{error}")
        dg.Failure.__init__(failure, f"{error}")
        raise failure from error.__cause__


def _failure(kind: type[MlAssetsError]) -> Any:
    """That kind of error which is a dg.Failure too; whoever catches the kind catches it."""
    return type(kind.__name__, (kind, dg.Failure), {"__module__": kind.__module__})
