"""What a command about releases is about, and what it takes of its own, checked."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ml_assets.cli.call import Call
from ml_assets.cli.flags import given_parameters, read_as
from ml_assets.core.problems import problems_of
from ml_assets.core.slices import subjects
from ml_assets.errors import RefusedError


def about_of(call: Call) -> Mapping[str, Any]:
    """The values of the parameters that say which releases are meant; RefusedError where one is none."""
    cls, names = call.pipeline.parameters, subjects(call.pipeline)
    given = given_parameters(call.args, cls=cls, names=names) if names else {}
    if problems := problems_of(given, cls):
        raise RefusedError(list(problems.values()))
    if other := [name for name in given if name not in names]:
        known = ", ".join(names)
        raise RefusedError([f"{name}: decides no releases. Allowed: {known}." for name in other])
    return {name: given.get(name, cls.model_fields[name].default) for name in names}


def given_own(call: Call, model: type[BaseModel]) -> dict[str, Any]:
    """The fields of `model` that have a flag and were given, each read as its type where it can be."""
    texts = {name: getattr(call.args, name, None) for name in model.model_fields}
    fields = model.model_fields
    return {name: read_as(fields[name], value) for name, value in texts.items() if value is not None}
