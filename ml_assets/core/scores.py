"""Scores row by row: whatever compares two models pairs these rows, and the metrics are of them.

A score is the probability of outcome 1, or the probability of each class, or a predicted number. What a label is, its
contract's task says; a table of scores tells it by its columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract, Task
from ml_assets.core.point_in_time import DAY
from ml_assets.errors import SourceError

SCORES = "scores.parquet"
SCORE = "score"
OF_CLASS = "score_"  # followed by the name of the class
OUTCOME = "outcome"
OUTCOME_TYPES: dict[Task, pl.DataType] = {
    "binary": pl.Int8(),
    "multiclass": pl.String(),
    "regression": pl.Float64(),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Scores and outcomes of n rows, as metrics take them.

    Attributes:
        task: what an outcome is.
        outcome: of shape (n,): 0 or 1, or the place of the class (-1 of one that has no score), or the number.
        score: floats of shape (n,); of several classes (n, classes), in their order.
        classes: their names; empty where an outcome is no class.
    """

    task: Task
    outcome: Any
    score: Any
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def levels(self) -> tuple[int, ...]:
        """The outcomes of which there should be some: 0 and 1, or each class; empty where they are numbers."""
        if self.task == "regression":
            return ()
        return tuple(range(len(self.classes))) or (0, 1)

    def where(self, held: Any) -> "Scored":
        """The rows of a mask, or of places."""
        return Scored(
            task=self.task, outcome=self.outcome[held], score=self.score[held], classes=self.classes
        )


def score_columns(score: Any, classes: Sequence[str] = ()) -> list[pl.Series]:
    """The columns of scores of shape (n,), or of shape (n, classes) for classes in this order."""
    if score.ndim == 1:
        return [pl.Series(SCORE, score, dtype=pl.Float64)]
    return [
        pl.Series(OF_CLASS + name, score[:, place], dtype=pl.Float64) for place, name in enumerate(classes)
    ]


def is_score(name: str) -> bool:
    """Whether a column of that name holds scores."""
    return name == SCORE or name.startswith(OF_CLASS)


def refuse_taken(contract: DatasetContract, *more: str, origin: str) -> None:
    """SourceError where a column that names a row is called as scores are, or like one of `more`."""
    of_class = contract.task == "multiclass"
    names = [*contract.ids, contract.event_time]
    taken = {SCORE, OUTCOME, *more} if of_class else {SCORE, *more}
    if found := sorted(name for name in names if name in taken or (of_class and is_score(name))):
        raise SourceError(
            f"{origin}: `{found[0]}` is a name that predictions use themselves. Rename that column in the files."
        )


def scored_rows(
    holdout: pl.DataFrame, score: Any, *, contract: DatasetContract, classes: Sequence[str] = ()
) -> pl.DataFrame:
    """The rows of a holdout with their scores, in the order of the training set.

    Args:
        holdout: its rows in the training set.
        score: what the model predicts, shape (rows,) or (rows, classes).
        contract: what the columns are for.
        classes: the names of the classes, in the order of the scores.

    Returns:
        Columns `day` (Date), the ids, the event time, `score` (Float64), or `score_<class>` for each class, and `outcome`:
        Int8, 0 or 1; String, the name of the class; or Float64, the number.
    """
    names = dict.fromkeys((*contract.ids, contract.event_time))
    import numpy as np

    return holdout.select(
        pl.col(DAY),
        *map(pl.col, names),
        *score_columns(np.asarray(score), classes),
        pl.col(contract.label).cast(OUTCOME_TYPES[contract.task]).alias(OUTCOME),
    ).rechunk()


def row_keys(table: pl.DataFrame) -> pl.DataFrame:
    """The columns that tell rows apart: event day, ids and event time."""
    score = [SCORE] if SCORE in table.columns else [name for name in table.columns if is_score(name)]
    return table.drop(*score, OUTCOME)


def scored(table: pl.DataFrame) -> Scored:
    """What a table of `scored_rows`, or of predictions with their outcomes, holds."""
    if SCORE in table.columns:
        task: Task = "regression" if table.schema[OUTCOME].is_float() else "binary"
        return Scored(task=task, outcome=table[OUTCOME].to_numpy(), score=table[SCORE].to_numpy())
    names = [name for name in table.columns if is_score(name)]
    classes = tuple(name.removeprefix(OF_CLASS) for name in names)
    return Scored(
        task="multiclass",
        outcome=class_places(table[OUTCOME], classes),
        score=table.select(names).to_numpy(),
        classes=classes,
    )


def class_places(outcome: pl.Series, classes: Sequence[str]) -> Any:
    """The place of each class among `classes`, -1 of another: an integer array of shape (n,)."""
    return outcome.replace_strict(
        list(classes), list(range(len(classes))), default=-1, return_dtype=pl.Int64
    ).to_numpy()
