"""What a model relies on, and what each feature says by itself."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.statistics.yes_no import auc
from ml_assets.pipelines.tabular.training import labels, matrix, predict_matrix

ROWS = 500  # of each class: ROC AUC does not depend on how many there are of either
REPEATS = 3
SHUFFLED_ROWS = 50_000  # predicted in one go
DIGITS = 6


def importance(
    model: Any, holdout: pl.DataFrame, *, contract: DatasetContract, seed: int
) -> list[dict[str, Any]]:
    """By how much the ROC AUC falls when one feature is shuffled, the most important first.

    At most 500 rows of each class, spread evenly over the holdout, are used.

    Returns:
        For each feature its name as `feature`, and `mean` and `std` of the fall over three shuffles.
    """
    import numpy as np

    rows = holdout[_of_each_class(labels(holdout, contract))]
    y, cells = labels(rows, contract), matrix(rows, contract)
    random = np.random.default_rng(seed)
    reference = auc(y, predict_matrix(model, cells, task="binary"))
    found = []
    at_once = max(
        1, SHUFFLED_ROWS // (REPEATS * len(y))
    )  # few large predictions are quicker than many small ones
    for start in range(0, len(contract.features), at_once):
        names = contract.features[start : start + at_once]
        copies = np.tile(cells, (len(names), REPEATS, 1, 1))
        for place, repeat in np.ndindex(len(names), REPEATS):
            copies[place, repeat, :, start + place] = random.permutation(cells[:, start + place])
        scores = predict_matrix(model, copies.reshape(-1, cells.shape[1]), task="binary").reshape(
            len(names), REPEATS, -1
        )
        found += [
            _fall(name, [reference - auc(y, s) for s in of]) for name, of in zip(names, scores, strict=True)
        ]
    return sorted(found, key=lambda item: (-item["mean"], item["feature"]))


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
DIGITS = 6


def single_features(
    train: pl.DataFrame, holdout: pl.DataFrame, *, contract: DatasetContract
) -> list[dict[str, Any]]:
    """The ROC AUC on the holdout of each feature alone, the most telling first.

    Args:
        train: the rows that were trained on: of a category they tell the rate of positives by which it ranks.
        holdout: the rows that are ranked.
        contract: what the columns are for.

    Returns:
        For each feature its name as `feature`, `known_rows` of the holdout, and two ROC AUCs: `roc_auc` by its value
        among the rows that have one (0.5 to 1 for a number, which may rank either way), `missing_roc_auc` by whether
        it has one (0.5 to 1). Either is None where fewer than five rows of a class are left to rank; the latter also
        where no row, or every row, has a value.
    """
    found = [_feature(name, train, holdout, contract=contract) for name in contract.features]
    return sorted(found, key=lambda item: (-telling(item), item["feature"]))


def telling(item: Mapping[str, Any]) -> float:
    """The larger of the ROC AUCs of a feature, and 0.5 at least: a category whose rate misleads tells nothing."""
    return max(0.5 if item[name] is None else item[name] for name in ("roc_auc", "missing_roc_auc"))


def suspects(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """The features that tell the outcome alone: a ROC AUC from 0.99 on."""
    return [item["feature"] for item in found if telling(item) >= SUSPECT]


def _feature(
    name: str, train: pl.DataFrame, holdout: pl.DataFrame, *, contract: DatasetContract
) -> dict[str, Any]:
    value, outcome = _values(holdout, name), holdout[contract.label]
    known = value.is_not_null()
    if value.dtype == pl.String:
        by_value = _by_rate(value.filter(known), outcome.filter(known), train[name], train[contract.label])
    else:
        by_value = _by_value(value.filter(known), outcome.filter(known))
    return {
        "feature": name,
        "known_rows": int(known.sum()),
        "roc_auc": by_value,
        "missing_roc_auc": _by_missing(~known, outcome),
    }


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
    train = pl.DataFrame({"value": train_value, "rate": train_outcome.cast(pl.Float64)})
    rates = train.group_by("value").agg(pl.col("rate").mean())
    joined = pl.DataFrame({"value": value}).join(rates, on="value", how="left", maintain_order="left")
    return round(auc(y, joined["rate"].fill_null(train["rate"].mean()).to_numpy()), DIGITS)


def _by_missing(unknown: pl.Series, outcome: pl.Series) -> float | None:
    y, missing = outcome.to_numpy(), unknown.to_numpy()
    if not _enough(y) or missing.all() or not missing.any():
        return None
    return _either_way(0.5 + (missing[y == 1].mean() - missing[y == 0].mean()) / 2)


def _enough(y: Any) -> bool:
    return bool(min(y.sum(), len(y) - y.sum()) >= FEWEST)


def _either_way(auc: float) -> float:
    return round(float(max(auc, 1 - auc)), DIGITS)
