"""What a model relies on, and what each feature says by itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract, Task
from ml_assets.core.scores import class_places
from ml_assets.core.statistics import classes as of_classes
from ml_assets.core.statistics import numbers as of_numbers
from ml_assets.core.statistics.yes_no import auc
from ml_assets.pipelines.tabular.columns import as_learned, class_names, features, labels
from ml_assets.pipelines.tabular.preparation import Prepared, prepared
from ml_assets.pipelines.tabular.training import predict_rows

ROWS = 500  # of each class: ROC AUC does not depend on how many there are of either
ROWS_OF_ALL = 1000  # where classes are not evened out
REPEATS = 3
SHUFFLED_CELLS = 2_000_000  # predicted in one go: few large predictions are quicker than many small ones
DIGITS = 6
WORSE: Mapping[Task, str] = {
    "binary": "fall of ROC AUC",
    "multiclass": "rise of log loss",
    "regression": "rise of RMSE",
}


def importance(
    model: Any, holdout: pl.DataFrame, *, contract: DatasetContract, seed: int
) -> list[dict[str, Any]]:
    """How much worse the model gets when one feature is shuffled, the most important first.

    Of a yes or no, by how much the ROC AUC falls, on at most 500 rows of each class; of several classes, by how much the
    log loss rises, and of a number the root of the mean squared error, on at most 1000 rows. They are spread evenly over
    the holdout.

    Returns:
        For each feature its name as `feature`, and `mean` and `std` over three shuffles.
    """
    import numpy as np

    rows, goodness = _rows_and_goodness(model, holdout, contract)
    cells, task = features(rows, contract), contract.task
    reference = goodness(predict_rows(model, as_learned(cells, model), task=task))
    said = _shuffled(model, cells, random=np.random.default_rng(seed), task=task)
    found = [_fall(name, [reference - goodness(scores) for scores in of]) for name, of in said]
    return sorted(found, key=lambda item: (-item["mean"], item["feature"]))


def _shuffled(model: Any, rows: pl.DataFrame, *, random: Any, task: Task) -> Iterator[tuple[str, Any]]:
    """For each feature what the model says of the rows with that feature shuffled, `REPEATS` times.

    What prepares one feature after another has the same of shuffled rows, in another order, so it is asked once.
    """
    if parts := prepared(model):
        yield from _shuffled_cells(parts, as_learned(rows, model), rows.columns, random=random, task=task)
        return
    for name in rows.columns:
        shuffled = [rows.with_columns(rows[name][random.permutation(rows.height)]) for _ in range(REPEATS)]
        yield name, [predict_rows(model, as_learned(each, model), task=task) for each in shuffled]


def _shuffled_cells(
    parts: Prepared, rows: Any, names: Sequence[str], *, random: Any, task: Task
) -> Iterator[tuple[str, Any]]:
    """The same of a model in two parts, several features in one go; each is put back in order before the next."""
    import numpy as np

    cells = parts.transform(rows)
    cells = cells.toarray() if hasattr(cells, "toarray") else np.asarray(cells)
    at_once = min(len(names), max(1, SHUFFLED_CELLS // (REPEATS * cells.size)))
    copies = np.tile(cells, (at_once, REPEATS, 1, 1))
    for start in range(0, len(names), at_once):
        part = names[start : start + at_once]
        places = [parts.columns.get(start + place, []) for place in range(len(part))]
        for copy, columns in zip(copies, places, strict=False):
            for shuffled in copy:
                shuffled[:, columns] = cells[np.ix_(random.permutation(len(cells)), columns)]
        said = predict_rows(parts.model, copies[: len(part)].reshape(-1, cells.shape[1]), task=task)
        yield from zip(part, said.reshape(len(part), REPEATS, len(cells), *said.shape[1:]), strict=True)
        for copy, columns in zip(copies, places, strict=False):
            copy[:, :, columns] = cells[:, columns]


def _rows_and_goodness(
    model: Any, holdout: pl.DataFrame, contract: DatasetContract
) -> tuple[pl.DataFrame, Callable[[Any], float]]:
    """The rows to predict, and what says how good predictions of them are: the larger, the better."""
    if contract.task == "binary":
        rows = holdout[_of_each_class(labels(holdout, contract))]
        y = labels(rows, contract)
        return rows, lambda score: auc(y, score)
    rows = holdout[spread(holdout.height, ROWS_OF_ALL)]
    if contract.task == "regression":
        y = labels(rows, contract)
        return rows, lambda score: -of_numbers.rmse(y, score, 0.0).value
    y = class_places(rows[contract.label], class_names(model, contract))
    return rows, lambda score: -of_classes.log_loss(y, score, 0.0).value


def spread(count: int, most: int) -> list[int]:
    """At most `most` of the positions 0 to count - 1, the first and last included, evenly apart."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def _fall(feature: str, falls: list[float]) -> dict[str, Any]:
    import numpy as np

    mean, std = (round(float(value), DIGITS) for value in (np.mean(falls), np.std(falls)))
    return {"feature": feature, "mean": mean, "std": std}


def _of_each_class(y: Any) -> list[int]:
    import numpy as np

    places = [np.flatnonzero(y == outcome) for outcome in (0, 1)]
    return sorted(int(of[i]) for of in places for i in spread(len(of), ROWS))


SUSPECT = 0.99
FEWEST = 5  # rows of either class: of fewer, one feature of many is in the right order by chance


def single_features(
    train: pl.DataFrame, holdout: pl.DataFrame, *, contract: DatasetContract
) -> list[dict[str, Any]]:
    """What each feature alone says of the outcome on the holdout, the most telling first.

    Args:
        train: the rows that were trained on: of a category they tell the rate of positives, or the mean, by which it ranks.
        holdout: the rows that are ranked.
        contract: what the columns are for.

    Returns:
        For each feature its name as `feature`, and `known_rows` of the holdout. Of classes, two ROC AUCs: `roc_auc` by its
        value among the rows that have one (0.5 to 1 for a number, which may rank either way), `missing_roc_auc` by whether
        it has one (0.5 to 1); of several classes, of that which it tells best from the rest. Either is None where fewer than
        five rows of a class are left to rank; the latter also where no row, or every row, has a value. Of a number,
        `rank_correlation`, Spearman's, 0 to 1 either way; None where fewer than five rows, or values that are all equal, are
        left.
    """
    found = [_feature(name, train, holdout, contract=contract) for name in contract.features]
    return sorted(found, key=lambda item: (-telling(item), item["feature"]))


def telling(item: Mapping[str, Any]) -> float:
    """How much a feature tells: the rank correlation, or the larger of its ROC AUCs.

    The latter is 0.5 at least: a category whose rate misleads tells nothing.
    """
    if "rank_correlation" in item:
        return float(item["rank_correlation"] or 0.0)
    return max(0.5 if item[name] is None else item[name] for name in ("roc_auc", "missing_roc_auc"))


def suspects(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """The features that tell the outcome alone: a ROC AUC, or a rank correlation, from 0.99 on."""
    return [item["feature"] for item in found if telling(item) >= SUSPECT]


def _feature(
    name: str, train: pl.DataFrame, holdout: pl.DataFrame, *, contract: DatasetContract
) -> dict[str, Any]:
    value = _values(holdout, name)
    known = value.is_not_null()
    about = {"feature": name, "known_rows": int(known.sum())}
    if contract.task == "regression":
        kept = (value.filter(known), holdout[contract.label].filter(known))
        return {**about, "rank_correlation": _rank_correlation(*kept, train[name], train[contract.label])}
    found = [
        _aucs(value, outcome, train[name], trained)
        for outcome, trained in _against_the_rest(train[contract.label], holdout[contract.label], contract)
    ]
    by_value, by_missing = zip(*found, strict=True)
    return {**about, "roc_auc": _largest(by_value), "missing_roc_auc": _largest(by_missing)}


def _against_the_rest(
    train: pl.Series, holdout: pl.Series, contract: DatasetContract
) -> list[tuple[pl.Series, pl.Series]]:
    """Outcomes of the holdout and of the training rows as 0 and 1, for each class of the holdout; a yes or no as it is."""
    if contract.task == "binary":
        return [(holdout, train)]
    return [
        ((holdout == name).cast(pl.Int8), (train == name).cast(pl.Int8)) for name in holdout.unique().sort()
    ]


def _aucs(
    value: pl.Series, outcome: pl.Series, train_value: pl.Series, train_outcome: pl.Series
) -> tuple[float | None, float | None]:
    known = value.is_not_null()
    if value.dtype == pl.String:
        by_value = _by_rate(value.filter(known), outcome.filter(known), train_value, train_outcome)
    else:
        by_value = _by_value(value.filter(known), outcome.filter(known))
    return by_value, _by_missing(~known, outcome)


def _largest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _rank_correlation(
    value: pl.Series, outcome: pl.Series, train_value: pl.Series, train_outcome: pl.Series
) -> float | None:
    from scipy.stats import spearmanr  # type: ignore[import-untyped,unused-ignore]

    numbers = value if value.dtype != pl.String else _means(value, train_value, train_outcome)
    if len(value) < FEWEST or numbers.n_unique() == 1 or outcome.n_unique() == 1:
        return None
    return round(abs(float(spearmanr(numbers.to_numpy(), outcome.to_numpy()).statistic)), DIGITS)


def _values(table: pl.DataFrame, name: str) -> pl.Series:
    column = table[name]
    return column if column.dtype == pl.String else column.cast(pl.Float64).fill_nan(None)


def _by_value(value: pl.Series, outcome: pl.Series) -> float | None:
    y = outcome.to_numpy()
    return _either_way(auc(y, value.to_numpy())) if _enough(y) else None


def _by_rate(
    value: pl.Series, outcome: pl.Series, train_value: pl.Series, train_outcome: pl.Series
) -> float | None:
    """By the rate of positives of a category in the training rows; by that of all of them where it has none there."""
    y = outcome.to_numpy()
    if not _enough(y):
        return None
    return round(auc(y, _means(value, train_value, train_outcome).to_numpy()), DIGITS)


def _means(value: pl.Series, train_value: pl.Series, train_outcome: pl.Series) -> pl.Series:
    """For each category the mean outcome of the training rows that have it; of all of them where none has."""
    train = pl.DataFrame({"value": train_value, "rate": train_outcome.cast(pl.Float64)})
    rates = train.sort("value", "rate").group_by("value", maintain_order=True).agg(pl.col("rate").mean())
    joined = pl.DataFrame({"value": value}).join(rates, on="value", how="left", maintain_order="left")
    return joined["rate"].fill_null(train["rate"].mean())


def _by_missing(unknown: pl.Series, outcome: pl.Series) -> float | None:
    y, missing = outcome.to_numpy(), unknown.to_numpy()
    if not _enough(y) or missing.all() or not missing.any():
        return None
    return _either_way(0.5 + (missing[y == 1].mean() - missing[y == 0].mean()) / 2)


def _enough(y: Any) -> bool:
    return bool(min(y.sum(), len(y) - y.sum()) >= FEWEST)


def _either_way(auc: float) -> float:
    return round(float(max(auc, 1 - auc)), DIGITS)
