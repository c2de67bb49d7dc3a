"""What an asset names as its code though nothing in its text leads there: files beside its module, and modules."""

import inspect
from collections.abc import Iterator
from pathlib import Path

from ml_assets.core.asset import Asset
from ml_assets.pipeline.code_modules import digest_of, find_spec, source_of


def beside_problem(asset: Asset) -> str:
    """What of the files and modules that an asset names is not there; "" where all is."""
    module = asset.function.__module__
    for pattern in asset.files:
        if not any(_matches(asset, pattern)):
            return f"files: {pattern} matches no file beside {module}. Correct the pattern, or leave it out."
    for name in asset.code:
        if not _has_text(name):
            return (
                f"code: no text of a module {name} is found. Name one that can be imported, or leave it out."
            )
    return ""


def digests_of_files(asset: Asset) -> dict[str, str]:
    """12 hex digits over the content of each file that an asset names, by its path beside the module, as it is now."""
    if not asset.files:
        return {}
    found = {path for pattern in asset.files for path in _matches(asset, pattern)}
    return {path.relative_to(_folder(asset)).as_posix(): digest_of(path)[:12] for path in sorted(found)}


def _matches(asset: Asset, pattern: str) -> Iterator[Path]:
    return (path for path in _folder(asset).glob(pattern) if path.is_file())


def _folder(asset: Asset) -> Path:
    """The folder of the file in which the function stands."""
    return Path(inspect.unwrap(asset.function).__code__.co_filename).resolve().parent


def _has_text(name: str) -> bool:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return False
    return source_of(name) is not None or bool(spec and spec.submodule_search_locations)
