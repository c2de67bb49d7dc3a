"""Metrics of a number: outcomes and predictions, both of shape (n,)."""

import math
from typing import Any

from ml_assets.core.statistics.row_values import RowValues, losses, mean


def mae(y: Any, score: Any, _given: float) -> RowValues:
    """The mean absolute error."""
    return losses(abs(score - y))


def rmse(y: Any, score: Any, _given: float) -> RowValues:
    """The root of the mean squared error."""
    import numpy as np

    squared = losses((score - y) ** 2)
    root = math.sqrt(squared.value)
    return RowValues(value=root, influence=squared.influence / (2 * root) if root else np.zeros(len(y)))


def r2(y: Any, score: Any, _given: float) -> RowValues:
    """1 - mean squared error / that of always predicting the mean of these outcomes; ValueError where they are equal."""
    model, mean_alone = losses((score - y) ** 2), losses((y - mean(y)) ** 2)
    if not mean_alone.value:
        raise ValueError("outcomes must differ among the rows")
    ratio = model.value / mean_alone.value
    return RowValues(
        value=1 - ratio, influence=(ratio * mean_alone.influence - model.influence) / mean_alone.value
    )


def bias(y: Any, score: Any, _given: float) -> RowValues:
    """The mean of prediction - outcome: above 0 where predictions are too large."""
    return losses(score - y)
