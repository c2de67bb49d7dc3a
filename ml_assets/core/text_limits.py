"""Limits of a text that are looked at before it is parsed, each in one pass over it.

A reader's work may grow with the square of what it is given, or with the depth of it: a file of 40 kB can hold a core
for a minute. What lies within these limits is read in a second.
"""

import json
import re
from collections.abc import Iterable

from ml_assets.core.core_schema import LONGEST_NUMBER
from ml_assets.core.foreign_text import visible
from ml_assets.core.secrets import looks_like_credential

DEEPEST = 8  # levels of tables and lists, where three are used
NESTED = 2 * DEEPEST  # brackets, and parts of a dotted key, at once: looked at before what they mean is known
MOST_KEYS = 20_000
MOST_PARTS = 100_000  # keys, values, and beginnings and ends of lists and tables
TOO_DEEP = f"holds more than {DEEPEST} levels of tables and lists"
TOO_MANY = f"holds more than {MOST_KEYS} keys"
TOO_MUCH = f"holds more than {MOST_PARTS} values"
TOO_LONG = f"holds a number or a name of more than {LONGEST_NUMBER} characters"

_TOML_TEXT = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:"{3,5}|\\?\Z)'  # an end is part of each, so that none is looked for twice
    r"|'{3}.*?(?:'{3,5}|\Z)"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"?'
    r"|'[^'\n]*'?|\#[^\n]*",
    re.DOTALL,
)
_JSON_TOKEN = re.compile(
    r'(?P<text>"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z))(?P<key>\s*:)?|(?P<mark>[\[\]{}])|(?P<word>[^\s"\[\]{},:]+)',
    re.DOTALL,
)


class UnreadableTextError(ValueError):
    """A text is not read; the message says why, without its name and without a value of it."""


def at_line(number: int, why: str) -> UnreadableTextError:
    """The error that names the line, counted from 1."""
    return UnreadableTextError(f"line {number}: {why}")


def check_toml(text: str) -> None:
    """Raise UnreadableTextError where a TOML text is beyond the limits; whether it is TOML is not looked at."""
    bare = _TOML_TEXT.sub('"', text)
    _check_depth(re.findall(r"[][{}]", bare))
    if sum(map(bare.count, "=[{")) > MOST_KEYS:
        raise UnreadableTextError(TOO_MANY)
    if bare.count(",") > MOST_PARTS:
        raise UnreadableTextError(TOO_MUCH)
    if any(piece.count(".") >= NESTED for piece in re.split(r"[]=\n[{},]", bare)):
        raise UnreadableTextError(TOO_DEEP)
    if any(len(word) > LONGEST_NUMBER for word in re.split(r"""[]\s=[{},"]+""", bare)):
        raise UnreadableTextError(TOO_LONG)


def check_json(text: str) -> None:
    """Raise UnreadableTextError where a JSON text is beyond the limits, or holds a key twice or what is no JSON number."""
    open_: list[set[str] | None] = []  # the keys so far of each object that is not closed, None for a list
    keys = 0
    for count, token in enumerate(_JSON_TOKEN.finditer(text)):
        if mark := token["mark"]:
            _follow(open_, mark)
        elif word := token["word"]:
            _check_word(word, text, token.start())
        elif token["key"] and open_ and (known := open_[-1]) is not None:
            keys += 1
            _check_key(token["text"], known, text, token.start())
        if keys > MOST_KEYS or count > MOST_PARTS:
            raise UnreadableTextError(TOO_MANY if keys > MOST_KEYS else TOO_MUCH)


def check_levels(value: object, levels: int = DEEPEST) -> None:
    """Raise UnreadableTextError where a value that was read has more levels of tables and lists."""
    if not isinstance(value, dict | list):
        return
    if not levels:
        raise UnreadableTextError(TOO_DEEP)
    for inner in value.values() if isinstance(value, dict) else value:
        check_levels(inner, levels - 1)


def line_of(text: str, position: int) -> int:
    """The line of a position, counted from 1."""
    return text.count("\n", 0, position) + 1


def _check_depth(marks: Iterable[str]) -> None:
    depth = 0
    for mark in marks:
        depth += 1 if mark in "[{" else -1
        if depth > NESTED:
            raise UnreadableTextError(TOO_DEEP)


def _follow(open_: list[set[str] | None], mark: str) -> None:
    if mark in "[{":
        open_.append(set() if mark == "{" else None)
    elif open_:
        open_.pop()
    if len(open_) > NESTED:
        raise UnreadableTextError(TOO_DEEP)


def _check_word(word: str, text: str, position: int) -> None:
    if len(word) > LONGEST_NUMBER:
        raise at_line(line_of(text, position), TOO_LONG)
    if word.lstrip("-") in ("NaN", "Infinity"):
        raise at_line(
            line_of(text, position), "NaN and Infinity are not JSON. Write a number, or leave it out"
        )


def _check_key(token: str, known: set[str], text: str, position: int) -> None:
    try:
        key = str(json.loads(token))
    except ValueError:
        return  # the reader says what is wrong with it
    if key in known:
        raise twice(line_of(text, position), key)
    known.add(key)


def twice(number: int, key: str) -> UnreadableTextError:
    """The error that a key is there a second time, at that line."""
    named = "a key" if looks_like_credential(key) else visible(key, longest=80)
    return at_line(number, f"{named} is there twice. Write each key once")
