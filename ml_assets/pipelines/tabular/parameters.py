"""The parameters of the pipeline, and the registry of model versions that they choose from.

A new model version is one new entry here and functions in `estimators`; or an entry point of a package of one's own.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ml_assets import Parameters, omitted_when, refuse, used_when, with_installed
from ml_assets.core.parameters import NAME
from ml_assets.pipelines.model_versions import ModelVersion, with_fields
from ml_assets.pipelines.tabular import estimators

LONGEST_LOOKBACK = 3650
MOST_ROWS = 1_000_000_000

RECIPES: Mapping[str, ModelVersion] = with_installed(
    "ml_assets.model_versions",
    {
        "v1": ModelVersion(
            description="regularised logistic regression",
            named={"regression": "ridge regression"},
            build={
                "binary": estimators.logistic_regression,
                "multiclass": estimators.logistic_regression,
                "regression": estimators.ridge_regression,
            },
        ),
        "v2": ModelVersion(
            description="histogram gradient boosting",
            build={
                "binary": estimators.boosted_classes,
                "multiclass": estimators.boosted_classes,
                "regression": estimators.boosted_numbers,
            },
        ),
        "v3": ModelVersion(
            description="random forest",
            build={
                "binary": estimators.forest_of_classes,
                "multiclass": estimators.forest_of_classes,
                "regression": estimators.forest_of_numbers,
            },
        ),
    },
)

SAMPLES: Mapping[str, str] = {
    "orders": "one row an order; the label: was it returned within 30 days?",
    "customers": "one row a customer and snapshot; the label: no order in the 90 days after it?",
}

if TYPE_CHECKING:
    ModelName = str
else:  # the registry is the only list of what is allowed
    ModelName = Literal[tuple(RECIPES)]


class DatasetParameters(Parameters):
    """What decides a training set."""

    dataset: str = Field(
        default="orders",
        pattern=NAME,
        description="Which rows, by the source's own name for them; those of `sample`: "
        + "; ".join(f"{name} = {what}" for name, what in SAMPLES.items()),
    )
    source: str = Field(
        default="sample",
        pattern=NAME,
        description="Logical name of where rows come from: `sample`, or a name in the settings",
    )
    lookback_days: int = Field(
        default=365, ge=2, le=LONGEST_LOOKBACK, description="Days of rows before and including as_of"
    )
    max_rows: Annotated[int, omitted_when(0)] = Field(
        default=0,
        ge=0,
        le=MOST_ROWS,
        description="Rows at most, chosen by a hash of their ids, where all known ones are too many; 0: all",
    )
    holdout_days: int = Field(
        default=56, ge=1, le=365, description="Latest days of the usable rows, kept for evaluation"
    )
    purged: Annotated[bool, omitted_when(False)] = Field(
        default=True, description="Train only on rows whose outcome was known when the holdout began"
    )

    @model_validator(mode="after")
    def _sample_has_the_dataset(self) -> "DatasetParameters":
        if self.source == "sample" and self.dataset not in SAMPLES:
            raise refuse("dataset", "unknown", allowed=", ".join(SAMPLES))
        return self

    @model_validator(mode="after")
    def _holdout_leaves_rows_to_train_on(self) -> "DatasetParameters":
        if self.holdout_days >= self.lookback_days:
            raise refuse(
                "holdout_days", "must be smaller than lookback_days", allowed="1 to lookback_days - 1"
            )
        return self


class TrainingParameters(DatasetParameters):
    """What decides a model, its evaluation and its card. Hyperparameters have scikit-learn's own names."""

    model_version: ModelName = Field(
        default="v1",
        description="; ".join(f"{name} = {recipe.description}" for name, recipe in RECIPES.items()),
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of everything random")
    C: Annotated[float, used_when(model_version="v1")] = Field(
        default=1.0, ge=1e-6, le=1e6, description="v1: inverse strength of regularisation"
    )
    learning_rate: Annotated[float, used_when(model_version="v2")] = Field(
        default=0.05, ge=0.0001, le=1.0, description="v2: shrinkage of each tree"
    )
    max_iter: Annotated[int, used_when(model_version="v2")] = Field(
        default=100, ge=1, le=2000, description="v2: number of trees"
    )
    max_depth: Annotated[int, used_when(model_version="v2")] = Field(
        default=4, ge=1, le=16, description="v2: depth of a tree at most"
    )
    max_leaf_nodes: Annotated[int, used_when(model_version="v2")] = Field(
        default=31, ge=2, le=255, description="v2: leaves of a tree at most"
    )
    min_samples_leaf: Annotated[int, used_when(model_version="v2")] = Field(
        default=20, ge=1, le=10000, description="v2: rows in a leaf at least"
    )
    l2_regularization: Annotated[float, used_when(model_version="v2")] = Field(
        default=0.0, ge=0.0, le=1e6, description="v2: L2 penalty on leaf values"
    )
    n_estimators: Annotated[int, used_when(model_version="v3")] = Field(
        default=100, ge=1, le=2000, description="v3: number of trees"
    )
    max_features: Annotated[float, used_when(model_version="v3")] = Field(
        default=0.33, ge=0.01, le=1.0, description="v3: share of the features that each split looks at"
    )
    min_samples_split: Annotated[int, used_when(model_version="v3")] = Field(
        default=20, ge=2, le=10000, description="v3: rows of a leaf that is split further at least"
    )
    calibrate: Annotated[bool, omitted_when(False)] = Field(
        default=False, description="Calibrate the probabilities (sigmoid, 5 folds of the training rows)"
    )


if not TYPE_CHECKING:
    TrainingParameters = with_fields(TrainingParameters, RECIPES)
