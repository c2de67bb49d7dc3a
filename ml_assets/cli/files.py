"""Parameter files: TOML, YAML or JSON, one flat mapping of parameters, and as_of if wanted."""

import datetime as dt
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ml_assets.errors import RefusedError

MAX_BYTES = 1_000_000


def read_parameters(path: Path) -> dict[str, Any]:
    """The values in a parameter file; RefusedError names the file and what is wrong with it."""
    readers: Mapping[str, Callable[[str], Any]] = {
        ".toml": _toml,
        ".yaml": _yaml,
        ".yml": _yaml,
        ".json": json.loads,
    }
    if path.suffix not in readers:
        raise RefusedError([f"{path}: not a parameter file. Allowed: .toml, .yaml, .json."])
    try:
        values = readers[path.suffix](_text(path))
    except OSError as error:
        raise RefusedError([f"{path}: cannot be read ({error.strerror})."]) from None
    except (ValueError, RecursionError):
        raise RefusedError([f"{path}: not valid {path.suffix[1:].upper()}."]) from None
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise RefusedError([f"{path}: must hold one flat mapping of parameters."])
    return {key: _plain(value) for key, value in values.items()}


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        raise RefusedError([f"{path}: larger than {MAX_BYTES} bytes, which no parameter file is."])
    return path.read_text(encoding="utf-8-sig")


def _toml(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError from None


def _plain(value: Any) -> Any:
    """A day as text, the way it is written everywhere else."""
    return value.isoformat() if isinstance(value, dt.date) else value
