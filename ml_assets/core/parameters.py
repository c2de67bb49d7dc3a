"""The parameters of a run: what decides the result, typed, ranged and refused when wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ml_assets.core.recipes import DATASETS, RECIPES

if TYPE_CHECKING:
    Dataset = str
    ModelVersion = str
else:  # the registries are the only lists of what is allowed
    Dataset = Literal[tuple(DATASETS)]
    ModelVersion = Literal[tuple(RECIPES)]

LONGEST_LOOKBACK = 3650
HYPERPARAMETERS = frozenset().union(*(recipe.hyperparameters for recipe in RECIPES.values()))


@dataclass(frozen=True)
class OmittedWhen:
    """Mark of a parameter that was added later: under this value it is left out of the identity, for ever.

    The value is frozen when the parameter is introduced and has nothing to do with its default, so that
    run_ids which existed before stay what they were.
    """

    value: Any


class Parameters(BaseModel):
    """The base of every parameter set: frozen, strict, closed, and silent about the values it refuses."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
        protected_namespaces=(),
    )


class DatasetParameters(Parameters):
    """What decides a training set."""

    dataset: Dataset = Field(
        default="orders", description="Which rows: " + "; ".join(f"{k} = {v}" for k, v in DATASETS.items())
    )
    source: str = Field(
        default="sample",
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="Logical name of where rows come from: `sample`, or a name in the settings",
    )
    lookback_days: int = Field(
        default=365, ge=2, le=LONGEST_LOOKBACK, description="Days of rows before and including as_of"
    )
    holdout_days: int = Field(
        default=56, ge=1, le=365, description="Latest days of the usable rows, kept for evaluation"
    )
    purged: Annotated[bool, OmittedWhen(False)] = Field(
        default=True, description="Train only on rows whose outcome was known when the holdout began"
    )

    @model_validator(mode="after")
    def _holdout_leaves_rows_to_train_on(self) -> "DatasetParameters":
        if self.holdout_days >= self.lookback_days:
            raise PydanticCustomError(
                "holdout",
                "holdout_days: must be smaller than lookback_days. Allowed: 1 to lookback_days - 1.",
            )
        return self


class TrainingParameters(DatasetParameters):
    """What decides a model, its evaluation and its card. Hyperparameters have scikit-learn's own names."""

    model_version: ModelVersion = Field(
        default="v1",
        description="; ".join(f"{name} = {recipe.description}" for name, recipe in RECIPES.items()),
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of everything random")
    C: float = Field(default=1.0, ge=1e-6, le=1e6, description="v1: inverse strength of regularisation")
    learning_rate: float = Field(default=0.05, ge=0.0001, le=1.0, description="v2: shrinkage of each tree")
    max_iter: int = Field(default=100, ge=1, le=2000, description="v2: number of trees")
    max_depth: int = Field(default=4, ge=1, le=16, description="v2: depth of a tree at most")
    max_leaf_nodes: int = Field(default=31, ge=2, le=255, description="v2: leaves of a tree at most")
    min_samples_leaf: int = Field(default=20, ge=1, le=10000, description="v2: rows in a leaf at least")
    l2_regularization: float = Field(default=0.0, ge=0.0, le=1e6, description="v2: L2 penalty on leaf values")
    calibrate: Annotated[bool, OmittedWhen(False)] = Field(
        default=False, description="Calibrate the probabilities (sigmoid, 5 folds of the training rows)"
    )

    @model_validator(mode="after")
    def _unused_hyperparameters_stay_at_their_default(self) -> "TrainingParameters":
        used = RECIPES[self.model_version].hyperparameters
        fields = type(self).model_fields
        wrong = sorted(n for n in HYPERPARAMETERS - used if getattr(self, n) != fields[n].default)
        if wrong:
            users = {n: ", ".join(v for v, r in RECIPES.items() if n in r.hyperparameters) for n in wrong}
            lines = [
                f"{n}: not used by model_version {self.model_version}. Allowed: leave it out, or use {users[n]}."
                for n in wrong
            ]
            raise PydanticCustomError("unused_hyperparameter", "{lines}", {"lines": "\n".join(lines)})
        return self


def identity(parameters: Parameters, *, of: type[Parameters]) -> dict[str, Any]:
    """The values of the slice `of` that decide a result: what is hashed, stored and shown.

    Left out are hyperparameters that the model version does not use and parameters under the value at
    which they are declared omitted.
    """
    names = [name for name in of.model_fields if not _left_out(parameters, name, of=of)]
    return {name: getattr(parameters, name) for name in names}


def _left_out(parameters: Parameters, name: str, *, of: type[Parameters]) -> bool:
    if isinstance(parameters, TrainingParameters) and _is_unused(name, parameters.model_version):
        return True
    marks = [mark for mark in of.model_fields[name].metadata if isinstance(mark, OmittedWhen)]
    return any(mark.value == getattr(parameters, name) for mark in marks)


def _is_unused(name: str, model_version: str) -> bool:
    return name in HYPERPARAMETERS and name not in RECIPES[model_version].hyperparameters


def from_identity(values: Mapping[str, Any]) -> TrainingParameters:
    """The full parameters that an identity (of any slice) stands for.

    What was left out is at the value under which it is left out, or, where the model version does not use it, at its
    default. What an asset adds of its own, such as the window of a report, is no parameter of a run.

    Raises:
        ValidationError: the code that is here knows no such parameters.
    """
    fields = TrainingParameters.model_fields
    version = str(values.get("model_version", fields["model_version"].default))
    omitted = {
        name: mark.value
        for name, field in fields.items()
        for mark in field.metadata
        if isinstance(mark, OmittedWhen) and version in RECIPES and not _is_unused(name, version)
    }
    known = {name: value for name, value in values.items() if name in fields}
    return TrainingParameters.model_validate({**omitted, **known})
