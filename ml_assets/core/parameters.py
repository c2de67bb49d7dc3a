"""The parameters of a run: what decides the result, typed, ranged and refused when wrong."""

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from ml_assets.core.definition import definition_problems
from ml_assets.core.frozen_values import frozen
from ml_assets.core.marks import is_used, omission, omitted_values, omitted_when, unused_problems, used_when

__all__ = [
    "Parameters",
    "definition_problems",
    "from_identity",
    "identity",
    "omitted_when",
    "part_of",
    "refuse",
    "unused",
    "used_when",
]

NAME = r"^[a-z][a-z0-9_]{0,39}$"
REFUSED, UNUSED = "refused", "unused"  # kinds of errors of our own among those of pydantic

AnyParameters = TypeVar("AnyParameters", bound="Parameters")


def _unused_stay_at_their_default(parameters: Any) -> Any:
    if problems := unused_problems(parameters.__dict__, type(parameters).model_fields):
        raise PydanticCustomError(UNUSED, "{lines}", {"lines": "\n".join(problems)})
    return parameters


class Parameters(BaseModel):
    """The base of every parameter set: frozen, strict, closed, and silent about the values it refuses.

    A field that the values of others leave unused (`used_when`) must stay at its default.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        validate_default=True,  # 2 and 2.0 are one float, in lists and tables too
        protected_namespaces=(),
    )

    @model_validator(mode="after")
    def _values_are_frozen(self) -> "Parameters":
        for name in type(self).model_fields:
            self.__dict__[name] = frozen(self.__dict__[name])
        return self

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """The schema of the class with one more rule, which comes after those of every subclass."""
        return no_info_after_validator_function(_unused_stay_at_their_default, handler(source))


class _Absent:
    """What a class does not have, though its base has it."""

    def __get__(self, instance: object, owner: type) -> NoReturn:
        raise AttributeError


# pydantic warns of a field named like one of its deprecated methods; `copy`, `json` and `schema` are good names
for _name in dir(BaseModel):
    if not _name.startswith(("_", "model_")):
        setattr(Parameters, _name, _Absent())


def refuse(field: str, what: str, *, allowed: str) -> PydanticCustomError:
    """The error to raise in a validator where values break a rule of its own; never put a value into it.

    `raise refuse("valid_days", "must be smaller than days", allowed="1 to days - 1")` is told as
    "valid_days: must be smaller than days. Allowed: 1 to days - 1."
    """
    return PydanticCustomError(
        REFUSED, "{field}: {what}. Allowed: {allowed}.", {"field": field, "what": what, "allowed": allowed}
    )


def identity(parameters: Parameters, *, of: type[Parameters]) -> dict[str, Any]:
    """The values of the slice `of` that decide a result: what is hashed, stored and shown.

    Left out are fields that are not used, and fields under the value at which they are declared omitted.
    """
    aside = unused(parameters, of=of)
    values = {name: getattr(parameters, name) for name in of.model_fields if name not in aside}
    omitted = {name: omission(of.model_fields[name]) for name in values}
    return {
        name: value
        for name, value in values.items()
        if (mark := omitted[name]) is None or mark.value != value
    }


def unused(parameters: Parameters, *, of: type[Parameters]) -> frozenset[str]:
    """The fields of the slice `of` that the parameters do not use."""
    fields = of.model_fields
    return frozenset(name for name in fields if not is_used(name, parameters.__dict__, fields))


def from_identity(values: Mapping[str, Any], *, cls: type[AnyParameters]) -> AnyParameters:
    """The full parameters of a class that an identity (of any slice) stands for.

    What was left out is at the value under which it is left out, or, where it is not used, at its default. What an
    asset adds of its own, such as the window of a report, is no parameter of a run.

    Raises:
        ValidationError: the code that is here knows no such parameters.
    """
    fields = cls.model_fields
    known = {name: value for name, value in values.items() if name in fields}
    return cls.model_validate({**omitted_values(known, fields), **known})


def part_of(parameters: Parameters, cls: type[AnyParameters]) -> AnyParameters:
    """The slice of the parameters that `cls` is: an object that has its fields and no others."""
    if type(parameters) is cls:
        return parameters
    aside = unused(parameters, of=cls)
    return cls.model_validate(
        {name: getattr(parameters, name) for name in cls.model_fields if name not in aside}
    )
