"""The scores of a holdout, row by row: whatever compares two models pairs these rows, and the metrics are of them."""

from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.point_in_time import DAY

SCORES = "scores.parquet"
SCORE = "score"
OUTCOME = "outcome"


def scored_rows(holdout: pl.DataFrame, score: Any, *, contract: DatasetContract) -> pl.DataFrame:
    """The rows of a holdout with their scores, in the order of the training set.

    Args:
        holdout: its rows in the training set.
        score: the model's probability of outcome 1, shape (rows,).
        contract: what the columns are for.

    Returns:
        Columns `day` (Date), the ids, the event time, `score` (Float64) and `outcome` (Int8, 0 or 1).
    """
    names = dict.fromkeys((*contract.ids, contract.event_time))
    return holdout.select(
        pl.col(DAY),
        *map(pl.col, names),
        pl.Series(SCORE, score, dtype=pl.Float64),
        pl.col(contract.label).cast(pl.Int8).alias(OUTCOME),
    ).rechunk()
