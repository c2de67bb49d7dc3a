"""A pipeline whose functions tell of each call, and can be made to fail: all else is as it was declared."""

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ml_assets.core.asset import Asset
from ml_assets.core.pipeline import Declared

AnyPipeline = TypeVar("AnyPipeline", bound=Declared)
OnCall = Callable[[str, dt.date], None]
"""Is told the asset and the day before each call; what it raises is raised by the function."""

_DAY = "conformance_as_of"  # one more argument of each function


class _Probed:
    """A function that tells of each call. It has no code of its own, so that its code version is the function's."""

    def __init__(self, asset: str, function: Callable[..., Any], on_call: OnCall) -> None:
        functools.update_wrapper(self, function)
        self._asset, self._function, self._on_call = asset, function, on_call

    def __call__(self, **arguments: Any) -> Any:
        self._on_call(self._asset, arguments.pop(_DAY))
        return self._function(**arguments)


def probed(pipeline: AnyPipeline, on_call: OnCall) -> AnyPipeline:
    """The same pipeline, which tells `on_call` of every call of a function of it in this process."""
    return with_assets(
        pipeline,
        lambda asset: replace(
            asset,
            function=_Probed(asset.name, asset.function, on_call),
            takes={**asset.takes, _DAY: "as_of"},
        ),
    )


def with_assets(pipeline: AnyPipeline, change: Callable[[Asset], Asset]) -> AnyPipeline:
    """The same pipeline with other assets of the same names."""
    pipeline.freeze()
    other = object.__new__(
        type(pipeline)
    )  # a copy would be the pipeline itself: it is one wherever it is found
    other.__dict__.update(pipeline.__dict__)
    other._assets = {name: change(asset) for name, asset in pipeline.assets.items()}
    return other
