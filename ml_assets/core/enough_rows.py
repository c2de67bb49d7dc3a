"""Whether there are enough rows to learn from, and to rely on an evaluation."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

MIN_ROWS = 100  # of a fold: with fewer, a rate of 10 % is known to +- 6 points at best
MIN_ROWS_OF_A_CLASS = 10  # of a fold: below, the normal approximation of a ROC AUC's variance does not hold
MIN_RATE, MAX_RATE = 0.01, 0.99  # beyond, calibration and skill rest on a handful of rows
MIN_ENTITIES = (
    50  # of a fold: a variance that is estimated from fewer clusters is itself uncertain by a tenth and more
)

Fold = Literal["train", "holdout"]
Quantity = Literal["rows", "positives", "negatives", "base_rate", "entities"]


class Shortage(NamedTuple):
    """One number of a training set that is too small, or a base rate that is beyond `bound`."""

    fold: Fold
    quantity: Quantity
    value: float
    bound: float

    def __str__(self) -> str:
        where = "the training rows" if self.fold == "train" else "the holdout"
        if self.quantity == "base_rate":
            side = "below" if self.value < self.bound else "above"
            return f"the base rate of {where} is {self.value:.2%}, {side} {self.bound:.0%}"
        rows = "row" if self.value == 1 else "rows"
        nouns = {"positives": f"{rows} with outcome 1", "negatives": f"{rows} with outcome 0"}
        has = "has" if self.fold == "holdout" else "have"
        return f"{where} {has} {self.value:.0f} {nouns.get(self.quantity, self.quantity)}, fewer than {self.bound:.0f}"


def shortages(
    facts: Mapping[str, Any], *, folds: tuple[Fold, ...] = ("train", "holdout")
) -> tuple[Shortage, ...]:
    """What of a training set is too little to rely on; empty where nothing is.

    Args:
        facts: those of the training set. What facts of earlier versions do not tell is not looked at.
        folds: the folds to look at; a holdout by itself is what an evaluation rests on.
    """
    return tuple(shortage for fold in folds for shortage in _of_fold(facts, fold))


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
    if rate is not None and rate > MAX_RATE:
        yield Shortage(fold, "base_rate", rate, MAX_RATE)
