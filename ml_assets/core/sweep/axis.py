"""One axis of a sweep: a parameter and the values it takes, read from the text that people type."""

import functools
import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ml_assets.core.core_schema import read_number
from ml_assets.core.field_types import FieldType, adapter, field_type
from ml_assets.core.frozen_values import FrozenDict, FrozenList, frozen
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import allowed, wrong

Value = bool | int | float | str | FrozenList | FrozenDict

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
    """A value as it is typed: `true`, `0.1`, `v2`, `[12,6]`."""
    if isinstance(value, list | dict):
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class _Field:
    """A field as an axis sees it."""

    info: FieldInfo
    kind: FieldType
    adapter: TypeAdapter[Any]

    @property
    def forms(self) -> str:
        """How the values of an axis may be written."""
        if self.kind.scalar is bool and not self.kind.container:
            return "true, false or both with a comma between"
        several = f"{allowed(self.info)}, several with commas between"
        if self.kind.container:
            return f"{several}, as JSON"
        return f"{several}, or LOW..HIGH, or LOW..HIGH log" if self.kind.is_number else several

    def problems(self, value: Any) -> list[str]:
        """What the field alone says to a value; rules that span fields come with whole combinations."""
        try:
            self.adapter.validate_python(value)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            return [f"{wrong(detail['type'], self.info)}. Allowed: {allowed(self.info)}." for detail in found]
        return []


@functools.cache
def _field(name: str, cls: type[Parameters]) -> _Field:
    info = cls.model_fields[name]
    kind = field_type(info)
    assert kind is not None  # the class is a pipeline's
    return _Field(info, kind, adapter(info))


def read_axis(name: str, text: str, *, cls: type[Parameters]) -> tuple[Axis | None, list[str]]:
    """The axis that `text` means for a field of `cls`, or None, and all that is wrong with it.

    Order, spaces and the spelling of numbers do not matter, and whole numbers listed without a gap are the
    same axis as their range: equal meanings give equal axes.
    """
    field = _field(name, cls)
    is_range = ".." in text and not field.kind.container
    read = _range if is_range else _documents if field.kind.container else _choices
    axis, problems = read(name, text.strip(), field)
    return (None if problems else axis), [f"{name}: {problem}" for problem in dict.fromkeys(problems)]


def _choices(name: str, text: str, field: _Field) -> tuple[Axis | None, list[str]]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        missing = "a value is empty" if any(parts) else "no values"
        return None, [f"{missing}. Allowed: {field.forms}."]
    if field.kind.is_number and text.endswith(" log"):
        return None, [f"log goes with a range only. Allowed: {field.forms}."]
    return _listed(name, [read_scalar(part, field.kind) for part in parts], field)


def _documents(name: str, text: str, field: _Field) -> tuple[Axis | None, list[str]]:
    """Lists or tables as JSON with commas between: `[12,6],[8]`."""
    try:
        values = json.loads(f"[{text}]")
    except (ValueError, RecursionError):
        return None, [f"not JSON. Allowed: {field.forms}."]
    return _listed(name, values, field) if values else (None, [f"no values. Allowed: {field.forms}."])


def _listed(name: str, values: list[Any], field: _Field) -> tuple[Axis | None, list[str]]:
    if problems := [line for value in values for line in field.problems(value)]:
        return None, problems
    sound = [frozen(field.adapter.validate_python(value)) for value in values]
    if len(set(sound)) < len(sound):
        return None, ["a value is there twice. Allowed: each value once."]
    key = shown if field.kind.container == "dict" else None
    return _tidy(Choices(name=name, values=tuple(sorted(sound, key=key)))), []


def _tidy(axis: Choices) -> Axis:
    """Whole numbers without a gap as the range that they are."""
    low, high = axis.values[0], axis.values[-1]
    if type(low) is int and type(high) is int and 0 < high - low == len(axis.values) - 1:
        return Range(name=axis.name, low=low, high=high)
    return axis


def _range(name: str, text: str, field: _Field) -> tuple[Axis | None, list[str]]:
    if not field.kind.is_number:
        return None, [f"a range is for numbers only. Allowed: {field.forms}."]
    match = _RANGE.fullmatch(text) if len(text) <= _LONGEST_RANGE else None
    if not match:
        return None, [f"not a range. Allowed: {field.forms}."]
    low, high = read_scalar(match["low"], field.kind), read_scalar(match["high"], field.kind)
    if problems := [*field.problems(low), *field.problems(high)]:
        return None, problems
    if not low < high:
        return None, ["the range does not go up. Allowed: LOW..HIGH with LOW smaller than HIGH."]
    if match["log"] and low <= 0:
        return None, ["log needs a range above 0. Allowed: LOW..HIGH log with LOW above 0."]
    return Range(name=name, low=low, high=high, log=bool(match["log"])), []


def read_scalar(text: str, kind: FieldType) -> Any:
    """The text as one value of the type; text that is none of it stays text, for the field to refuse."""
    if kind.scalar is bool:
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind.scalar is str:
        return text
    number = read_number(text, kind.scalar)
    return (
        number + 0 if isinstance(number, float) else number
    )  # no negative zero: it equals zero and looks otherwise
