"""Where the artifacts of the shipped pipeline are kept, and what is said of its parameters."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.parameters import Parameters
from ml_assets.core.upgrade import describe
from ml_assets.pipelines.tabular import tabular


def key_of(asset: str, parameters: Parameters, as_of: dt.date) -> ArtifactKey:
    """The key of an asset of these parameters."""
    return tabular.key(asset, parameters, as_of)


def key_of_identity(asset: str, values: Mapping[str, Any], as_of: dt.date) -> ArtifactKey:
    """The key of an asset that these values decide."""
    return tabular.key_of_identity(asset, values, as_of)


def described() -> dict[str, Any]:
    """The description of its parameters as the code has them."""
    slices = {name: asset.slice for name, asset in tabular.assets.items()}
    return describe(tabular.parameters, slices=slices)
