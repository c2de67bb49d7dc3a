"""What MODULE:NAME names: a pipeline, or something else that one brings; and which pipelines installed packages name."""

import functools
import importlib
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from ml_assets.core.definition_rules import REFERENCE
from ml_assets.core.installed import points
from ml_assets.core.pipeline import Declared
from ml_assets.core.raised_at import raised_at
from ml_assets.errors import MlAssetsError, RefusedError

ENTRY_POINTS = "ml_assets.pipelines"  # the group in which an installed package names its pipelines
DEFAULT = (
    "ml_assets.default_pipeline"  # the group in which this package names what is meant where nobody names one
)


def object_at(place: str) -> Any:
    """What MODULE:NAME names; ImportError or AttributeError where there is none, and what the module itself raises."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


def find_pipeline(place: Any) -> Declared:
    """The pipeline that a `Declared.reference` names, or one that is given as it is.

    Raises:
        RefusedError: there is none, or its module cannot be loaded: then the file and line are named.
        MlAssetsError: what it declares is refused.
    """
    if isinstance(place, Declared):
        return place
    pipeline = _loaded(str(place)) if REFERENCE.match(str(place)) else None
    if not isinstance(pipeline, Declared):
        raise RefusedError(["pipeline: there is none. Allowed: MODULE:NAME of a pipeline."])
    return pipeline


def _loaded(place: str) -> Any:
    """What a reference names; None where there is none. RefusedError where the module raises an error."""
    module, _, name = place.partition(":")
    try:
        return getattr(importlib.import_module(module), name, None)
    except MlAssetsError:
        raise
    except (Exception, SystemExit) as error:  # it is somebody else's code, and may raise anything
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            return None
        raise RefusedError([f"pipeline: cannot be loaded. Mend {raised_at(error)}"]) from error


def installed_pipelines() -> Mapping[str, str]:
    """The references of the pipelines that installed packages name, by the name of their entry point."""
    return {point.name: point.value for point in points(ENTRY_POINTS)}


@functools.cache
def default_reference() -> str:
    """Where that pipeline is which is meant where neither a call nor the settings name one."""
    points = [*metadata.distribution("ml-assets").entry_points.select(group=DEFAULT)]
    if not points:
        raise RefusedError(["pipeline: none is named. Allowed: MODULE:NAME, or install ml_assets again."])
    return str(points[0].value)


@functools.cache
def default_pipeline() -> Declared:
    """That pipeline; loaded when it is asked for."""
    return find_pipeline(default_reference())


def is_at(pipeline: Declared, reference: str) -> bool:
    """Whether a reference names this very pipeline; nothing is loaded for that."""
    module, _, name = reference.partition(":")
    return vars(sys.modules.get(module, object)).get(name) is pipeline
