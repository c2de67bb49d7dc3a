"""The days for which the store holds all that a pipeline makes of exactly these parameters."""

import datetime as dt
from collections.abc import Iterator
from functools import reduce

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import value_text
from ml_assets.core.slices import trial_assets
from ml_assets.storage.artifact_store import ArtifactStore


def days_made(parameters: Parameters, *, pipeline: Declared, store: ArtifactStore) -> frozenset[dt.date]:
    """Each as_of for which the store holds the end of the pipeline, made with exactly these parameters.

    The end is the last asset that all of the parameters decide, and what follows it: an asset of a smaller slice may
    have been made by a run of others.
    """
    names, whole = list(pipeline.assets), trial_assets(pipeline)
    end = names[names.index(whole[-1]) :] if whole else names
    days = (frozenset(days_stored(asset, parameters, pipeline=pipeline, store=store)) for asset in end)
    return reduce(frozenset.__and__, days)


def days_stored(
    asset: str, parameters: Parameters, *, pipeline: Declared, store: ArtifactStore
) -> Iterator[dt.date]:
    """Each as_of for which the store holds an asset that was made with exactly these parameters."""
    values = pipeline.identity(parameters, asset)
    about = {name: value_text(values[name]) for name in pipeline.path if name in values}
    for key in store.keys(asset, folder=pipeline.folder):
        named = key.folder == pipeline.folder and dict(key.values) == about
        if named and key.run_id == pipeline.run_id(parameters, key.as_of, asset):
            yield key.as_of
