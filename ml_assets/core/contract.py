"""The contract of one dataset: which columns are the event time, the outcome, the ids and the features."""

from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

MOST_IDS = 1_000
MOST_FEATURES = 10_000
LARGEST = 1e50  # of a feature: squares and powers of larger numbers are no numbers any more
_NEW = {"timezone": "UTC", "task": "binary"}

Type: TypeAlias = Literal["number", "integer", "category", "text", "time", "boolean"]
Task: TypeAlias = Literal["binary", "multiclass", "regression"]


class DatasetContract(BaseModel):
    """What `dataset.toml` states.

    Attributes:
        event_time: column with the time of the event, UTC.
        label: optional, the column with the outcome, null where it is not known.
        label_closes_at: column with the time when the outcome's window is over, UTC, null where unknown. A label needs it.
        ids: columns that name a row; never used to learn from.
        features: all other columns that are read; without them, those of the newest file that is read.
        types: optional, what columns without another role hold; otherwise the files' own types decide.
        entity: optional, the id whose rows belong together, such as the customer; see `core.entities`.
        known_at: optional, the column with the time when the row arrived, UTC: before it nobody knew of the row.
        timezone: whose midnights begin and end the days that the folders of the files name.
        task: what a label is to whoever learns from it: 0 or 1, one of several classes, or a number.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    event_time: str = Field(min_length=1)
    label: str = ""
    label_closes_at: str = ""
    ids: tuple[str, ...] = Field(default=(), max_length=MOST_IDS)
    features: tuple[str, ...] = Field(default=(), max_length=MOST_FEATURES)
    types: dict[str, Type] = Field(default_factory=dict, max_length=MOST_FEATURES)
    entity: str = ""
    known_at: str = ""
    timezone: str = "UTC"
    task: Task = "binary"

    @field_validator("timezone")
    @classmethod
    def _is_a_time_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (
            KeyError,
            ValueError,
            OSError,
        ):  # some names are folders of the database, or lie outside of it
            raise PydanticCustomError(
                "timezone", "must be the name of a time zone, such as Europe/Berlin"
            ) from None
        return name

    @model_validator(mode="after")
    def _roles_do_not_overlap(self) -> "DatasetContract":
        outcome = {self.label, self.label_closes_at} - {""}
        if outcome & set(self.features):
            raise PydanticCustomError("leak", "features: must not hold the label or label_closes_at")
        if len(set(self.features)) != len(self.features):
            raise PydanticCustomError("twice", "features: names a column twice")
        if self.entity and self.entity not in self.ids:
            raise PydanticCustomError("entity", "entity: must be one of the ids")
        if self.known_at and self.known_at in {*outcome, *self.features, *self.ids}:
            raise PydanticCustomError("known_at", "known_at: must be a column of its own, or the event time")
        return self

    @model_validator(mode="after")
    def _label_closes(self) -> "DatasetContract":
        if self.label and not self.label_closes_at:
            raise PydanticCustomError(
                "closes", "label_closes_at: missing. Name the column with the time when the label is final"
            )
        if self.label_closes_at and not self.label:
            raise PydanticCustomError("label", "label: missing, though label_closes_at says when it is final")
        return self

    @model_validator(mode="after")
    def _types_have_a_column(self) -> "DatasetContract":
        if self.features and not set(self.types) <= {*self.features, self.label}:
            raise PydanticCustomError("types", "types: may name features and the label only")
        if set(self.types) & {*self.ids, self.event_time, self.label_closes_at, self.known_at}:
            raise PydanticCustomError(
                "types",
                "types: must not name ids, which are text, or event_time, label_closes_at and known_at",
            )
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_new(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Its fields; the newer ones only where they are stated, so that what was stored of a contract stays as it was."""
        fields: dict[str, Any] = handler(self)
        return {name: value for name, value in fields.items() if _NEW.get(name) != value}

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it names, each once."""
        roles = (*self.ids, self.event_time, self.known_at, self.label, self.label_closes_at, *self.features)
        return tuple(dict.fromkeys(filter(None, (*roles, *self.types))))
