"""What a model version is, shipped or installed: how people name it, how it is built for each task, and what it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ml_assets import Parameters
from ml_assets.core.contract import Task

Builder: TypeAlias = Callable[[Any, Sequence[int], Sequence[int]], Any]


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    """How one model version is made.

    Attributes:
        description: one line for people.
        build: by task, what gives the unfitted estimator of the parameters and the positions of number and category
            columns. The estimator is fitted on an object array of shape (rows, features): floats with NaN, and texts.
        named: what it is for a task for which the description says something else.
        parameters: the fields that only this version has. Each is used with it alone.
        trusted: the full names of the types that its fitted estimator is made of, beyond those of scikit-learn.
    """

    description: str
    build: Mapping[Task, Builder]
    named: Mapping[Task, str] = field(default_factory=dict)
    parameters: type[Parameters] = Parameters
    trusted: tuple[str, ...] = ()
