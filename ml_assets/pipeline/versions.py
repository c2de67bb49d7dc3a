"""What code and which packages make an asset: the part of its lineage that is not data."""

import functools
import hashlib
import importlib.util
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from ml_assets.core.catalog import CATALOG


@functools.cache
def code_version(asset: str) -> str:
    """12 hex digits over the text of the modules that can change the asset's bytes."""
    digest = hashlib.sha256()
    for module in CATALOG[asset].code:
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
    return {name: _version(name) for name in CATALOG[asset].packages} | {"python": platform.python_version()}
