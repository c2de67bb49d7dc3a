"""The one place that names a pipeline: what is meant where nobody names one, such as `submit(url, parameters=...)`."""

import functools
import importlib

from ml_assets.core.pipeline import Declared

USUAL = "ml_assets.pipelines.tabular:tabular"


@functools.cache
def usual_pipeline() -> Declared:
    """The pipeline that is meant where none is named; loaded when it is asked for."""
    module, _, name = USUAL.partition(":")
    found = getattr(importlib.import_module(module), name)
    assert isinstance(found, Declared)
    return found
