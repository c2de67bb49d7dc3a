"""Which code makes an asset: everything of the project that its function reaches, read without running any of it.

What counts is what is reached, by what it says: not its comments, not its place, not the module it lies in or the name
it is imported by. So a helper that moves changes nothing, and one that is edited changes its users and nothing else.
"""

import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from ml_assets.core.asset import Asset
from ml_assets.core.parameters import Parameters
from ml_assets.pipeline.code_reach import Reach
from ml_assets.pipeline.versions import NUMERIC

OF_FORMAT: Mapping[str, frozenset[str]] = {
    "parquet": frozenset({"polars"}),
    "skops": frozenset({"numpy", "scikit-learn", "scipy", "skops"}),
    "safetensors": frozenset({"numpy", "safetensors"}),
}


@dataclass(frozen=True, kw_only=True)
class Code:
    """The code that makes an asset.

    Attributes:
        version: 12 hex digits; equal where all that the function reaches says the same.
        packages: the distributions that are reached, and those that its format needs; sorted.
        opaque: the modules of which all counts, because nobody can tell what is used of them, and why.
    """

    version: str
    packages: tuple[str, ...]
    opaque: tuple[str, ...] = ()


def code_of(asset: Asset) -> Code:
    """The code that makes an asset, as the files say it when this is called first; read once a process."""
    return _code(
        asset.function, asset.slice, asset.format, asset.threads, "parameters" in asset.takes.values()
    )


@functools.cache
def _code(
    function: Callable[..., Any],
    slice_: type[Parameters],
    format_: str,
    threads: int,
    takes_parameters: bool,  # noqa: FBT001
) -> Code:
    reach = Reach(function, slice_ if takes_parameters else None)
    text = "\n".join([*reach.texts.values(), *([f"threads {threads}"] if threads != 1 else [])])
    packages = {name for name in reach.packages if name} | OF_FORMAT.get(format_, frozenset())
    return Code(
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        packages=tuple(sorted(packages | {item for name in packages for item in _numeric(name)})),
        opaque=tuple(f"{name}: {why}" for name, why in sorted(reach.opaque.items())),
    )


@functools.cache
def _numeric(distribution: str) -> frozenset[str]:
    """The numeric packages that a distribution computes with, whose versions can change its last digits."""
    try:
        required = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        return frozenset()
    return frozenset(
        name for name in NUMERIC if any(item.startswith(name) and "extra ==" not in item for item in required)
    )
