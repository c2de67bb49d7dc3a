"""Whether the rows of a training set can be right, and whether there are enough of them to learn from and to rely on."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.foreign_text import visible
from ml_assets.core.point_in_time import DAY
from ml_assets.errors import SourceError
from ml_assets.pipelines.tabular.folds import FOLD, HOLDOUT, TRAIN, rows_of

_MOST = 0.5  # what is so of more than half of the rows is how they are meant, as in snapshots of customers
IMPOSSIBLE = {
    "repeated_rows": "with ids, event time and end of the outcome's window of another row",
    "rows_after_their_day": "with an event on a later day than that under which they were landed",
    "rows_before_their_day": "with an event more than a day before the day under which they were landed",
    "rows_closed_before_their_event": "with an outcome's window that ends before the event",
}
_SHOWN = 5  # days that an error names


def impossible_rows(table: pl.DataFrame, contract: DatasetContract) -> dict[str, int]:
    """Count the rows of a training set that cannot be right.

    Returns:
        `repeated_rows`: rows whose ids, event time and end of the outcome's window an earlier row has (snapshots of one
        customer may have one event, and have windows of their own); 0 without ids. `rows_after_their_day` and
        `rows_before_their_day`: the event is on a later day than the row, or more than a day before it.
        `rows_closed_before_their_event`: the outcome's window ends before the event.
    """
    begins, event = pl.col(DAY).cast(pl.Datetime("us")), pl.col(contract.event_time)
    day = pl.duration(days=1)
    counts = table.select(
        rows_after_their_day=(event >= begins + day).sum(),
        rows_before_their_day=(event < begins - day).sum(),
        rows_closed_before_their_event=(pl.col(contract.label_closes_at) < event).sum(),
    ).row(0, named=True)
    named = _named(table, contract)
    return {"repeated_rows": named.height - _distinct(named), **counts}


def unlikely(facts: Mapping[str, Any]) -> dict[str, int]:
    """Those of the counts that are worth a warning, by name; facts of before have none.

    Events before their day are no mistake where most rows are so.
    """
    names = (
        "repeated_rows",
        "rows_after_their_day",
        "rows_before_their_day",
        "rows_closed_before_their_event",
    )
    found = {name: int(facts.get(name, 0)) for name in names}
    if found["rows_before_their_day"] > _MOST * facts["rows"]:
        del found["rows_before_their_day"]
    return {name: count for name, count in found.items() if count}


def refuse_repeated_across_folds(table: pl.DataFrame, contract: DatasetContract, *, origin: str) -> None:
    """Refuse rows that are in train and again in the holdout: the model would be asked what it was told.

    Raises:
        SourceError: it names the days.
    """
    named = _named(table, contract, DAY, FOLD)
    train, holdout = (rows_of(named, fold).drop(FOLD) for fold in (TRAIN, HOLDOUT))
    key = [name for name in train.columns if name != DAY]
    both = holdout.join(train, on=key, how="inner", nulls_equal=True, suffix="_trained")
    if both.height:
        days = sorted({*both[DAY], *both[f"{DAY}_trained"]})
        more = f" and {len(days) - _SHOWN} more" if len(days) > _SHOWN else ""
        raise SourceError(
            f"{origin}: {_distinct(both.select(key))} rows with the same {', '.join(key)} are in the training rows and "
            f"again in the holdout, on date={', '.join(map(str, days[:_SHOWN]))}{more}. Land each row once, under the day "
            "of its event, or name the ids that tell rows apart in dataset.toml."
        )


def all_differ(rows: pl.DataFrame) -> bool:
    """Whether no two rows have one hash, which is seen several times as soon as how many of them differ."""
    return rows.hash_rows().n_unique() == rows.height


def _distinct(rows: pl.DataFrame) -> int:
    return rows.height if all_differ(rows) else int(rows.select(pl.struct(pl.all()).n_unique()).item())


def _named(table: pl.DataFrame, contract: DatasetContract, *more: str) -> pl.DataFrame:
    """What tells rows apart, and more columns, of the rows of which any id is known."""
    names = dict.fromkeys((*contract.ids, contract.event_time, contract.label_closes_at, *more))
    any_known = pl.any_horizontal(pl.col(contract.ids).is_not_null()) if contract.ids else pl.lit(value=False)
    return table.select(*names).filter(any_known)


MIN_ROWS = 100  # of a fold: with fewer, a rate of 10 % is known to +- 6 points at best
MIN_ROWS_OF_A_CLASS = 10  # of a fold: below, the normal approximation of a ROC AUC's variance does not hold
MIN_RATE, MAX_RATE = 0.01, 0.99  # beyond, calibration and skill rest on a handful of rows
MIN_ENTITIES = (
    50  # of a fold: a variance that is estimated from fewer clusters is itself uncertain by a tenth and more
)

Fold = Literal["train", "holdout"]
_FOLDS: tuple[Fold, ...] = ("train", "holdout")
Quantity = Literal["rows", "positives", "negatives", "base_rate", "class", "entities"]


class Shortage(NamedTuple):
    """One number of a training set that is too small, or a base rate that is beyond `bound`; of a class its `name`."""

    fold: Fold
    quantity: Quantity
    value: float
    bound: float
    name: str = ""

    def __str__(self) -> str:
        where = "the training rows" if self.fold == "train" else "the holdout"
        if self.quantity == "base_rate":
            side = "below" if self.value < self.bound else "above"
            return f"the base rate of {where} is {self.value:.2%}, {side} {self.bound:.0%}"
        rows = "row" if self.value == 1 else "rows"
        nouns = {"positives": f"{rows} with outcome 1", "negatives": f"{rows} with outcome 0"}
        nouns["class"] = f"{rows} of class {visible(self.name)}"
        has = "has" if self.fold == "holdout" else "have"
        return f"{where} {has} {self.value:.0f} {nouns.get(self.quantity, self.quantity)}, fewer than {self.bound:.0f}"


def shortages(facts: Mapping[str, Any]) -> tuple[Shortage, ...]:
    """What of a training set is too little to rely on; empty where nothing is.

    Args:
        facts: those of the training set. What facts of earlier versions do not tell is not looked at.
    """
    return tuple(shortage for fold in _FOLDS for shortage in _of_fold(facts, fold))


def _of_fold(facts: Mapping[str, Any], fold: Fold) -> Iterator[Shortage]:
    rows, rate = int(facts[f"{fold}_rows"]), facts.get(f"{fold}_base_rate")
    numbers: dict[Quantity, tuple[float | None, float]] = {
        "rows": (rows, MIN_ROWS),
        "positives": (None if rate is None else round(rows * rate), MIN_ROWS_OF_A_CLASS),
        "negatives": (None if rate is None else rows - round(rows * rate), MIN_ROWS_OF_A_CLASS),
        "base_rate": (rate, MIN_RATE),
        "entities": (facts.get(f"{fold}_entities"), MIN_ENTITIES),
    }
    for quantity, (value, bound) in numbers.items():
        if value is not None and value < bound:
            yield Shortage(fold, quantity, value, bound)
    for name in facts.get("classes", ()):
        if (count := facts[f"{fold}_classes"].get(name, 0)) < MIN_ROWS_OF_A_CLASS:
            yield Shortage(fold, "class", count, MIN_ROWS_OF_A_CLASS, name)
    if rate is not None and rate > MAX_RATE:
        yield Shortage(fold, "base_rate", rate, MAX_RATE)
