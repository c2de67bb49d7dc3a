"""A pipeline by the place where another process finds it: `shop.demand:demand`."""

import importlib
import sys
from typing import Any

from ml_assets.core.pipeline import Declared
from ml_assets.errors import RefusedError


def reference(pipeline: Declared) -> str:
    """The module and the name under which a pipeline is found; RefusedError where it is in no module by name."""
    for module in {asset.function.__module__ for asset in pipeline.assets.values()}:
        for name, value in vars(sys.modules.get(module, object)).items():
            if value is pipeline:
                return f"{module}:{name}"
    raise RefusedError(
        [f"pipeline: {pipeline.name} is not at the top level of the module of its assets. Define it there."]
    )


def find(place: Any) -> Declared:
    """The pipeline of a reference, or one that is given as it is.

    Raises:
        RefusedError: there is none.
    """
    if isinstance(place, Declared):
        return place
    module, _, name = str(place).partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        found = None
    if not isinstance(found, Declared):
        raise RefusedError(["pipeline: there is none. Allowed: MODULE:NAME of a pipeline."])
    return found
