"""The options of a run: what changes only how it is carried out, and is never part of an identity."""

from typing import Literal

from pydantic import Field

from ml_assets.core.engine import ALLOWED, PATTERN
from ml_assets.core.parameters import Parameters

Environment = Literal["default", "dev", "staging", "blue", "green"]


class Options(Parameters):
    """How a run is carried out."""

    environment: Environment = Field(
        default="default", description="Where artifacts live; `default` is the one that the settings name"
    )
    reuse: bool = Field(default=True, description="Use what is stored already where nothing has changed")
    retry_failed: bool = Field(
        default=False, description="Sweeps: try trials again that are known to fail with these rows and code"
    )
    engine: str = Field(
        default="",
        pattern=PATTERN,
        description="Where days and trials are made; nothing: where the settings say",
        json_schema_extra={"allowed": ALLOWED},
    )
