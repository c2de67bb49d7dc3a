"""The days for which the store holds all that a pipeline makes of exactly these parameters."""

import datetime as dt
from collections.abc import Collection, Iterator
from functools import reduce

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import value_text
from ml_assets.core.slices import trial_assets
from ml_assets.storage.artifact_store import ArtifactStore


def days_made(
    parameters: Parameters, days: Collection[dt.date], *, pipeline: Declared, store: ArtifactStore
) -> frozenset[dt.date]:
    """Those of the days for which the store holds the end of the pipeline, made with exactly these parameters.

    The end is the last asset that all of the parameters decide, and what follows it: an asset of a smaller slice may
    have been made by a run of others. Nothing else of the store is looked at.
    """
    names, whole = list(pipeline.assets), trial_assets(pipeline)
    end = names[names.index(whole[-1]) :] if whole else names

    def stored(left: frozenset[dt.date], asset: str) -> frozenset[dt.date]:
        keys = (pipeline.key(asset, parameters, day) for day in sorted(left))
        return frozenset(key.as_of for key in store.stored(keys))

    return reduce(stored, end, frozenset(days))


def days_stored(
    asset: str, parameters: Parameters, *, pipeline: Declared, store: ArtifactStore
) -> Iterator[dt.date]:
    """Each as_of for which the store holds an asset that was made with exactly these parameters."""
    values = pipeline.identity(parameters, asset)
    about = {name: value_text(values[name]) for name in pipeline.path if name in values}
    days = store.day_folders(asset, folder=pipeline.folder)
    same = {day.as_of for day in days if day.folder == pipeline.folder and dict(day.values) == about}
    keys = (pipeline.key(asset, parameters, day) for day in sorted(same))
    return (key.as_of for key in store.stored(keys))
