"""What a model relies on: by how much it ranks worse when one feature is shuffled."""

from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.statistics.row_values import roc_auc
from ml_assets.core.training import labels, matrix, probability

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
    reference = roc_auc(y, probability(model, cells))
    found = []
    at_once = max(
        1, SHUFFLED_ROWS // (REPEATS * len(y))
    )  # few large predictions are quicker than many small ones
    for start in range(0, len(contract.features), at_once):
        names = contract.features[start : start + at_once]
        copies = np.tile(cells, (len(names), REPEATS, 1, 1))
        for place, repeat in np.ndindex(len(names), REPEATS):
            copies[place, repeat, :, start + place] = random.permutation(cells[:, start + place])
        scores = probability(model, copies.reshape(-1, cells.shape[1])).reshape(len(names), REPEATS, -1)
        found += [
            _fall(name, [reference - roc_auc(y, s) for s in of])
            for name, of in zip(names, scores, strict=True)
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
