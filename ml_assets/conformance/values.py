"""Other sound values and bad values of a parameter, found by what its field declares."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.fields import FieldInfo

from ml_assets.core.field_types import FieldType, field_type, takes
from ml_assets.core.marks import conditions, omission
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import diagnose

CANARY = "conformance§canary"  # no pattern of a name takes it, and no message may repeat it


def other_values(values: Mapping[str, Any], cls: type[Parameters]) -> dict[str, list[Any]]:
    """By field, values other than the one that it has with which all of the parameters are sound; at most two."""
    base = cls.model_validate(dict(values))
    found: dict[str, list[Any]] = {}
    for name, field in cls.model_fields.items():
        now = getattr(base, name)
        others = [
            other
            for other in _candidates(now, field)
            if other != now and diagnose({**values, name: other}, cls)[0] is not None
        ]
        found[name] = list({repr(other): other for other in others}.values())[:2]
    return found


def bad_value(field: FieldInfo) -> Any:
    """A value that the field does not take, of the type that it has wherever there is one; None where it takes all."""
    declared = field_type(field)
    bad = _bad(declared) if declared else [CANARY]
    return next((value for value in bad if not takes(field, value)), None)


def used(cls: type[Parameters], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that decide a result by the marks of their fields: worked out here, not asked of the library."""
    fields = cls.model_fields

    def is_used(name: str) -> bool:
        wanted = conditions(fields[name])
        return all(is_used(other) and values[other] in allowed for other, allowed in wanted.items())

    marks = {name: omission(field) for name, field in fields.items()}
    return {
        name: values[name]
        for name in fields
        if is_used(name) and not ((mark := marks[name]) is not None and mark.value == values[name])
    }


def _candidates(now: Any, field: FieldInfo) -> Iterator[Any]:
    declared = field_type(field)
    if declared is None:
        return
    if declared.container == "list":
        items = list(_scalars(now[0] if now else None, declared.item))
        yield from ([*now, item] for item in items)
        yield from ([item] for item in items)
        yield list(now[:-1])
    elif declared.container == "dict":
        for item in _scalars(next(iter(now.values()), None), declared.item):
            yield {**now, "conformance": item}
            yield dict.fromkeys(now, item)
    else:
        yield from _scalars(now, declared)


def _scalars(now: Any, declared: FieldType) -> Iterator[Any]:
    if declared.choices:
        yield from declared.choices
    elif declared.scalar is bool:
        yield from (False, True)
    elif declared.scalar is str:
        text = now or ""
        yield from (f"{text}a", f"{text}1", text[:-1], "a", "conformance")
    elif declared.scalar is int:
        start = int(now if now is not None else declared.low or 0)
        yield from (start + 1, start - 1, start + 2, start - 2, start * 2, start // 2)
    else:
        middle = float(now if now is not None else declared.low or 0)
        low = middle - 1 if declared.low is None else declared.low
        high = middle + 1 if declared.high is None else min(declared.high, middle + 1)
        yield from ((middle + high) / 2, (middle + low) / 2, middle + 0.5, middle - 0.5)


def _bad(declared: FieldType) -> list[Any]:
    if declared.container == "list":
        return [[bad] for bad in _bad(declared.item)] or [CANARY]
    if declared.container == "dict":
        return [{"conformance": bad} for bad in _bad(declared.item)] or [CANARY]
    if declared.choices:
        return [CANARY, -987654321]
    if declared.scalar is str:
        return [CANARY, "", "a" * 2000]
    if declared.scalar is bool:
        return [CANARY]
    step = 1 if declared.scalar is int else 1.0
    beyond = [
        None if declared.high is None else declared.high + step,
        None if declared.low is None else declared.low - step,
    ]
    return [declared.scalar(value) for value in beyond if value is not None] + [CANARY]
