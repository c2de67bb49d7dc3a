"""The columns of a training set as arrays: the features that a model takes, and the outcomes that it learns."""

from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract

MISSING = "(missing)"


def roles(contract: DatasetContract, table: pl.DataFrame) -> tuple[list[str], list[str]]:
    """The features that are numbers and those that are categories, each in the order of the contract."""
    categories = [name for name in contract.features if table[name].dtype == pl.String]
    return [name for name in contract.features if name not in categories], categories


def features(table: pl.DataFrame, contract: DatasetContract) -> pl.DataFrame:
    """The features in the order of the contract: numbers as floats with NaN, texts with `(missing)`.

    Training and scoring both go through here, so that a value means the same in either.
    """
    numbers, categories = roles(contract, table)
    return table.select(contract.features).with_columns(
        pl.col(numbers).cast(pl.Float64).fill_null(float("nan")), pl.col(categories).fill_null(MISSING)
    )


def as_learned(rows: pl.DataFrame, model: Any) -> Any:
    """`features` as a fitted model takes them: an object array where its columns had places and no names."""
    return rows if hasattr(model, "feature_names_in_") else rows.to_numpy().astype(object)


def labels(table: pl.DataFrame, contract: DatasetContract) -> Any:
    """The outcomes as an array of shape (rows,): 0 and 1, the names of classes, or floats, as the task says."""
    kinds = {"binary": "int64", "multiclass": "str", "regression": "float64"}
    return table[contract.label].to_numpy().astype(kinds[contract.task])


def class_names(model: Any, contract: DatasetContract) -> tuple[str, ...]:
    """The names of the classes in the order of a model's probabilities; none where an outcome is no name."""
    return tuple(map(str, model.classes_)) if contract.task == "multiclass" else ()
