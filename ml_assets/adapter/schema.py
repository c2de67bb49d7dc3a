"""A config schema that shows all and refuses nothing: the schema panel tells what is allowed, our own check decides.

Dagster's check of types and enums repeats the value that it refuses, which may be a secret, and knows neither
ranges nor rules across fields. So every field is of a type that takes anything and is *named* after what it allows.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

import dagster as dg
from dagster._config import (
    ConfigType,
    ConfigTypeKind,
)  # no public class makes a named type that takes anything
from dagster._core.definitions.definition_config_schema import DefinitionConfigSchema
from pydantic.fields import FieldInfo

from ml_assets.core.marks import conditions, is_used
from ml_assets.core.problems import allowed


class _Placed(str):
    """The name of a field, sorted by its place among the fields and not by the alphabet.

    Dagster fact: the launchpad opens with the defaults of a job, which reach it as JSON that was written with sorted
    keys. Keys of this kind are sorted as their class has them; everywhere else they are the text that they are.
    """

    __slots__ = ("place",)
    place: int

    def __lt__(self, other: str) -> bool:
        return self.place < other.place if isinstance(other, _Placed) else str(self) < other


def _placed(name: str, place: int) -> _Placed:
    found = _Placed(name)
    found.place = place
    return found


class _NoField(dg.Field):
    """A field that counts as none."""

    def __bool__(self) -> bool:
        return False


class TakesNothing(DefinitionConfigSchema):
    """The schema of a resource that takes no config.

    Dagster fact: a resource without a schema is shown as one that takes anything. One whose schema counts as false, and
    so does its field, is left out of what a launchpad offers; its type is asked for all the same.
    """

    def __init__(self) -> None:
        super().__init__(_NoField(dg.Shape({}), is_required=False))  # type: ignore[no-untyped-call]

    def __bool__(self) -> bool:
        return False

    @property
    def config_type(self) -> ConfigType:
        """That of a mapping without keys."""
        return self.as_field().config_type


def shown(fields: Mapping[str, FieldInfo], *, opened: Collection[str] | None = None) -> dg.Permissive:
    """The schema of these fields: description, default and allowed values of each, in their order.

    Args:
        fields: as a class of parameters declares them.
        opened: those that the launchpad opens with, at their default; by default those that are used where all are at
            their default. The others are in the schema beside it.
    """
    defaults = {name: field.default for name, field in fields.items()}
    if opened is None:
        opened = [name for name in fields if is_used(name, defaults, fields)]
    return dg.Permissive(  # type: ignore[no-untyped-call]
        {
            _placed(name, place): _field(name, field, is_opened=name in opened)
            for place, (name, field) in enumerate(fields.items())
        }
    )


def plain_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a config by names that are text and nothing else."""
    return {str(name): value for name, value in values.items()}


def _field(name: str, field: FieldInfo, *, is_opened: bool) -> dg.Field:
    words = f"({allowed(field)})"  # part of the key: Dagster knows types by it, and pipelines share names of fields
    kind = ConfigType(key=f"Parameter.{name}{words}", given_name=words, kind=ConfigTypeKind.ANY)
    if is_opened:
        return dg.Field(kind, default_value=field.default, is_required=False, description=field.description)
    return dg.Field(kind, is_required=False, description=f"{field.description}. {_unopened(field)}")


def _unopened(field: FieldInfo) -> str:
    """What of a field is not seen where it is not in the editor: its default, and with what it is used."""
    used = " and ".join(
        f"{other} {', '.join(map(str, values))}" for other, values in conditions(field).items()
    )
    return f"{json.dumps(field.default)} by default{f', used with {used}' if used else ''}."
