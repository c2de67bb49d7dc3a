"""Parameter files: TOML, YAML or JSON, one flat mapping of parameters, and as_of if wanted."""

import datetime as dt
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ml_assets.errors import RefusedError

MAX_BYTES = 1_000_000
DEEPEST = 8  # levels of tables and lists, where two are used


def read_parameters(path: Path) -> dict[str, Any]:
    """The values in a parameter file; RefusedError names the file and what is wrong with it."""
    _check_kind(str(path))
    try:
        check_size(str(path), path.stat().st_size)
        data = path.read_bytes()
    except OSError as error:
        raise RefusedError([f"{path}: cannot be read ({error.strerror})."]) from None
    return parse_parameters(data, name=str(path))


def parse_parameters(data: bytes, *, name: str) -> dict[str, Any]:
    """The values in the bytes of a parameter file; `name` says which kind it is and stands in the messages."""
    values = parse_file(data, name=name)
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise RefusedError([f"{name}: must hold one flat mapping of parameters."])
    return {key: _plain(value) for key, value in values.items()}


def parse_file(data: bytes, *, name: str) -> Any:
    """What a TOML, YAML or JSON file holds, of whatever shape; RefusedError where it is not valid."""
    _check_kind(name)
    check_size(name, len(data))
    suffix = PurePosixPath(name).suffix.lower()
    try:
        values = _READERS[suffix](data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise RefusedError([f"{name}: not valid {suffix[1:].upper()}."]) from None
    if not _is_shallow(values, DEEPEST):
        raise RefusedError([f"{name}: holds more than {DEEPEST} levels of tables and lists."])
    return values


def is_parameter_file(name: str) -> bool:
    """Whether the name ends as that of a parameter file does."""
    return PurePosixPath(name).suffix.lower() in _READERS


def check_size(name: str, size: int) -> None:
    """Raise RefusedError where a file is too large to be a parameter file."""
    if size > MAX_BYTES:
        raise RefusedError([f"{name}: larger than {MAX_BYTES} bytes, which no parameter file is."])


def _check_kind(name: str) -> None:
    if not is_parameter_file(name):
        raise RefusedError([f"{name}: not a parameter file. Allowed: .toml, .yaml, .json."])


def _toml(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _yaml(text: str) -> Any:
    """An alias is refused: a few of them make a value that is endless, or too large to look at."""
    import yaml

    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise ValueError
        return yaml.safe_load(text)
    except (yaml.YAMLError, LookupError, AttributeError, TypeError, OverflowError):
        raise ValueError from None  # of the last four, a tag such as !!int at what it cannot be


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in inner)


def _plain(value: Any) -> Any:
    """A day as text, the way it is written everywhere else."""
    return value.isoformat() if isinstance(value, dt.date) else value


_READERS: Mapping[str, Callable[[str], Any]] = {
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": json.loads,
}
