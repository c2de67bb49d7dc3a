"""What code, which packages and what hardware make an asset: the part of its lineage that is not data."""

import functools
import hashlib
import importlib
import importlib.util
import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from ml_assets.core.manifest import PYTHON

NUMERIC = frozenset({"numpy", "scipy", "scikit-learn"})
"""The packages whose last digits depend on the processor: OpenBLAS and NumPy choose their instructions when they start."""


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


def packages_of(names: tuple[str, ...]) -> Mapping[str, str]:
    """The versions of these distributions, and Python's."""
    return {name: _version(name) for name in names} | {PYTHON: platform.python_version()}


def hardware_of(names: Iterable[str]) -> Mapping[str, str]:
    """What of this machine can change what these distributions compute; empty where none of them is numeric.

    Equal code, rows and packages give v1 equal bytes where this is equal too, and coefficients that differ in the last
    digits where it is not.
    """
    return _hardware() if NUMERIC.intersection(names) else {}


@functools.cache
def _hardware() -> Mapping[str, str]:
    import numpy as np
    from threadpoolctl import threadpool_info

    importlib.import_module("scipy.linalg")  # it brings a BLAS of its own
    config = np.show_config("dicts") or {}
    found = {
        "machine": platform.machine(),
        "blas": ", ".join(
            sorted({_kernels(item) for item in threadpool_info() if item["user_api"] == "blas"})
        ),
        "simd": " ".join(config.get("SIMD Extensions", {}).get("found", ())),
    }
    return {name: value for name, value in found.items() if value}


def _kernels(library: Mapping[str, Any]) -> str:
    return f"{library['internal_api']} {library.get('architecture') or ''}".strip()
