"""What code makes an asset: the part of its lineage that is read from the code itself."""

import functools
from dataclasses import dataclass

from ml_assets.core.asset import Asset
from ml_assets.core.catalog import CATALOG
from ml_assets.pipeline.versions import version_of


@dataclass(frozen=True, kw_only=True)
class Code:
    """The code of an asset: its version, and the distributions that can change its bytes."""

    version: str
    packages: tuple[str, ...]


def code_of(asset: Asset) -> Code:
    """The code that makes an asset."""
    return _code_of(asset.name)


@functools.cache
def _code_of(name: str) -> Code:
    return Code(version=version_of(CATALOG[name].code), packages=CATALOG[name].packages)
