"""What a model says of a row, in one column: the answer itself, and the number that stands for it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from ml_assets.core.scores import OF_CLASS, SCORE, score_columns

PREDICTED = "predicted"


class Said(NamedTuple):
    """What is said of n rows.

    Attributes:
        answer: a probability, the likeliest class, or a number.
        number: the same, but for a class its probability.
    """

    answer: pl.Series
    number: pl.Series


def said_of(score: Any, classes: Sequence[str]) -> Said:
    """What scores of shape (n,) say, or of shape (n, classes)."""
    if not classes:
        (answer,) = score_columns(score)
        return Said(answer, answer)
    places = score.argmax(axis=1)
    answer = pl.Series(PREDICTED, [classes[place] for place in places], dtype=pl.String)
    return Said(answer, pl.Series(SCORE, score.max(axis=1), dtype=pl.Float64))


def said(predictions: pl.DataFrame) -> Said:
    """What stored predictions say."""
    if SCORE in predictions.columns:
        return Said(predictions[SCORE], predictions[SCORE])
    scores = [name for name in predictions.columns if name.startswith(OF_CLASS)]
    return Said(predictions[PREDICTED], predictions.select(pl.max_horizontal(scores)).to_series())
