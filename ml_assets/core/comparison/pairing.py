"""Rows of two models paired: found by day, ids and event time, in an order that their content decides."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from ml_assets.core.contract import LARGEST, DatasetContract, Task
from ml_assets.core.entities import entities
from ml_assets.core.fingerprints import source_days
from ml_assets.core.point_in_time import DAY
from ml_assets.core.scores import OUTCOME, OUTCOME_TYPES, class_places

UNIX_EPOCH = 719_163  # 1970-01-01 as proleptic ordinal
PAIRS = "pairs.parquet"
CANDIDATE, REFERENCE = "candidate_score", "reference_score"
SCORE_DIGITS = 9  # of the digest: the last bits of a score hang on the machine


class Places(NamedTuple):
    """The same rows in two tables: integer arrays of equal length."""

    left: Any
    right: Any


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedRows:
    """Rows with the scores of both models; arrays of shape (n,) in the order of the table.

    Attributes:
        table: `day`, ids, event time, label and when its window closes.
        day: proleptic ordinals.
        entity: an integer for each entity.
        outcome: 0 or 1, the place of a class, or a number.
        candidate: the scores that the candidate gives: of shape (n, classes) where there are several.
        reference: those of the reference.
        task: what an outcome is.
        classes: the names of the classes of either model, in the order of the scores; a model gives 0 to one that it does
            not know.
    """

    table: pl.DataFrame
    day: Any
    entity: Any
    outcome: Any
    candidate: Any
    reference: Any
    task: Task = "binary"
    classes: tuple[str, ...] = ()

    @property
    def levels(self) -> tuple[int, ...]:
        """The outcomes of which there must be some; none where they are numbers."""
        return () if self.task == "regression" else tuple(range(len(self.classes))) or (0, 1)


def alone(table: pl.DataFrame, keys: Sequence[str]) -> Any:
    """Whether each row's keys are no other row's: booleans of shape (rows,). A key that is null equals null."""
    return table.select(pl.len().over(list(keys)) == 1).to_series().to_numpy()


def same_rows(left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[str]) -> Places:
    """Where the rows of `left` are in `right`, in the order of `left`; in neither table may keys occur twice."""
    named = {name: f"key_{place}" for place, name in enumerate(keys)}  # a column may be called anything
    one, other = (table.select(keys).rename(named).with_row_index("row") for table in (left, right))
    joined = one.join(other, on=list(named.values()), how="inner", nulls_equal=True, suffix="_right").sort(
        "row"
    )
    return Places(joined["row"].to_numpy(), joined["row_right"].to_numpy())


def can_be_scored(table: pl.DataFrame, contract: DatasetContract) -> pl.DataFrame:
    """The rows whose numbers a model takes: neither infinite nor beyond all measure."""
    numbers = [name for name in contract.features if table[name].dtype.is_float()]
    sound = [
        pl.col(name).is_null() | (pl.col(name).is_finite() & (pl.col(name).abs() <= LARGEST))
        for name in numbers
    ]
    return table.filter(pl.all_horizontal(sound)) if sound else table


def paired_rows(
    table: pl.DataFrame,
    candidate: Any,
    reference: Any,
    *,
    contract: DatasetContract,
    classes: tuple[str, ...] = (),
) -> PairedRows:
    """Rows with both scores.

    Args:
        table: `day` and the columns of an outcome, a row each.
        candidate: scores of shape (rows,), or (rows, classes).
        reference: likewise.
        contract: says what the columns are, and which id names the entity.
        classes: the names of the classes, in the order of the scores.
    """
    label = table[contract.label]
    dtype = "float64" if contract.task == "regression" else "int64"
    return PairedRows(
        table=table,
        day=table[DAY].to_physical().to_numpy().astype("int64") + UNIX_EPOCH,
        entity=entities(table, contract),
        outcome=class_places(label, classes) if classes else label.to_numpy().astype(dtype),
        candidate=candidate,
        reference=reference,
        task=contract.task,
        classes=classes,
    )


def pair_table(rows: PairedRows, contract: DatasetContract) -> pl.DataFrame:
    """The rows as they are kept beside a comparison, in their order.

    Returns:
        Columns `day` (Date), the ids, the event time, `candidate_score` and `reference_score` (Float64; followed by `_` and
        a class where there are several), and `outcome` as `core.scores.scored_rows` has it.
    """
    dtype = OUTCOME_TYPES[contract.task]
    return rows.table.select(
        DAY,
        *dict.fromkeys((*contract.ids, contract.event_time)),
        *_scores(CANDIDATE, rows.candidate, rows.classes),
        *_scores(REFERENCE, rows.reference, rows.classes),
        pl.col(contract.label).cast(dtype).alias(OUTCOME),
    ).rechunk()


def _scores(name: str, score: Any, classes: Sequence[str]) -> Iterator[pl.Series]:
    if not classes:
        yield pl.Series(name, score, dtype=pl.Float64)
    for place, of in enumerate(classes):
        yield pl.Series(f"{name}_{of}", score[:, place], dtype=pl.Float64)


def digest(rows: PairedRows, *models: str) -> str:
    """SHA-256 over rows, scores and the digests of the models."""
    found = hashlib.sha256("/".join(models).encode())
    for day in source_days(rows.table):
        found.update(f"{day.date}/{day.rows}/{day.fingerprint}".encode())
    for scores in (rows.candidate, rows.reference):
        found.update(scores.round(SCORE_DIGITS).astype("<f8").tobytes())
    return found.hexdigest()
