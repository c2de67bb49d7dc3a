"""What a function needs beside rows and values: a client of a service, made of settings, of which nothing is stored."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import nearest

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OF_ITS_RULES = ("value_error", "assertion_error")
_NAME = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")


class Resource(BaseModel):
    """The base of what a function can take that is neither a parameter nor a value: its fields are settings.

    class Prices(Resource):
        url: str = "https://prices.example"
        token: SecretStr

    An argument of this type gets one object a process, made of the table `[resources.prices]` of `ml_assets.toml` and of
    variables such as `ML_ASSETS_RESOURCES__PRICES__TOKEN`. None of it is in a run_id, a manifest or a message.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, protected_namespaces=())

    resource_name: ClassVar[str] = ""
    """The name under which it is set; by default that of the class, `PriceService` as `price_service`."""

    def open(self) -> None:
        """Called once a process, before it is used first: connections are made here and kept in private attributes."""

    def close(self) -> None:
        """Called when the process ends, of what was opened."""


def name_of_resource(cls: type[Resource]) -> str:
    """The name under which a resource is set and handed in."""
    return cls.resource_name or _WORD.sub("_", cls.__name__).lower()


def resource_problem(cls: type[Resource]) -> str:
    """What keeps a class from being that of a resource; "" where nothing does."""
    if cls is Resource:
        return "is Resource itself, which has no settings. Take a subclass of it."
    name = name_of_resource(cls)
    if not _NAME.match(name):
        return (
            f"{cls.__name__} cannot be set under the name {visible(name)}. Write small letters, digits and single _: "
            'resource_name: ClassVar[str] = "prices".'
        )
    return ""


def made_resource(cls: type[Resource], values: Mapping[str, Any]) -> tuple[Resource | None, list[str]]:
    """A resource of its settings, or one line for each thing that is wrong with them; no value is told."""
    try:
        return cls.model_validate(dict(values)), []
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False)
        return None, [_line(cls, detail["loc"], detail) for detail in details]
    except Exception as error:  # noqa: BLE001  (a rule of it is foreign code, and may raise anything)
        return None, [f"resources.{name_of_resource(cls)}: a rule of it fails ({type(error).__name__})."]


def secrets_of(resources: Iterable[object]) -> frozenset[str]:
    """The secret values among the fields of resources."""
    found = (value for item in resources if isinstance(item, Resource) for value in item.__dict__.values())
    return frozenset(value.get_secret_value() for value in found if isinstance(value, SecretStr)) - {""}


def _line(cls: type[Resource], loc: tuple[int | str, ...], detail: Mapping[str, Any]) -> str:
    """`resources.prices.token: missing. Set ML_ASSETS_RESOURCES__PRICES__TOKEN, or token under [resources.prices] of ...`."""
    name, field = name_of_resource(cls), str(loc[0]) if loc else ""
    where = ".".join(["resources", name, *(visible(str(part)) for part in loc)])
    if detail["type"] == "extra_forbidden":
        meant = nearest(field, cls.model_fields)
        known = f"Did you mean {meant}?" if meant else f"Known: {', '.join(cls.model_fields) or 'none'}."
        return f"{where}: unknown. {known}"
    if detail["type"] == "missing":
        variable = f"ML_ASSETS_RESOURCES__{name}__{field}".upper()
        return f"{where}: missing. Set {variable}, or {field} under [resources.{name}] in ml_assets.toml."
    return f"{where}: {_said(detail)}."


def _said(detail: Mapping[str, Any]) -> str:
    """What pydantic says; of a rule of the user's own only that it does not hold, for its text may hold the value."""
    return "a rule of its own does not hold" if detail["type"] in _OF_ITS_RULES else str(detail["msg"])
