"""What a form knows of one parameter: what it takes, what it is for, and every sentence that may be told of it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import annotated_types
from pydantic.fields import FieldInfo

from ml_assets.core.command import OPTIONS, flag_text
from ml_assets.core.field_types import FieldType, field_type
from ml_assets.core.marks import conditions, omission
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import NO_NAME, allowed, sentences, text_hint

_SCALARS: Mapping[Any, str] = {int: "integer", float: "number", bool: "boolean", str: "text"}
_CONTAINERS = {"list": "list", "dict": "json"}
OTHER_TYPE = "type"  # the kind of a sentence about a value that is of another type
_OF_NUMBERS = ("finite_number", "greater_than_equal", "less_than_equal", "multiple_of")
_OF_TEXTS = ("string_pattern_mismatch", "string_too_short", "string_too_long")
_OF_CONTAINERS = ("too_short", "too_long")


def field_document(name: str, cls: type[Parameters], *, suggestions: Iterable[str] = ()) -> dict[str, Any]:
    """One field of the form.

    Args:
        name: of the field.
        cls: the class of the parameters that has it.
        suggestions: texts that are often given for it.
    """
    field = cls.model_fields[name]
    declared = field_type(field)
    assert declared is not None  # the class is a pipeline's
    document: dict[str, Any] = {
        "name": name,
        "description": field.description,
        "kind": _kind(declared),
        "item": _SCALARS[declared.scalar],
        **_limits(declared, field),
        "default": field.default,
        "text": input_text(field.default),
        "allowed": allowed(field),
        "used_when": {other: list(values) for other, values in conditions(field).items()},
        "by_set": name in OPTIONS,
        "is_free_text": field.annotation is str,
        "sentences": sentences(field, kinds=_kinds(declared)),
        "hint": text_hint(field),
        "suggestions": list(dict.fromkeys(suggestions)),
    }
    if mark := omission(field):
        document["omitted_when"] = mark.value
    if declared.container:
        items = sentences(field, kinds=_kinds(declared.item), of_items=True)
        document["item_sentences"] = items
        document["key_sentence"] = f"{NO_NAME}. Allowed: {allowed(field)}."
    return document


def input_text(value: Any) -> str:
    """A value as it is typed into the form: as a flag of the shell takes it; a table keeps its order."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else flag_text(value)


def slice_document(cls: type[Parameters], assets: Sequence[str]) -> dict[str, Any]:
    """What decides the run_id of these assets: the fields of a slice, and the values at which they are left out."""
    marks = {name: omission(field) for name, field in cls.model_fields.items()}
    omitted = {name: mark.value for name, mark in marks.items() if mark}
    return {"assets": list(assets), "fields": list(cls.model_fields), "omitted": omitted}


def _kind(declared: FieldType) -> str:
    if declared.container:
        return _CONTAINERS[declared.container]
    return "choice" if declared.choices else _SCALARS[declared.scalar]


def _limits(declared: FieldType, field: FieldInfo) -> dict[str, Any]:
    """What a value, each item, or the number of items is held to; None where nothing is said."""
    return {
        "choices": list(declared.choices),
        "minimum": declared.low,
        "maximum": declared.high,
        "above": declared.above,
        "below": declared.below,
        "pattern": declared.pattern,
        "multiple_of": _mark(field, annotated_types.MultipleOf, "multiple_of"),
        "shortest": _mark(field, annotated_types.MinLen, "min_length"),
        "longest": _mark(field, annotated_types.MaxLen, "max_length"),
    }


def _mark(field: FieldInfo, kind: type, name: str) -> Any:
    """What pydantic keeps of a limit: a mark of its kind, or one of its own with an attribute of that name."""
    found = (
        getattr(mark, name, None) for mark in field.metadata if isinstance(mark, kind) or hasattr(mark, name)
    )
    return next((value for value in found if value is not None), None)


def _kinds(declared: FieldType) -> tuple[str, ...]:
    """The kinds of sentences that may be told of a value of this type."""
    if declared.container:
        return (OTHER_TYPE, *_OF_CONTAINERS)
    if declared.choices:
        return ("literal_error",)
    if declared.scalar is bool:
        return (OTHER_TYPE,)
    return (OTHER_TYPE, *(_OF_TEXTS if declared.scalar is str else _OF_NUMBERS))
