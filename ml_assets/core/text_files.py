"""TOML, YAML and JSON as values: one reader of every file that people write, with limits before anything is parsed.

A key is there once. A number means the same in each notation; see `core_schema` for YAML's. What is wrong is told with
its line, and never with a value.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ml_assets.core.foreign_text import visible
from ml_assets.core.text_limits import (
    TOO_DEEP,
    UnreadableTextError,
    at_line,
    check_json,
    check_levels,
    check_toml,
    twice,
)
from ml_assets.errors import RefusedError

MAX_BYTES = 1_000_000

_NOT_WRITTEN_BY_PEOPLE = (".", "#", "~$")  # Emacs and Vim, macOS beside each file of another system, Office
_LINE = re.compile(r"\(at line (\d+), column \d+\)\Z")
_TWICE = ("Cannot overwrite", "Cannot declare")
_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_KEY = re.compile(rf"\s*(?:\[\[?\s*(?P<table>{_PATH})\s*\]|(?P<key>{_PATH})\s*=)")
_TWICE_IN_BRACES = re.compile(r"Duplicate inline table key '(?P<key>.*?)' \(at")


def parse_file(data: bytes, *, name: str, longest: int = MAX_BYTES) -> Any:
    """What a TOML, YAML or JSON file holds, of whatever shape.

    Args:
        data: its bytes, UTF-8 with or without a byte order mark.
        name: says by its ending which kind it is, and stands in the messages.
        longest: bytes above which nothing is looked at.

    Raises:
        RefusedError: naming the file, what is wrong, and the line where there is one.
    """
    suffix = suffix_of(name)
    if suffix not in _READERS:
        raise RefusedError([f"{visible(name)}: not a parameter file. Allowed: .toml, .yaml, .json."])
    return _parse(data, _READERS[suffix], name=name, longest=longest)


def parse_toml(data: bytes, *, name: str, longest: int = MAX_BYTES) -> dict[str, Any]:
    """What a TOML text holds, whatever `name` ends in; for the arguments and errors see `parse_file`."""
    return dict(_parse(data, _toml, name=name, longest=longest))


def parse_json(data: bytes, *, name: str, longest: int = MAX_BYTES) -> Any:
    """What a JSON text holds, whatever `name` ends in; for the arguments and errors see `parse_file`."""
    return _parse(data, _json, name=name, longest=longest)


def is_text_file(name: str) -> bool:
    """Whether the name ends as that of a TOML, YAML or JSON file does, and is not one that an editor or a system makes."""
    return suffix_of(name) in _READERS and not name.rpartition("/")[2].startswith(_NOT_WRITTEN_BY_PEOPLE)


def suffix_of(name: str) -> str:
    """The ending of a name in small letters, such as `.toml`; nothing where the name is nothing but an ending."""
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    return f".{ending.lower()}" if dot and stem.strip(".") else ""


def check_size(name: str, size: int, *, longest: int = MAX_BYTES) -> None:
    """Raise RefusedError where a file is too large to be one that people write."""
    if size > longest:
        raise RefusedError([f"{visible(name)}: larger than {longest} bytes, which no such file is."])


def _parse(data: bytes, reader: Callable[[str], Any], *, name: str, longest: int) -> Any:
    check_size(name, len(data), longest=longest)
    try:
        value = reader(_decoded(data))
        check_levels(value)
    except UnreadableTextError as error:
        raise RefusedError([f"{visible(name)}: {error}."]) from None
    except RecursionError:
        raise RefusedError([f"{visible(name)}: {TOO_DEEP}."]) from None
    return value


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        kind = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "not UTF-8"
        raise at_line(line, f"the file is {kind}. Save it as UTF-8") from None
    if "\0" in text:
        raise at_line(text.count("\n", 0, text.index("\0")) + 1, "a zero byte. Save the file as UTF-8 text")
    return text


def _toml(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    check_toml(text)
    try:
        return tomllib.loads(f"{text}\n")  # so that what is wrong with the last line is told with its number
    except ValueError as error:
        raise _toml_problem(text, str(error)) from None


def _toml_problem(text: str, message: str) -> UnreadableTextError:
    place = _LINE.search(message)
    if place is None:
        return UnreadableTextError("not valid TOML. It ends too early")
    number = int(place[1])
    if match := _TWICE_IN_BRACES.match(message):
        return twice(number, match["key"])
    if message.startswith(_TWICE):
        return twice(*_last_key(text.split("\n")[:number]))
    return UnreadableTextError(f"not valid TOML. Look at line {number}")


def _last_key(lines: Sequence[str]) -> tuple[int, str]:
    """The number of the last line that begins with a key or names a table, and what it names."""
    for number in range(len(lines), 0, -1):
        if match := _KEY.match(lines[number - 1]):
            return number, re.sub(r"[\"'\s]", "", match["table"] or match["key"])
    return len(lines), "a key"


def _yaml(text: str) -> Any:
    import yaml

    from ml_assets.core.yaml_reader import read_yaml

    try:
        return read_yaml(text)
    except UnreadableTextError:
        raise
    except (yaml.YAMLError, ValueError) as error:
        mark, ends = getattr(error, "problem_mark", None), text.count("\n")
        where = "" if mark is None else f". Look at line {min(mark.line, ends) + 1}"
        raise UnreadableTextError(f"not valid YAML{where}") from None


def _json(text: str) -> Any:
    check_json(text)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableTextError(f"not valid JSON. Look at line {error.lineno}") from None


_READERS: Mapping[str, Callable[[str], Any]] = {
    ".toml": _toml,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
}
