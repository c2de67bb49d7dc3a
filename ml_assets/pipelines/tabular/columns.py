"""The columns of a training set as arrays: the features that a model takes, and the outcomes that it learns."""

from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract

MISSING = "(missing)"


def roles(contract: DatasetContract, table: pl.DataFrame) -> tuple[list[str], list[str]]:
    """The features that are numbers and those that are categories, each in the order of the contract."""
    categories = [name for name in contract.features if table.schema[name] == pl.String]
    return [name for name in contract.features if name not in categories], categories


def matrix(table: pl.DataFrame, contract: DatasetContract) -> Any:
    """The features as an object array of shape (rows, features): floats with NaN, texts with `(missing)`.

    Training and scoring both go through here, so that a value means the same in either.
    """
    import numpy as np

    filled = np.empty((table.height, len(contract.features)), dtype=object)
    for place, name in enumerate(contract.features):
        column = table[name]
        is_text = column.dtype == pl.String
        filled[:, place] = (column.fill_null(MISSING) if is_text else column.cast(pl.Float64)).to_numpy()
    return filled


def labels(table: pl.DataFrame, contract: DatasetContract) -> Any:
    """The outcomes as an array of shape (rows,): 0 and 1, the names of classes, or floats, as the task says."""
    kinds = {"binary": "int64", "multiclass": "str", "regression": "float64"}
    return table[contract.label].to_numpy().astype(kinds[contract.task])


def class_names(model: Any, contract: DatasetContract) -> tuple[str, ...]:
    """The names of the classes in the order of a model's probabilities; none where an outcome is no name."""
    return tuple(map(str, model.classes_)) if contract.task == "multiclass" else ()
