"""Fitting a model, and predicting with it."""

import functools
import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from ml_assets.core.contract import LARGEST, DatasetContract, Task
from ml_assets.core.product import Product
from ml_assets.errors import TrainingError
from ml_assets.pipelines.model_versions import Builder
from ml_assets.pipelines.tabular.columns import as_learned, features, labels, roles
from ml_assets.pipelines.tabular.estimators import FOLDS, calibrated, folds, is_boosting, iterations
from ml_assets.pipelines.tabular.folds import TRAIN, rows_of
from ml_assets.pipelines.tabular.parameters import RECIPES, TrainingParameters

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def fit(table: pl.DataFrame, *, contract: DatasetContract, parameters: TrainingParameters) -> Product[Any]:
    """Fit the model version on the training fold; the value is the fitted scikit-learn estimator.

    Raises:
        TrainingError: there are too few rows of a class, no feature has a value, a value is beyond all measure,
            or the solver does not converge.
    """
    _check_calibrate(contract, parameters)
    train = rows_of(table, TRAIN, contract.label, *contract.features)
    cells, y = features(train, contract), labels(train, contract)
    del train  # of which the features are in memory once more
    _check_classes(y, contract=contract, parameters=parameters)
    numbers, categories = roles(contract, table)
    _check_magnitude(table, numbers)
    used = _with_values(cells.select(numbers), y, parameters=parameters)
    if not used and not categories:
        raise TrainingError(
            "No feature has a value in the training rows. Look at the features of the source."
        )
    places = {name: place for place, name in enumerate(contract.features)}
    unfitted = _builder(parameters, contract)(
        parameters, [places[name] for name in used], [places[name] for name in categories]
    )
    estimator = calibrated(unfitted, parameters)
    _fit(estimator, cells, y)
    facts = {
        "train_rows": len(y),
        "features": len(contract.features),
        "numbers": used,
        "categories": categories,
        "empty": [name for name in numbers if name not in used],
    }
    if (count := iterations(estimator)) is not None:
        facts["iterations"] = count
    return Product(value=estimator, facts=facts)


# So many are prepared and predicted in one go: what an estimator makes of rows is several times their size. So many are
# also work enough for several threads: of fewer, threads wait for each other longer than they work.
ROWS_AT_ONCE = 2**18


def predict(model: Any, table: pl.DataFrame, contract: DatasetContract) -> Any:
    """What a model says of each row of a table, as floats.

    Returns:
        Binary: the probability of outcome 1, of shape (rows,). Multiclass: those of the classes, of shape (rows, classes),
        in the order of `model.classes_`. Regression: a number, of shape (rows,).
    """
    import numpy as np

    parts = [
        predict_rows(model, as_learned(features(rows, contract), model), task=contract.task)
        for rows in (table.iter_slices(ROWS_AT_ONCE) if table.height > ROWS_AT_ONCE else [table])
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def predict_rows(model: Any, rows: Any, *, task: Task) -> Any:
    """The same of rows as the model takes them: `as_learned`, or what its preparation makes of them."""
    with _limited_threads(model, rows):
        if task == "regression":
            return model.predict(rows).astype(float)
        probability = model.predict_proba(rows)
    return probability[:, 1] if task == "binary" else probability


def _builder(parameters: TrainingParameters, contract: DatasetContract) -> Builder:
    build = RECIPES[parameters.model_version].build
    if contract.task not in build:
        raise TrainingError(
            f"model_version: {parameters.model_version} does not learn {contract.task} labels. It learns: {', '.join(build)}."
        )
    return build[contract.task]


def _check_calibrate(contract: DatasetContract, parameters: TrainingParameters) -> None:
    if parameters.calibrate and contract.task == "regression":
        raise TrainingError(
            f"calibrate: `{contract.label}` is a number and no probability. Leave calibrate out."
        )


def _check_classes(y: Any, *, contract: DatasetContract, parameters: TrainingParameters) -> None:
    import numpy as np

    counts = np.unique(y, return_counts=True)[1]
    if contract.task == "regression":
        return
    if len(counts) == 1:
        raise TrainingError(
            f"{contract.label}: the training rows have one class only. Choose a longer lookback_days."
        )
    smallest = int(counts.min())
    if parameters.calibrate and smallest < FOLDS:
        raise TrainingError(
            f"{contract.label}: the training rows have {smallest} of one class, and calibrate needs {FOLDS}. "
            f"Choose a longer lookback_days, or leave calibrate out."
        )


def _check_magnitude(table: pl.DataFrame, numbers: Sequence[str]) -> None:
    beyond = table.select((pl.col(numbers).abs() > LARGEST).any())
    for name in beyond.columns:
        if beyond[name].item():
            raise TrainingError(
                f"{name}: has a value beyond {LARGEST:g}. Mend it, or write nothing where it is not known."
            )


def _with_values(numbers: pl.DataFrame, y: Any, *, parameters: TrainingParameters) -> list[str]:
    """The numbers that have a value in every part of the rows that is fitted: boosting cannot bin an empty one."""
    parts = [numbers]
    if parameters.calibrate:
        parts += [numbers[part] for part, _ in folds(parameters).split(numbers, y)]
    known = [part.select(pl.all().is_not_nan().any()) for part in parts]
    return [name for name in numbers.columns if all(part[name].item() for part in known)]


def _fit(estimator: Any, rows: pl.DataFrame, y: Any) -> None:
    """Fit in place. TrainingError where the solver does not converge."""
    from sklearn.exceptions import ConvergenceWarning

    with _limited_threads(estimator, rows), warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            estimator.fit(rows, y)
        except ConvergenceWarning:
            raise TrainingError(
                "The solver did not converge. Choose a smaller C, or model_version v2."
            ) from None


def _limited_threads(model: Any, rows: Any) -> Any:
    """Within, linear algebra has one thread, and so has OpenMP, but for boosting of many rows, which has those of the process.

    More threads move the last digits of a sum. Those of boosting divide features and rows among them and add nothing up
    across: the bytes stay the same.
    """
    many = len(rows) >= ROWS_AT_ONCE and is_boosting(model)
    return _libraries().limit(limits={"blas": 1, "openmp": _threads_of_process() if many else 1})


def _threads_of_process() -> int:
    """Those that OpenMP has: joblib and Dask tell each of their processes a share of the cores.

    scikit-learn takes no more of them than there are cores for the process, as its container says.
    """
    given = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(given) if given.isdigit() and int(given) else (os.cpu_count() or 1)


@functools.cache
def _libraries() -> "ThreadpoolController":
    """Those with threads: an estimator, which is there by now, has loaded all. To look for them takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
