"""Marks on the fields of parameters, `Annotated[int, used_when(method="ets")]`, and what they say of values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo

Scalar = bool | int | float | str
Fields = Mapping[str, FieldInfo]
Values = Mapping[str, Any]
NOT_USED = "{name}: not used by {now}. Allowed: leave it out, or use {then}."


@dataclass(frozen=True)
class OmittedWhen:
    """Mark of a parameter that was added later; see `omitted_when`."""

    value: Any


@dataclass(frozen=True)
class UsedWhen:
    """Mark of a parameter that not every run uses: pairs of another field and the values that it may have."""

    conditions: tuple[tuple[str, tuple[Scalar, ...]], ...]


def omitted_when(value: Any) -> OmittedWhen:
    """Leave a parameter that was added later out of the identity under this value, for ever.

    The value is frozen when the parameter is introduced and has nothing to do with its default, so that
    run_ids which existed before stay what they were.
    """
    return OmittedWhen(value)


def used_when(**conditions: Scalar | tuple[Scalar, ...]) -> UsedWhen:
    """Use a parameter only where other fields of its class, or of a base class, have one of these values each.

    Where it is not used it must stay at its default and is left out of the identity. A field that is itself
    not used fulfils no condition.
    """
    pairs = {name: value if isinstance(value, tuple) else (value,) for name, value in conditions.items()}
    return UsedWhen(tuple(pairs.items()))


def omission(field: FieldInfo) -> OmittedWhen | None:
    """The value under which a field is left out of the identity, if there is one."""
    return next((mark for mark in field.metadata if isinstance(mark, OmittedWhen)), None)


def omitted_values(values: Values, fields: Fields) -> dict[str, Any]:
    """What an identity of these values leaves out though it is used: by name, the value that it stands for."""
    marks = {name: omission(field) for name, field in fields.items() if name not in values}
    omitted = {name: mark.value for name, mark in marks.items() if mark is not None}
    whole = {**{name: field.default for name, field in fields.items()}, **omitted, **values}
    return {name: value for name, value in omitted.items() if is_used(name, whole, fields)}


def conditions(field: FieldInfo) -> dict[str, tuple[Scalar, ...]]:
    """What other fields must be for this one to be used, by their names; of a field that is always used, empty."""
    return {name: found for m in field.metadata if isinstance(m, UsedWhen) for name, found in m.conditions}


def unmet(name: str, values: Values, fields: Fields) -> dict[str, tuple[Scalar, ...]]:
    """The conditions that stop a field from being used, with those of the fields that they depend on first."""
    return _unmet(name, values, fields, passed=frozenset())


def is_used(name: str, values: Values, fields: Fields) -> bool:
    """Whether a field is used among these values."""
    return not unmet(name, values, fields)


def depends_on(name: str, fields: Fields) -> frozenset[str]:
    """The fields that decide whether a field is used, directly or through another."""
    reached, ahead = set[str](), [name]
    while ahead:
        new = [other for other in conditions(fields[ahead.pop()]) if other in fields and other not in reached]
        reached.update(new)
        ahead += new
    return frozenset(reached)


def _unmet(
    name: str, values: Values, fields: Fields, *, passed: frozenset[str]
) -> dict[str, tuple[Scalar, ...]]:
    """`passed` are the fields on the way here: a circle is told when the class is defined, and ends here."""
    missing: dict[str, tuple[Scalar, ...]] = {}
    for other, allowed in conditions(fields[name]).items():
        if other in fields and other not in passed:
            missing |= _unmet(other, values, fields, passed=passed | {name})
            if values[other] not in allowed:
                missing[other] = allowed
    return missing


def unused_problems(values: Values, fields: Fields, *, unknown: frozenset[str] = frozenset()) -> list[str]:
    """One line for each unused field that is not at its default; of `unknown` fields no value is known."""
    known = [name for name in sorted(fields) if not depends_on(name, fields) & unknown]
    return [line for name in known if (line := unused_problem(name, values, fields))]


def unused_problem(name: str, values: Values, fields: Fields) -> str:
    """What is wrong with a field that is not at its default and is not used; "" where nothing is."""
    if values[name] == fields[name].default or not (stopped := unmet(name, values, fields)):
        return ""
    now = " and ".join(f"{other} {_shown(values[other], fields[other])}" for other in stopped)
    use = [f"{other} {', '.join(map(_text, allowed))}" for other, allowed in stopped.items()]
    first, *more = use if len(use) > 1 else [use[0].partition(" ")[2]]
    then = f"{first} with {' and '.join(more)}" if more else first
    return NOT_USED.format(name=name, now=now, then=then)


def _shown(value: Scalar, field: FieldInfo) -> str:
    """A value in a message; free text that somebody gave is not repeated."""
    return "as it is" if field.annotation is str else _text(value)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
