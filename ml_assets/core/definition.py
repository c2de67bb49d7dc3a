"""What a class of parameters must be before a pipeline takes it: every problem, with what to write instead.

A launch is refused for values only. A class that cannot be shown, read from text or hashed alike everywhere is
refused when the file that defines it loads.
"""

import math
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ml_assets.core.field_types import FieldType, field_type, takes
from ml_assets.core.marks import Fields, OmittedWhen, UsedWhen, conditions, depends_on, omission
from ml_assets.core.nearest import nearest

LARGEST_WHOLE = 2**53 - 1  # beyond it JSON, and so the run_id, cannot tell two whole numbers apart
RESERVED = ("asset", "as_of", "run", "run_id")
_KEPT = {"frozen": True, "extra": "forbid", "strict": True, "allow_inf_nan": False}
_INSTEAD = {
    "date": "a str with a pattern, such as ^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "datetime": "a str with a pattern",
    "timedelta": "an int of days",
    "Decimal": "a float",
    "bytes": "a str with a pattern",
    "Path": "a str with a pattern, the logical name of a place in the settings",
    "tuple": "a list, such as list[int]",
    "set": "a list, such as list[int]",
    "frozenset": "a list, such as list[int]",
    "SecretStr": "nothing: a secret is no parameter",
}


def definition_problems(cls: type[BaseModel]) -> list[str]:
    """One line for each thing in a class of parameters that a pipeline cannot take; empty where it is sound."""
    fields = cls.model_fields
    problems = [*_class(cls)]
    for name, field in fields.items():
        problems += [f"{cls.__name__}.{name}: {problem}" for problem in _field(name, field, cls)]
    return list(dict.fromkeys([*problems, *_bases(cls)])) or _defaults(cls)


def _class(cls: type[BaseModel]) -> Iterator[str]:
    changed = [name for name, value in _KEPT.items() if cls.model_config.get(name) != value]
    if changed:
        yield f"{cls.__name__}: its model_config changes {', '.join(changed)}. Leave model_config out."


def _field(name: str, field: FieldInfo, cls: type[BaseModel]) -> Iterator[str]:
    if name in RESERVED:
        yield "is the name of something else in paths and filters. Give it another name."
    elif name.startswith("model_") and hasattr(BaseModel, name):
        yield "is a method of every class of parameters. Give it another name."
    if field.alias or field.validation_alias or field.serialization_alias:
        yield "has an alias. A parameter has one name everywhere: leave the alias out."
    if not field.description:
        yield "has no description. Add description=..., which help texts and the launchpad show."
    kind = field_type(field)
    if kind is None:
        yield f"{_type_name(field.annotation)} is no type of a parameter. Take {_instead(field.annotation)}."
        return
    yield from _limits(kind, field)
    yield from _default(kind, field)
    yield from _used_when(name, field, cls)
    yield from _omitted_when(field)


def _instead(annotation: Any) -> str:
    """What to write instead of a type that is none of the table."""
    if annotation in (list, dict) or (get_origin(annotation) or annotation) in (list, dict):
        kind = get_origin(annotation) or annotation
        return "list[int] or a list of another scalar or Literal" if kind is list else "dict[str, float]"
    if len(get_args(annotation)) > 1 and type(None) in get_args(annotation):
        return "the type without None, and a default that says what None was to say"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "its fields one by one, or make it a base class"
    if isinstance(annotation, type) and hasattr(annotation, "__members__"):
        return "a Literal of its values"
    name = getattr(get_origin(annotation) or annotation, "__name__", "")
    return _INSTEAD.get(
        name, "bool, int, float, str with a pattern, Literal, list[...] of these or dict[str, ...]"
    )


def _limits(kind: FieldType, field: FieldInfo) -> Iterator[str]:
    """A value needs limits, so that a slip of the keyboard is refused and every surface can tell what is allowed."""
    of_items = "its items have" if kind.container else "has"
    shape = {"list": "list[{}]", "dict": "dict[str, {}]"}.get(kind.container, "{}")
    if kind.choices or kind.scalar is bool:
        return
    if kind.scalar is str:
        if not kind.pattern:
            inner = shape.format('Annotated[str, Field(pattern="...")]')
            yield f"{of_items} no pattern. Add pattern=... or take a Literal{_as(inner, kind)}."
        return
    if kind.low is None or kind.high is None:
        inner = shape.format(f"Annotated[{kind.scalar.__name__}, Field(ge=..., le=...)]")
        yield f"{of_items} no range. Give both ends: ge=... and le=...{_as(inner, kind)}."
    elif not math.isfinite(kind.low) or not math.isfinite(kind.high):
        yield "its range has no end. Give the smallest and the largest value that make sense."
    elif kind.scalar is int and max(abs(kind.low), abs(kind.high)) > LARGEST_WHOLE:
        yield f"its range goes beyond {LARGEST_WHOLE}, where a run_id cannot tell numbers apart. Take a narrower one."
    if any(getattr(mark, "allow_inf_nan", False) for mark in field.metadata):
        yield "allows numbers that are not finite. Leave allow_inf_nan out."


def _as(inner: str, kind: FieldType) -> str:
    return f", as {inner}" if kind.container else ""


def _default(kind: FieldType, field: FieldInfo) -> Iterator[str]:
    if field.default_factory is not None:
        yield "has a default_factory. Write the default itself: it is shown, and part of what a run_id means."
    elif field.default is PydanticUndefined:
        yield "has no default. Give one: a launch that leaves it out takes it."
    elif not takes(field, field.default):
        yield f"its default is none of its own values. Allowed: {_kind(kind)} within its limits."


def _used_when(name: str, field: FieldInfo, cls: type[BaseModel]) -> Iterator[str]:
    marks = [mark for mark in field.metadata if isinstance(mark, UsedWhen)]
    if len(marks) > 1:
        yield "has several used_when. Write one: several keywords in it all must hold."
    if any(not mark.conditions for mark in marks):
        yield "has a used_when without a condition. Write used_when(field=value)."
    for other, allowed in conditions(field).items():
        yield from _condition(name, other, allowed, cls.model_fields)


def _condition(name: str, other: str, allowed: tuple[Any, ...], fields: Fields) -> Iterator[str]:
    if other not in fields:
        near = nearest(other, [known for known in fields if known != name])
        yield f"used_when names no field: {other}. " + (
            f"Did you mean {near}?" if near else "Name a field of this class or of a base class."
        )
        return
    if name in depends_on(name, fields):
        yield f"used_when goes round in a circle by {other}. Let one of them always be used."
        return
    kind = field_type(fields[other])
    if kind is not None and kind.container:
        yield f"used_when asks for {other}, which is a {kind.container}. Ask for a field of one value."
    elif not allowed:
        yield f"used_when names no value of {other}. Write used_when({other}=value)."
    elif wrong := [value for value in allowed if not takes(fields[other], value)]:
        yield f"used_when names what {other} cannot be: {', '.join(map(repr, wrong))}. Name one of its values."


def _omitted_when(field: FieldInfo) -> Iterator[str]:
    if sum(isinstance(mark, OmittedWhen) for mark in field.metadata) > 1:
        yield "has several omitted_when. Keep the one that artifacts of before stand for."
    mark = omission(field)
    if mark is not None and not takes(field, mark.value):
        yield f"omitted_when names what it cannot be: {mark.value!r}. Name one of its values."


def _bases(cls: type[BaseModel]) -> Iterator[str]:
    """What is wrong between a class and its bases: an asset whose slice is a base knows the base alone."""
    for base in cls.__mro__[1:]:
        if not (issubclass(base, BaseModel) and base.model_fields):
            continue
        for name, field in base.model_fields.items():
            yield from (f"{base.__name__}.{name}: {line}" for line in _used_when(name, field, base))
            if problem := _redefined(field, cls.model_fields[name], base):
                yield f"{cls.__name__}.{name}: {problem}"


def _redefined(before: FieldInfo, after: FieldInfo, base: type[BaseModel]) -> str:
    old, new = field_type(before), field_type(after)
    if old is None or new is None or (old == new and conditions(before) == conditions(after)):
        return ""
    if conditions(before) != conditions(after):
        return f"is used by other conditions than in {base.__name__}. Change {base.__name__}, or give it another name."
    if (old.scalar, old.container) != (new.scalar, new.container) or _wider(old, new):
        return f"takes what {base.__name__} refuses. Change {base.__name__}, or give it another name."
    return ""


def _wider(old: FieldType, new: FieldType) -> bool:
    if old.choices or old.pattern != new.pattern:
        return not new.choices or not set(new.choices) <= set(old.choices or new.choices)
    low = old.low is not None and (new.low is None or new.low < old.low)
    high = old.high is not None and (new.high is None or new.high > old.high)
    return low or high


def _defaults(cls: type[BaseModel]) -> list[str]:
    """A class of sound fields whose own rules refuse its defaults could never be launched as it is."""
    try:
        cls()
    except ValidationError as error:
        messages = [
            detail["msg"] for detail in error.errors(include_url=False) if detail["type"] == "refused"
        ]
        return [
            f"{cls.__name__}: its rules refuse its own defaults. {' '.join(messages) or 'Change one of them.'}"
        ]
    except Exception as error:  # noqa: BLE001  (a rule is foreign code, and may raise anything)
        return [f"{cls.__name__}: a rule of it fails on its own defaults ({type(error).__name__})."]
    return []


def _kind(kind: FieldType) -> str:
    return {"list": "a list", "dict": "a table"}.get(kind.container, f"{kind.scalar.__name__} values")


def _type_name(annotation: Any) -> str:
    return str(getattr(annotation, "__name__", annotation)) if not get_args(annotation) else str(annotation)
