"""The days of a run, one after the other: what was made is told to Dagster even where another day failed."""

import datetime as dt
from collections.abc import Callable, Sequence

import dagster as dg

from ml_assets.adapter.record import record_made
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.day import Made
from ml_assets.storage.artifact_store import ArtifactStore


def each_day(
    context: dg.AssetExecutionContext,
    days: Sequence[dt.date],
    make: Callable[[dt.date], Made],
    *,
    store: ArtifactStore,
) -> list[Made]:
    """What `make` makes of each day, or dg.Failure with the reason of each day that failed."""
    done = {day: _tried(make, day) for day in days}
    made = [item for item in done.values() if isinstance(item, Made)]
    if len(made) < len(done):
        for item in made:
            record_made(context, item, store=store)
        lines = [f"{day}: {error}" for day, error in done.items() if not isinstance(error, Made)]
        raise dg.Failure("\n".join(lines), allow_retries=False)
    return made


def _tried(make: Callable[[dt.date], Made], day: dt.date) -> Made | MlAssetsError:
    """What came of a day, or why nothing did."""
    try:
        return make(day)
    except MlAssetsError as error:
        return error
