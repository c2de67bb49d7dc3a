"""Which code makes an asset: everything of the project that its function reaches, read without running any of it.

What counts is what is reached, by what it says: not its comments, not its place, not the module it lies in or the name
it is imported by. So a helper that moves changes nothing, and one that is edited changes its users and nothing else.
"""

import functools
import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import metadata
from types import MappingProxyType
from typing import Any

from ml_assets.core.asset import Asset
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.resource import Resource
from ml_assets.pipeline.code_beside import digests_of_files
from ml_assets.pipeline.code_kept import Followed, keep, kept, key_of
from ml_assets.pipeline.versions import NUMERIC
from ml_assets.storage.formats import FORMATS

FRAMES = 15_000  # for all that Python itself can compile
OF_THE_LIBRARY = frozenset({"pydantic", "pydantic_core", "rfc8785", "threadpoolctl"})
"""What the library itself stands on: it declares, names and limits, and no number is computed with it."""
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
        files: 12 hex digits over each file that is named as code, by its path beside the module.
    """

    version: str
    packages: tuple[str, ...]
    opaque: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


def code_of(asset: Asset, values: Mapping[str, Any] = MappingProxyType({})) -> Code:
    """The code that makes an asset, as the files say it when this is called first; read once a process.

    Args:
        asset: what is made.
        values: its identity. Then of a dictionary at the top level of a module, from which a parameter chooses as in
            `MODELS[params.model]`, only the entry counts that is chosen: a new one changes nothing that exists.
    """
    keys = tuple(sorted((name, value) for name, value in values.items() if isinstance(value, str)))
    takes_parameters = "parameters" in asset.takes.values()
    classes = [asset.slice] if takes_parameters else []
    seen = _Seen(
        classes=(*classes, *asset.resources.values()),
        stored_as=(asset.format, FORMATS[asset.format].version),
        threads=asset.threads,
        values=keys,
        modules=asset.code,
        files=tuple(digests_of_files(asset).items()),
    )
    return _code(asset.function, seen)


def packages_reached(pipeline: Declared) -> frozenset[str]:
    """The distributions that the assets of a pipeline reach between them."""
    return frozenset(name for asset in pipeline.assets.values() for name in code_of(asset).packages)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What decides the code of an asset beside its function: see `Asset`."""

    classes: tuple[type[Parameters | Resource], ...]
    stored_as: tuple[str, int]
    threads: int
    values: tuple[tuple[str, str], ...]
    modules: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=1_000)
def _code(function: Callable[..., Any], seen: _Seen) -> Code:
    key = key_of(function, seen.classes, beside=repr(replace(seen, classes=())))
    found = kept(key) or _followed(function, seen, key=key)
    packages = (frozenset(found.packages) - OF_THE_LIBRARY) | OF_FORMAT.get(seen.stored_as[0], frozenset())
    return Code(
        version=found.version,
        packages=tuple(sorted(packages | {item for name in packages for item in _numeric(name)})),
        opaque=found.opaque,
        files=dict(seen.files),
    )


def _followed(function: Callable[..., Any], seen: _Seen, *, key: str) -> Followed:
    from ml_assets.pipeline.code_reach import Reach  # needed only where nothing is kept

    with _deep():
        reach = Reach(function, seen.classes, dict(seen.values), modules=seen.modules)
    format_, version = seen.stored_as
    beyond_the_code = {"threads": seen.threads, f"format {format_}": version}
    told = [f"{name} {value}" for name, value in beyond_the_code.items() if value != 1]
    named = [f"file {name} {digest}" for name, digest in seen.files]
    text = "\n".join([*reach.texts.values(), *told, *named])
    found = Followed(
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        packages=tuple(sorted(filter(None, reach.packages))),
        opaque=dict(sorted(reach.opaque.items())),
    )
    if reach.is_of_files:
        keep(key, found, asked=reach.asked)
    return found


@contextmanager
def _deep() -> Iterator[None]:
    """A chain of calls, or of elif, is as deep a tree as it is long; it takes some frames for each link."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


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
