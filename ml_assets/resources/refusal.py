"""A refusal that Dagster passes on as it is: our words come first, on every page that tells of it.

Any other error of a function that Dagster calls at launch is wrapped in Dagster's own, which then speaks first.
"""

from collections.abc import Iterator
from contextlib import contextmanager

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
