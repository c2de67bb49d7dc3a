"""The registry of model versions. A new version is one new entry here and one builder in `estimators`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one model version is made.

    Attributes:
        description: one line for people.
        builder: name of the function in `ml_assets.pipelines.tabular.estimators` that returns the unfitted estimator.
    """

    description: str
    builder: str


RECIPES: Mapping[str, Recipe] = {
    "v1": Recipe(
        description="regularised logistic regression",
        builder="logistic_regression",
    ),
    "v2": Recipe(
        description="histogram gradient boosting",
        builder="gradient_boosting",
    ),
}

DATASETS: Mapping[str, str] = {
    "orders": "one row an order; the label: was it returned within 30 days?",
    "customers": "one row a customer and snapshot; the label: no order in the 90 days after it?",
}
