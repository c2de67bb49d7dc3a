"""The contract of one dataset: which columns are the event time, the outcome, the ids and the features."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

MOST_IDS = 1_000
MOST_FEATURES = 10_000


class DatasetContract(BaseModel):
    """What `dataset.toml` states.

    Attributes:
        event_time: column with the time of the event, UTC.
        label: column with the outcome, 0 or 1, null where it is not known.
        label_closes_at: column with the time when the outcome's window is over, UTC, null where unknown.
        ids: columns that name a row; never used to learn from.
        features: columns to learn from.
        types: optional, `number` or `category` by feature; otherwise the files' own types decide.
        entity: optional, the id whose rows belong together, such as the customer; see `core.entities`.
        known_at: optional, the column with the time when the row arrived, UTC: before it nobody knew of the row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    event_time: str = Field(min_length=1)
    label: str = Field(min_length=1)
    label_closes_at: str = Field(min_length=1)
    ids: tuple[str, ...] = Field(default=(), max_length=MOST_IDS)
    features: tuple[str, ...] = Field(min_length=1, max_length=MOST_FEATURES)
    types: dict[str, Literal["number", "category"]] = Field(default_factory=dict)
    entity: str = ""
    known_at: str = ""

    @model_validator(mode="after")
    def _roles_do_not_overlap(self) -> "DatasetContract":
        outcome = {self.label, self.label_closes_at}
        if outcome & set(self.features):
            raise PydanticCustomError("leak", "features: must not hold the label or label_closes_at")
        if len(set(self.features)) != len(self.features):
            raise PydanticCustomError("twice", "features: names a column twice")
        if not set(self.types) <= set(self.features):
            raise PydanticCustomError("types", "types: may name features only")
        if self.entity and self.entity not in self.ids:
            raise PydanticCustomError("entity", "entity: must be one of the ids")
        if self.known_at and self.known_at in {*outcome, *self.features, *self.ids}:
            raise PydanticCustomError("known_at", "known_at: must be a column of its own, or the event time")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once."""
        arrival = (self.known_at,) if self.known_at else ()
        return tuple(
            dict.fromkeys(
                (*self.ids, self.event_time, *arrival, self.label, self.label_closes_at, *self.features)
            )
        )
