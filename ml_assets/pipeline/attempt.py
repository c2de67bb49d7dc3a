"""One day tried: what was made, and the error that ended it, if one did."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import TrainingParameters
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.day import Day, Made
from ml_assets.pipeline.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The outcome of one as_of: every artifact that was committed, and the error that stopped the rest."""

    as_of: dt.date
    made: tuple[Made, ...]
    error: MlAssetsError | None = None


def attempt(
    parameters: TrainingParameters,
    as_of: dt.date,
    *,
    workspace: Workspace,
    assets: Collection[str] = tuple(CATALOG),
) -> Attempt:
    """Make the assets of one day; an error of ours is part of the outcome, any other is raised."""
    made: list[Made] = []
    try:
        for item in Day(parameters=parameters, as_of=as_of, workspace=workspace).run(assets):
            made.append(item)  # noqa: PERF402  (what was made before an error must not be lost)
    except MlAssetsError as error:
        return Attempt(as_of=as_of, made=tuple(made), error=error)
    return Attempt(as_of=as_of, made=tuple(made))
