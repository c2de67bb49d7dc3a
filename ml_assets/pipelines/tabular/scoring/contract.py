"""Which columns are read of rows that are scored, and of rows whose outcomes are looked at: never more."""

from collections.abc import Mapping
from typing import Any, cast

from ml_assets.core.contract import DatasetContract


class RowsToScore(DatasetContract):
    """What a model was trained with, without the outcome: nobody knows it yet when a row is scored."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Ids, event time and features."""
        return tuple(dict.fromkeys((*self.ids, self.event_time, *self.features)))


class Outcomes(DatasetContract):
    """The outcomes of rows, without their features."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Ids, event time, when the row arrived, label and when its window closes."""
        arrival = (self.known_at,) if self.known_at else ()
        return tuple(dict.fromkeys((*self.ids, self.event_time, *arrival, self.label, self.label_closes_at)))


def rows_to_score(facts: Mapping[str, object]) -> RowsToScore:
    """The columns that a model takes, each as the number or the category that it was when the model was trained.

    Args:
        facts: those of the model's training set.
    """
    return RowsToScore(**_fields(facts))


def outcomes(facts: Mapping[str, object]) -> Outcomes:
    """The columns that say what became of a row."""
    return Outcomes(**_fields(facts))


def _fields(facts: Mapping[str, object]) -> dict[str, Any]:
    """The contract of the training rows, with the type that each feature had then: no file is asked for it again."""
    contract = DatasetContract.model_validate(facts["contract"])
    return {**contract.model_dump(), "types": dict(cast("Mapping[str, str]", facts["schema"]))}
