"""Fitting a model, and predicting with it."""

import warnings
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.estimators import build
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.product import Product
from ml_assets.core.training_set import FOLD, TRAIN
from ml_assets.errors import TrainingError

MISSING = "(missing)"


def matrix(table: pl.DataFrame, contract: DatasetContract) -> Any:
    """The features as an object array of shape (rows, features): floats with NaN, texts with `(missing)`.

    Training and scoring both go through here, so that a value means the same in either.
    """
    import numpy as np

    columns = [
        table[name].fill_null(MISSING).to_numpy().astype(object)
        if table.schema[name] == pl.String
        else table[name].cast(pl.Float64).to_numpy().astype(object)
        for name in contract.features
    ]
    return np.column_stack([np.where(column == None, np.nan, column) for column in columns])  # noqa: E711


def labels(table: pl.DataFrame, contract: DatasetContract) -> Any:
    """The outcomes as an integer array of shape (rows,)."""
    return table[contract.label].to_numpy().astype("int64")


def fit(table: pl.DataFrame, *, contract: DatasetContract, parameters: TrainingParameters) -> Product:
    """Fit the model version on the training fold; the value is the fitted scikit-learn estimator.

    One thread only: sums over several threads depend on how many there are, and the bytes must not.

    Raises:
        TrainingError: the rows have one class only, or the solver does not converge.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    train = table.filter(pl.col(FOLD) == TRAIN)
    if train[contract.label].n_unique() < 2:  # noqa: PLR2004
        raise TrainingError(
            f"{contract.label}: the training rows have one class only. Choose a longer lookback_days."
        )
    categories = [i for i, name in enumerate(contract.features) if table.schema[name] == pl.String]
    numbers = [i for i in range(len(contract.features)) if i not in categories]
    estimator = build(parameters, numbers=numbers, categories=categories)
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            estimator.fit(matrix(train, contract), labels(train, contract))
        except ConvergenceWarning:
            raise TrainingError(
                "The solver did not converge. Choose a smaller C, or model_version v2."
            ) from None
    facts = {
        "train_rows": train.height,
        "features": len(contract.features),
        "category_features": len(categories),
    }
    return Product(value=estimator, facts=facts)


def predict(model: Any, table: pl.DataFrame, contract: DatasetContract) -> Any:
    """The probability of outcome 1 for each row: a float array of shape (rows,)."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return model.predict_proba(matrix(table, contract))[:, 1]
