"""A config schema that shows all and refuses nothing: the schema panel tells what is allowed, our own check decides.

Dagster's check of types and enums repeats the value that it refuses, which may be a secret, and knows neither
ranges nor rules across fields. So every field is of a type that takes anything and is *named* after what it allows.
"""

from collections.abc import Mapping

import dagster as dg
from dagster._config import (
    ConfigType,
    ConfigTypeKind,
)  # no public class makes a named type that takes anything
from pydantic.fields import FieldInfo

from ml_assets.core.problems import allowed


def shown(fields: Mapping[str, FieldInfo]) -> dg.Permissive:
    """The schema of these fields: description, default and allowed values of each."""
    return dg.Permissive({name: _field(name, field) for name, field in fields.items()})  # type: ignore[no-untyped-call]


def _field(name: str, field: FieldInfo) -> dg.Field:
    words = f"({allowed(field)})"  # part of the key: Dagster knows types by it, and pipelines share names of fields
    kind = ConfigType(key=f"Parameter.{name}{words}", given_name=words, kind=ConfigTypeKind.ANY)
    return dg.Field(kind, default_value=field.default, is_required=False, description=field.description)
