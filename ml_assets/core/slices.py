"""What the slices of a pipeline's assets say: what trials share, what each makes, what gives the metrics."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_origin, get_type_hints

from ml_assets.core.manifest import Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product


def shared_assets(pipeline: Declared) -> tuple[str, ...]:
    """The assets that a part of the parameters decides, in order: trials that differ in the others share them."""
    return tuple(name for name, asset in pipeline.assets.items() if not _is_whole(asset.slice, pipeline))


def trial_assets(pipeline: Declared) -> tuple[str, ...]:
    """The assets that all of the parameters decide, in order: each trial makes its own."""
    return tuple(name for name, asset in pipeline.assets.items() if _is_whole(asset.slice, pipeline))


def shared_parameters(pipeline: Declared) -> frozenset[str]:
    """The parameters that decide what is shared: where one varies, trials may be of other rows."""
    slices = [pipeline.assets[name].slice for name in shared_assets(pipeline)]
    return frozenset(name for cls in slices for name in cls.model_fields)


def subjects(pipeline: Declared) -> tuple[str, ...]:
    """The parameters that say what a run is about, such as the dataset: those in a path that decide what is shared."""
    shared = shared_parameters(pipeline)
    return tuple(name for name in pipeline.path if name in shared)


def subject(values: Mapping[str, Any], *, pipeline: Declared) -> str:
    """What a run is about: `orders`."""
    return " ".join(str(values[name]) for name in subjects(pipeline) if name in values)


def label(values: Mapping[str, Any], *, pipeline: Declared) -> str:
    """`v2 max_depth=6`: the other parameters in a path, and what is not at its default."""
    about, fields = subjects(pipeline), pipeline.parameters.model_fields
    first = [str(values[name]) for name in pipeline.path if name not in about and name in values]
    rest = [
        f"{name}={value}"
        for name, value in values.items()
        if name not in pipeline.path and (name not in fields or fields[name].default != value)
    ]
    return " ".join([*first, *rest])


def metric_assets(pipeline: Declared) -> tuple[str, ...]:
    """The assets that can give the pipeline's metrics, the likeliest first.

    Only a Product has metrics. Its value is most often a document rather than a table, a model or a text; of several,
    the last is the likeliest.
    """
    names = [name for name, asset in pipeline.assets.items() if _returns_product(asset.function)]
    last_first = list(reversed(names or list(pipeline.assets)))
    return tuple(sorted(last_first, key=lambda name: pipeline.assets[name].format != "json"))


def measured(metrics: Metrics, manifests: Iterable[Manifest]) -> Manifest | None:
    """The first of these artifacts that gives a declared metric."""
    return next((manifest for manifest in manifests if any(map(metrics.get, manifest.metrics))), None)


def _returns_product(function: Callable[..., Any]) -> bool:
    return get_origin(get_type_hints(function).get("return")) is Product


def _is_whole(slice_: type[object], pipeline: Declared) -> bool:
    return issubclass(slice_, pipeline.parameters)
