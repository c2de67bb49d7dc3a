"""The code of asset functions as earlier processes found it, each with all that was asked of the disk to find it.

An answer counts where each question has the same answer now; else the code is followed again. The folder can be thrown
away at any time: it is written again by whoever needs it, and where it cannot be written nothing is kept.
"""

import contextlib
import functools
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ml_assets.pipeline.code_asked import Asked, is_answered_alike
from ml_assets.pipeline.versions import version_of
from ml_assets.storage.user_cache import cache_folder, replace_file

FOLDER = "code"
MOST = 1_000  # of kept files, of some 10 KB each
READERS = ("asked", "beside", "effects", "functions", "kept", "modules", "names", "reach", "text")


@dataclass(frozen=True, kw_only=True)
class Followed:
    """What following the code of a function came to.

    Attributes:
        version: 12 hex digits over all that it says.
        packages: the distributions that are reached; sorted.
        opaque: the modules of which all counts, and why.
    """

    version: str
    packages: tuple[str, ...]
    opaque: Mapping[str, str]


def key_of(function: Callable[..., Any], classes: Sequence[type], *, beside: str) -> str:
    """Under which name the code of a function is kept; "" where it is not: what is run as a script or in a notebook.

    Args:
        function: what makes an asset.
        classes: those of its arguments whose members it may call.
        beside: what else decides its code.
    """
    if function.__module__ == "__main__":
        return ""
    functions = [_named(item) for item in _wrapped(function)]
    made_of = [f"{base.__module__}.{base.__qualname__}" for cls in classes for base in cls.__mro__]
    text = json.dumps([sys.version, _readers(), functions, made_of, beside])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def kept(key: str) -> Followed | None:
    """What was found under a key; None where nothing was, or where something was asked that has another answer now."""
    folder = cache_folder(FOLDER)
    if not key or not folder:
        return None
    try:
        document = json.loads((folder / f"{key}.json").read_text("utf-8"))
        found = document["found"]
        followed = Followed(
            version=str(found["version"]), packages=tuple(found["packages"]), opaque=dict(found["opaque"])
        )
        return followed if all(is_answered_alike(*item) for item in document["asked"]) else None
    except (OSError, ValueError, TypeError, LookupError):
        return None


def keep(key: str, found: Followed, *, asked: Asked) -> None:
    """Keep what was found for other processes; nothing where the folder cannot be written."""
    folder = cache_folder(FOLDER)
    if not key or not folder:
        return
    text = json.dumps({"found": asdict(found), "asked": list(asked)})
    with contextlib.suppress(OSError):
        replace_file(folder / f"{key}.json", text.encode())
        _make_room(folder)


def _make_room(folder: Path) -> None:
    files = [*folder.iterdir()]
    if len(files) >= MOST:
        for path in sorted(files, key=lambda path: path.stat().st_mtime)[: MOST // 2]:
            path.unlink(missing_ok=True)


def _wrapped(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """A function, and those that it wraps."""
    functions = [function]
    while wrapped := getattr(functions[-1], "__wrapped__", None):
        functions.append(wrapped)
    return functions


def _named(function: Callable[..., Any]) -> list[Any]:
    code = getattr(function, "__code__", None)
    names = [getattr(function, "__module__", ""), getattr(function, "__qualname__", "")]
    where = getattr(function, "__globals__", {}).get("__name__", "")
    return [*names, where, code.co_firstlineno if code else 0]


@functools.cache
def _readers() -> str:
    """12 hex digits over the code that follows code."""
    return version_of(("pipeline.code", *(f"pipeline.code_{name}" for name in READERS), "core.installed"))
