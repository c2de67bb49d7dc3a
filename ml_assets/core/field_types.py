"""What a field of parameters may hold: a closed table of types, so that every surface can read, show and hash all.

`bool`, `int`, `float`, `str`, a Literal of texts or of whole numbers, a list of these, or a table of them by text.
"""

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

Container = Literal["", "list", "dict"]
SCALARS = (bool, int, float, str)
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, hide_input_in_errors=True)


@dataclass(frozen=True, kw_only=True)
class FieldType:
    """What a field takes.

    Attributes:
        scalar: the type of the value, or of each item of a list or table.
        container: "list" or "dict", or "" for one value.
        choices: all values, where they are listed.
        low, high: the limits of a number, or None.
        above, below: whether the limit itself is left out.
        pattern: of a text, "" for none.
    """

    scalar: type
    container: Container = ""
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    pattern: str = ""

    @property
    def item(self) -> "FieldType":
        """What each item of a list or table takes."""
        return replace(self, container="")

    @property
    def is_number(self) -> bool:
        """Whether it is one number of a range."""
        return not self.container and not self.choices and self.scalar in (int, float)


def field_type(field: FieldInfo) -> FieldType | None:
    """What a field takes, or None where its type is none of the table."""
    return _type_of(field.annotation, field.metadata)


def adapter(field: FieldInfo) -> TypeAdapter[Any]:
    """What validates a value by a field alone; rules that span fields are not looked at."""
    parts = (field.annotation, *field.metadata, ...)  # Annotated wants one mark at least
    marked: Any = operator.getitem(Annotated, parts)
    return TypeAdapter(marked, config=_STRICT)


def takes(field: FieldInfo, value: Any) -> bool:
    """Whether a field alone takes a value."""
    try:
        adapter(field).validate_python(value)
    except ValidationError:
        return False
    return True


def _type_of(annotation: Any, marks: Iterable[Any]) -> FieldType | None:
    annotation, marks = _bare(annotation, marks)
    arguments = get_args(annotation)
    if get_origin(annotation) is list:
        return _inside("list", arguments[0])
    if get_origin(annotation) is dict:
        return _inside("dict", arguments[1]) if arguments[0] is str else None
    if get_origin(annotation) is Literal:
        kinds = {type(choice) for choice in arguments}
        return FieldType(scalar=kinds.pop(), choices=arguments) if kinds in ({str}, {int}) else None
    return _scalar(annotation, marks) if annotation in SCALARS else None


def _inside(container: Container, item: Any) -> FieldType | None:
    inner = _type_of(item, ())
    if inner is None or inner.container:
        return None
    return replace(inner, container=container)


def _scalar(kind: type, marks: list[Any]) -> FieldType:
    ge, gt = _limit(marks, annotated_types.Ge, "ge"), _limit(marks, annotated_types.Gt, "gt")
    le, lt = _limit(marks, annotated_types.Le, "le"), _limit(marks, annotated_types.Lt, "lt")
    return FieldType(
        scalar=kind,
        low=gt if gt is not None else ge,
        high=lt if lt is not None else le,
        above=gt is not None,
        below=lt is not None,
        pattern=next((str(mark.pattern) for mark in marks if getattr(mark, "pattern", None)), ""),
    )


def _limit(marks: list[Any], kind: type, name: str) -> Any:
    return next((getattr(mark, name) for mark in marks if isinstance(mark, kind)), None)


def _bare(annotation: Any, marks: Iterable[Any]) -> tuple[Any, list[Any]]:
    """A type without the names and marks around it, and all of the marks."""
    collected = list(_flat(marks))
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            collected += _flat(more)
        elif hasattr(annotation, "__value__"):  # `type Name = ...`
            annotation = annotation.__value__
        else:
            return annotation, collected


def _flat(marks: Iterable[Any]) -> Iterator[Any]:
    for mark in marks:
        if isinstance(mark, FieldInfo):
            yield from _flat(mark.metadata)
        elif isinstance(mark, annotated_types.GroupedMetadata):
            yield from _flat(mark)
        else:
            yield mark
