"""Parameter files: TOML, YAML or JSON, one flat mapping of parameters, and as_of if wanted."""

import datetime as dt
from pathlib import Path
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.text_files import check_size, is_text_file, parse_file
from ml_assets.errors import RefusedError


def read_parameters(path: Path) -> dict[str, Any]:
    """The values in a parameter file; RefusedError names the file and what is wrong with it."""
    return _mapping(read_file(path), name=str(path))


def read_file(path: Path) -> Any:
    """What a TOML, YAML or JSON file on a disk holds; RefusedError where it cannot be read, or is not valid."""
    name = str(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise RefusedError([f"{visible(name)}: not a file."])
        check_size(name, path.stat().st_size)
        data = path.read_bytes()
    except OSError as error:
        raise RefusedError([f"{visible(name)}: cannot be read ({error.strerror})."]) from None
    return parse_file(data, name=name)


def parse_parameters(data: bytes, *, name: str) -> dict[str, Any]:
    """The values in the bytes of a parameter file; `name` says which kind it is and stands in the messages."""
    return _mapping(parse_file(data, name=name), name=name)


def is_parameter_file(name: str) -> bool:
    """Whether the name ends as that of a parameter file does."""
    return is_text_file(name)


def _mapping(values: Any, *, name: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise RefusedError([f"{visible(name)}: must hold one flat mapping of parameters."])
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    """A day as text, the way it is written everywhere else."""
    return value.isoformat() if isinstance(value, dt.date) else value
