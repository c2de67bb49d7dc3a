"""What code and which packages make an asset: the part of its lineage that is not data."""

import functools
import hashlib
import importlib.util
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from ml_assets.core.catalog import CATALOG
from ml_assets.core.manifest import PYTHON


@functools.cache
def code_version(asset: str) -> str:
    """12 hex digits over the text of the modules that can change the asset's bytes."""
    return version_of(CATALOG[asset].code)


@functools.cache
def version_of(modules: tuple[str, ...]) -> str:
    """12 hex digits over the text of these modules of the package."""
    digest = hashlib.sha256()
    for module in modules:
        spec = importlib.util.find_spec(f"ml_assets.{module}")
        assert spec is not None
        assert spec.origin is not None
        digest.update(
            module.encode() + b"\0" + Path(spec.origin).read_bytes().replace(b"\r\n", b"\n") + b"\0"
        )
    return digest.hexdigest()[:12]


@functools.cache
def _version(package: str) -> str:
    return metadata.version(package)


def packages(asset: str) -> Mapping[str, str]:
    """The versions that can change the asset's bytes, and Python's, which is told but does not decide."""
    return packages_of(CATALOG[asset].packages)


def packages_of(names: tuple[str, ...]) -> Mapping[str, str]:
    """The versions of these distributions, and Python's."""
    return {name: _version(name) for name in names} | {PYTHON: platform.python_version()}
