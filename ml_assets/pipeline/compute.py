"""The function of one asset called with all that it takes, and whether what is stored is what it would give."""

import datetime as dt
import weakref
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

from ml_assets.core.asset import Asset
from ml_assets.core.making_rules import window_problem
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.core.parameters import Parameters, part_of
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.core.rows import Rows
from ml_assets.errors import TrainingError
from ml_assets.pipeline.calling import arguments, call, limited_threads
from ml_assets.pipeline.resources import resource


@dataclass(frozen=True, kw_only=True)
class Computed:
    """What the function of an asset gave, and the rows that it asked for."""

    product: Product[Any]
    sources: tuple[InputSource, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """Whether an asset is stored as it would be made now.

    Attributes:
        stored: the manifest that is there, every byte of its files checked; None where there is none to use.
        reasons: why it must be made, one line each; none where what is stored can be used.
        computed: what was made to know that.
        kept: what has changed and is no reason, for the artifact is recorded.
    """

    stored: Manifest | None
    reasons: tuple[str, ...]
    computed: Computed | None = None
    kept: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Why what is stored is used."""
        return f"recorded, kept though {'; '.join(self.kept)}" if self.kept else "nothing changed"


def compute(
    asset: Asset,
    *,
    parameters: Parameters,
    as_of: dt.date,
    product: Callable[[str], Product[Any]],
    rows: Rows,
    resources: Mapping[str, Any],
    packages: Collection[str],
    extra: Mapping[str, Any],
) -> Computed:
    """Call the function of an asset.

    Args:
        asset: whose function.
        parameters: all of the pipeline's.
        as_of: the day.
        product: what is stored of an upstream asset, by its name.
        rows: where it asks for rows.
        resources: what is handed in instead of what the settings say, by name.
        packages: the distributions that it reaches, whose threads are limited.
        extra: further arguments.
    """
    with limited_threads(asset.threads, packages=packages), ExitStack() as folders:
        given = arguments(
            asset.takes,
            slices=dict.fromkeys(asset.takes, asset.slice),
            parameters=parameters,
            as_of=as_of,
            product=product,
            rows=rows,
            resources={name: resource(cls, given=resources) for name, cls in asset.resources.items()},
            tmp=lambda: folders.enter_context(TemporaryDirectory(prefix="ml-assets-")),
        )
        value = call(asset.function, {**given, **extra}, name=f"{asset.name} of {as_of}")
        made = value if isinstance(value, Product) else Product(value=value)
        weakref.finalize(made, folders.pop_all().close)  # what it wrote is there until that is stored
    return Computed(product=made, sources=rows.asked)


def window_of(asset: Asset, parameters: Parameters) -> Mapping[str, int] | None:
    """How many days before as_of an asset may ask for, by data set; None where it does not say."""
    if asset.window is None:
        return None
    asked = partial(asset.window, part_of(parameters, asset.slice))
    days = call(asked, {}, name=f"the window of {asset.name}")
    if problem := window_problem(days):
        raise TrainingError(f"{asset.name}: its window {problem}")
    return dict(days)


def windows_of(pipeline: Declared, parameters: Parameters) -> dict[str, int]:
    """How many days before as_of its assets ask for, by data set, as far as they say so; the most of several."""
    said = [window_of(asset, parameters) or {} for asset in pipeline.assets.values()]
    return {name: max(days[name] for days in said if name in days) for days in said for name in days}
