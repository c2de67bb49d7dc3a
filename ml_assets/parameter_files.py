"""Parameter files: TOML, YAML or JSON, one flat mapping of parameters, and as_of if wanted."""

import datetime as dt
import os
import stat
from pathlib import Path
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.secrets import holds_credential
from ml_assets.core.text_files import MAX_BYTES, is_text_file, parse_file
from ml_assets.errors import RefusedError


def read_parameters(path: Path) -> dict[str, Any]:
    """The values in a parameter file; RefusedError names the file and what is wrong with it."""
    return _mapping(read_file(path), name=str(path))


def read_file(path: Path) -> Any:
    """What a TOML, YAML or JSON file on a disk holds; RefusedError where it cannot be read, or is not valid."""
    return parse_file(read_bytes(path), name=str(path))


def read_bytes(path: Path, *, longest: int = MAX_BYTES) -> bytes:
    """The bytes of a file, of one that is too large no more than show it.

    Raises:
        RefusedError: there is no such file, it cannot be read, or it is a folder, a pipe or a device, which is not waited for.
    """
    name = "(a file's name)" if holds_credential(str(path)) else visible(str(path))
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RefusedError([f"{name}: not a file."])
            return file.read(longest + 1)
    except OSError as error:
        raise RefusedError([f"{name}: cannot be read ({error.strerror})."]) from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def parse_parameters(data: bytes, *, name: str) -> dict[str, Any]:
    """The values in the bytes of a parameter file; `name` says which kind it is and stands in the messages."""
    return _mapping(parse_file(data, name=name), name=name)


def is_parameter_file(name: str) -> bool:
    """Whether the name is that of a parameter file, and none that an editor or a system keeps beside it."""
    return is_text_file(name)


def _mapping(values: Any, *, name: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise RefusedError([f"{visible(name)}: must hold one flat mapping of parameters."])
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: Any) -> Any:
    """A day as text, the way it is written everywhere else."""
    return value.isoformat() if isinstance(value, dt.date) else value
