"""One axis of a sweep: a parameter and the values it takes, read from the text that people type."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo

from ml_assets.core.core_schema import read_number
from ml_assets.core.parameters import Parameters, TrainingParameters
from ml_assets.core.problems import allowed, wrong

Value = bool | int | float | str

_LONGEST_RANGE = 200  # characters
_RANGE = re.compile(r"(?P<low>\S+?)\s*\.\.\s*(?P<high>\S+?)(?P<log>\s+log)?")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Values one by one, in ascending order, each once."""

    name: str
    values: tuple[Value, ...]

    @property
    def text(self) -> str:
        """What means this axis, in its one canonical form."""
        return ",".join(map(shown, self.values))


@dataclass(frozen=True, kw_only=True)
class Range:
    """All numbers from `low` to `high`, both included; whole ones where both ends are `int`.

    With `log`, every factor is equally likely, not every difference.
    """

    name: str
    low: int | float
    high: int | float
    log: bool = False

    @property
    def text(self) -> str:
        """What means this axis, in its one canonical form."""
        return f"{shown(self.low)}..{shown(self.high)}{' log' if self.log else ''}"

    @property
    def whole(self) -> bool:
        """Whether it is of whole numbers, and so has finitely many."""
        return isinstance(self.low, int)


Axis = Choices | Range


def shown(value: Value) -> str:
    """A value as it is typed: `true`, `0.1`, `v2`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_axis(name: str, text: str) -> tuple[Axis | None, list[str]]:
    """The axis that `text` means for a known parameter, or None, and all that is wrong with it.

    Order, spaces and the spelling of numbers do not matter, and whole numbers listed without a gap are the
    same axis as their range: equal meanings give equal axes.
    """
    field = TrainingParameters.model_fields[name]
    read = _range if ".." in text else _choices
    axis, problems = read(name, text.strip(), field)
    return (None if problems else axis), [f"{name}: {problem}" for problem in dict.fromkeys(problems)]


def _choices(name: str, text: str, field: FieldInfo) -> tuple[Axis | None, list[str]]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        missing = "a value is empty" if any(parts) else "no values"
        return None, [f"{missing}. Allowed: {_forms(field)}."]
    if _is_number(field) and text.endswith(" log"):
        return None, [f"log goes with a range only. Allowed: {_forms(field)}."]
    values = [_value(part, field) for part in parts]
    if problems := [line for value in values for line in _problems(name, value, field)]:
        return None, problems
    if len(set(values)) < len(values):
        return None, ["a value is there twice. Allowed: each value once."]
    return _tidy(Choices(name=name, values=tuple(sorted(values)))), []


def _tidy(axis: Choices) -> Axis:
    """Whole numbers without a gap as the range that they are."""
    low, high = axis.values[0], axis.values[-1]
    if type(low) is int and type(high) is int and 0 < high - low == len(axis.values) - 1:
        return Range(name=axis.name, low=low, high=high)
    return axis


def _range(name: str, text: str, field: FieldInfo) -> tuple[Axis | None, list[str]]:
    if not _is_number(field):
        return None, [f"a range is for numbers only. Allowed: {_forms(field)}."]
    match = _RANGE.fullmatch(text) if len(text) <= _LONGEST_RANGE else None
    if not match:
        return None, [f"not a range. Allowed: {_forms(field)}."]
    low, high = _value(match["low"], field), _value(match["high"], field)
    if problems := [*_problems(name, low, field), *_problems(name, high, field)]:
        return None, problems
    if not low < high:
        return None, ["the range does not go up. Allowed: LOW..HIGH with LOW smaller than HIGH."]
    if match["log"] and low <= 0:
        return None, ["log needs a range above 0. Allowed: LOW..HIGH log with LOW above 0."]
    return Range(name=name, low=low, high=high, log=bool(match["log"])), []


def _is_number(field: FieldInfo) -> bool:
    return field.annotation in (int, float)


def _forms(field: FieldInfo) -> str:
    """How the values of an axis may be written."""
    if field.annotation is bool:
        return "true, false or both with a comma between"
    several = f"{allowed(field)}, several with commas between"
    return f"{several}, or LOW..HIGH, or LOW..HIGH log" if _is_number(field) else several


def _value(text: str, field: FieldInfo) -> Any:
    """The text as the field's type; text that is none of it stays text, for the field to refuse."""
    if field.annotation is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if not _is_number(field):
        return text
    number = read_number(text, int if field.annotation is int else float)
    return (
        number + 0 if isinstance(number, float) else number
    )  # no negative zero: it equals zero and looks otherwise


def _problems(name: str, value: Any, field: FieldInfo) -> Iterator[str]:
    """What the field alone says to a value; rules that span fields come with whole combinations."""
    try:
        _alone(name).model_validate({name: value})
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            yield f"{wrong(detail['type'], field)}. Allowed: {allowed(field)}."


@functools.cache
def _alone(name: str) -> type[Parameters]:
    field = TrainingParameters.model_fields[name]
    model: type[Parameters] = create_model("Alone", __base__=Parameters, **{name: (field.annotation, field)})  # type: ignore[call-overload]
    return model
