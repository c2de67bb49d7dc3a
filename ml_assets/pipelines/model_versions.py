"""What a model version is, shipped or installed: how people name it, how it is built for each task, and what it needs.

A package adds one by an entry point of the group `ml_assets.model_versions`, and nothing of this project is changed:

    [project.entry-points."ml_assets.model_versions"]
    lgbm = "shop.models:lgbm"
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy as copy_of
from dataclasses import dataclass, field
from typing import Any, TypeAlias, get_args

from pydantic import create_model

from ml_assets import Parameters
from ml_assets.core.contract import Task
from ml_assets.core.marks import UsedWhen, conditions
from ml_assets.core.parameters import NAME, definition_problems
from ml_assets.core.value_types import register_type
from ml_assets.errors import DefinitionError

FIELD = "model_version"

Builder: TypeAlias = Callable[[Any, Sequence[int], Sequence[int]], Any]


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """How one model version is made.

    Attributes:
        description: one line for people.
        build: by task, what gives the unfitted estimator of the parameters and the positions of number and category
            columns. The estimator is fitted on a polars frame of shape (rows, features): floats with NaN, and texts.
        named: what it is for a task for which the description says something else.
        parameters: the fields that only this version has. Each is used with it alone.
        trusted: the full names of the types that its fitted estimator is made of, beyond those of scikit-learn.
    """

    description: str
    build: Mapping[Task, Builder]
    named: Mapping[Task, str] = field(default_factory=dict)
    parameters: type[Parameters] = Parameters
    trusted: tuple[str, ...] = ()


def with_fields(cls: type[Parameters], versions: Mapping[str, ModelVersion]) -> type[Parameters]:
    """A class of parameters with the fields that versions have of their own, each used with its version alone.

    What the versions trust is trusted from here on when a model is loaded.

    Raises:
        DefinitionError: with one line for each thing in a version that cannot be used.
    """
    fields: dict[str, Any] = {}
    problems: list[str] = []
    for name, version in versions.items():
        own = version.parameters.model_fields
        found = [*_problems(name, version)]
        found += [
            f"{other}: there is such a parameter already. Give it another name."
            for other in own
            if other in fields or other in cls.model_fields
        ]
        problems += [f"model version {name}: {problem}" for problem in found]
        fields |= {other: _used_with(name, info) for other, info in own.items()}
        for trusted in version.trusted if not found else ():
            register_type(trusted, "skops")
    if problems:
        raise DefinitionError("\n".join(problems))
    if not fields:
        return cls
    return create_model(cls.__name__, __base__=cls, __module__=cls.__module__, __doc__=cls.__doc__, **fields)


def _problems(name: str, version: ModelVersion) -> Iterator[str]:
    tasks = get_args(Task)
    if not re.match(NAME, name):
        yield "its name has other characters than small letters, digits and _. Rename the entry point."
    if not version.build or not set(version.build) <= set(tasks):
        yield f"build: names no task, or an unknown one. Known: {', '.join(tasks)}."
    if set(version.parameters.__pydantic_decorators__.model_validators) - set(
        Parameters.__pydantic_decorators__.model_validators
    ):
        yield "parameters: has a rule that spans fields, which no launch would look at. Leave it out, or check it in build."
    yield from (f"parameters: {problem}" for problem in definition_problems(version.parameters))
    wrong = [text for text in version.trusted if not isinstance(text, str) or "." not in text]
    if wrong:
        yield "trusted: names of types have a module in front, such as lightgbm.basic.Booster."


def _used_with(name: str, field: Any) -> tuple[Any, Any]:
    """The same field, used with a version: with what it says itself of other fields beside that."""
    marks = [mark for mark in field.metadata if not isinstance(mark, UsedWhen)]
    used = UsedWhen(tuple({**conditions(field), FIELD: (name,)}.items()))
    copy = copy_of(field)
    copy.metadata = [*marks, used]
    return field.annotation, copy
