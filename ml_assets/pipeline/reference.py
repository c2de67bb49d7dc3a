"""A pipeline by the place where another process finds it: `shop.demand:demand`."""

import importlib
from typing import Any

from ml_assets.core.pipeline import Declared
from ml_assets.errors import RefusedError


def reference(pipeline: Declared) -> str:
    """The module and the name under which a pipeline is found; RefusedError where it is in no module by name."""
    if not pipeline.reference:
        raise RefusedError(
            [f"pipeline: {pipeline.name} is no name of the module that makes it. Define it at its top level."]
        )
    return pipeline.reference


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
