"""What is set of one environment: where its artifacts live, where its rows come from, and what a launch may do there."""

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from ml_assets.core.core_schema import no_truth
from ml_assets.core.foreign_text import visible
from ml_assets.core.options import DEFAULT, ENVIRONMENT
from ml_assets.core.parameters import NAME, Parameters
from ml_assets.core.problems import allowed
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.core.secrets import looks_like_credential

ANY = "*"
LONGEST = 40  # characters of a name
RESERVED = (
    DEFAULT,
    "live",
    "idle",
    "12 hex digits",
)  # they name something else where an environment could stand
_RUN_ID = r"^[0-9a-f]{12}\Z"


class _Sources(Parameters):
    source: str = Field(default="sample", pattern=NAME)


def named_sources(sources: dict[str, str]) -> dict[str, str]:
    """The same sources; PydanticCustomError where no run could name one of them."""
    if wrong := [name for name in sources if not re.fullmatch(NAME, name)]:
        told = {
            "wrong": ", ".join(map(safe_name, wrong[:5])),
            "allowed": allowed(_Sources.model_fields["source"]),
        }
        raise PydanticCustomError("source", "no run can name {wrong}. Allowed: {allowed}", told)
    if empty := [name for name, uri in sources.items() if not uri.strip()]:
        raise PydanticCustomError("source", "{names}: names no place", {"names": ", ".join(empty[:5])})
    return sources


class Budget(BaseModel):
    """What may be computed at once; 0 stands for no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    runs: int = Field(default=0, ge=0, description="Days and parameter sets that one launch may compute")
    hours: float = Field(default=0, ge=0, description="Hours that one launch may take, as past runs tell")

    @field_validator("runs", "hours", mode="before")
    @classmethod
    def _true_is_no_number(cls, number: Any) -> Any:
        return no_truth(number)


class Environment(BaseModel):
    """Where the artifacts of one environment live, where its rows come from, and what a launch may do there."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    root: str = Field(min_length=1, description="Folder or URI under which artifacts are kept")
    sources: dict[str, str] = Field(
        default_factory=dict,
        description="Landing zones by logical name; they win over those of all environments",
    )
    overrides: tuple[str, ...] = Field(
        default=(ANY,), description="Parameters that a launch may give; the others stay at their default"
    )
    budget: Budget = Field(default=Budget(), description="What one launch may compute")
    s3: S3Access = Field(
        default=USUAL_S3, description="How S3 is reached for its artifacts, where it is not as for all"
    )

    @field_validator("sources")
    @classmethod
    def _a_run_can_name_each_source(cls, sources: dict[str, str]) -> dict[str, str]:
        return named_sources(sources)

    @field_validator("overrides")
    @classmethod
    def _overrides_are_parameters(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [name for name in names if name != ANY and not name.isidentifier()]:
            told = ", ".join(map(safe_name, wrong))
            raise PydanticCustomError(
                "override", "unknown: {wrong}. Allowed: * for all, or names of parameters", {"wrong": told}
            )
        return names

    def may_be_given(self, name: str) -> bool:
        """Whether a launch may give this parameter."""
        return ANY in self.overrides or name in self.overrides

    def refusal(self, name: str) -> str:
        """What is told of a parameter that a launch may not give; `name` is that of the environment."""
        allowed = ", ".join(self.overrides) or "none"
        return f"may not be given in the environment {name}. Given there may be: {allowed}."


def environment_problem(name: str) -> str:
    """Why no environment can have this name; "" where one can."""
    if len(name) > LONGEST or not re.match(ENVIRONMENT, name):
        return f"small letters and digits, with single _ or - between them, starting with a letter, at most {LONGEST}"
    return f"any but {', '.join(RESERVED)}" if name in RESERVED or re.match(_RUN_ID, name) else ""


def safe_name(name: str) -> str:
    """A name that somebody typed, as it may stand in a message."""
    return "(looks like a credential)" if looks_like_credential(name) else visible(name, longest=80)
