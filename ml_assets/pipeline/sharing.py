"""What trials of a sweep have in common: the assets whose slices lack what only some assets depend on."""

import datetime as dt

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared


def shared_assets(pipeline: Declared) -> tuple[str, ...]:
    """The assets that do not depend on all parameters: made once for all trials that agree on what decides them."""
    whole = pipeline.parameters.model_fields.keys()
    return tuple(name for name, asset in pipeline.assets.items() if asset.slice.model_fields.keys() != whole)


def own_assets(pipeline: Declared) -> tuple[str, ...]:
    """The assets that each trial has for itself."""
    shared = shared_assets(pipeline)
    return tuple(name for name in pipeline.assets if name not in shared)


def shared_name(pipeline: Declared, parameters: Parameters, as_of: dt.date) -> str:
    """What names all that a trial shares with others on a day; "" where that is nothing."""
    keys = (pipeline.key(asset, parameters, as_of) for asset in shared_assets(pipeline))
    return "|".join(key.exact for key in keys)
