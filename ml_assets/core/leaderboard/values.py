"""The values of the varied parameters of a trial, typed alike wherever its identity was read from."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from pydantic.fields import FieldInfo

from ml_assets.core.marks import omission
from ml_assets.core.parameters import TrainingParameters

Value = bool | int | float | str | None


def varied_values(identity: Mapping[str, Any], varied: Iterable[str]) -> dict[str, Value]:
    """The value of each varied parameter; None where the model version of the trial does not use it."""
    return {name: _value(identity, name) for name in varied}


def _value(identity: Mapping[str, Any], name: str) -> Value:
    field = TrainingParameters.model_fields.get(name)
    if name not in identity:
        return None if field is None else _omitted(field)
    value: Value = identity[name]
    if field is not None and field.annotation is float and value is not None:
        return float(value)  # canonical JSON reads 1.0 back as 1
    return value


def _omitted(field: FieldInfo) -> Value:
    """What a parameter that is left out of an identity stands for."""
    mark = omission(field)
    return None if mark is None else mark.value


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether it has a place on a line; true and false have none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def order(value: Value) -> tuple[int, float, str]:
    """Sorts values of any type: numbers by size, then false and true, then text, what is not used last."""
    if value is None:
        return (3, 0.0, "")
    if isinstance(value, str):
        return (2, 0.0, value)
    return (1 if isinstance(value, bool) else 0, float(value), "")


def levels(values: Iterable[Value]) -> list[Value]:
    """The different values, in order; true is not 1."""
    found = {order(value): value for value in values}
    return [found[key] for key in sorted(found)]


def places(values: Iterable[Value], found: Iterable[Value]) -> list[int]:
    """Where each value stands among `found`; true is not 1."""
    known = {order(value): place for place, value in enumerate(found)}
    return [known[order(value)] for value in values]
