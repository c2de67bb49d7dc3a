"""What a word without quotes means: the core schema of YAML 1.2, by which files and the command line are read.

Two notations that TOML and YAML 1.1 agree upon are taken as well: `1_000`, and `0b101`. What YAML 1.1 read otherwise is
not: `0123` is 123, `1:40` and `yes` are text.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

LONGEST_NUMBER = (
    1_000  # characters, of which no number that is meant has a tenth; Python itself balks at 4,300
)

_WHOLE = re.compile(r"[-+]?[0-9]+(_[0-9]+)*\Z")
_OF_BASE = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+|b[01]+)\Z")
_REAL = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(_[0-9]+)*(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
)
_NOT_FINITE = re.compile(r"[-+]?(nan|inf|infinity)\Z", re.IGNORECASE)
_NAMED: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def value_of(word: str) -> str | float | bool | None:
    """The value of a word without quotes: nothing, a truth value, a number, or the word as text."""
    if word in _NAMED:
        return _NAMED[word]
    number = number_of(word)
    return word if number is None else number


def number_of(word: str) -> int | float | None:
    """The number that a word is, whole where it is written so, or None where it is none or far too long for one."""
    if len(word) > LONGEST_NUMBER:
        return None
    if _WHOLE.match(word):
        return int(word)
    if _OF_BASE.match(word):
        return int(word, 0)
    if _REAL.match(word):
        return float(word.replace(".", "", 1) if word[-1] in "fFnN" else word)
    return None


def read_number(text: str, kind: object) -> Any:
    """A text as a number of the kind `int` or `float`; text that is none stays text, for a check to refuse."""
    number = number_of(text.strip())
    if number is None:
        return float(text) if kind is float and _NOT_FINITE.match(text.strip()) else text
    try:
        return float(number) if kind is float else number
    except OverflowError:
        return math.inf


def no_truth(number: Any) -> Any:
    """The same value; PydanticCustomError where it is true or false, which Python counts as 1 and 0."""
    if isinstance(number, bool):
        raise PydanticCustomError("number", "not a number")
    return number
