"""Where runs are shown beside the store: the settings of an MLflow tracking store."""

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from ml_assets.core.secrets import holds_credential

_URI = re.compile(r"^(sqlite:///[^?\s][^?]*|https?://\S+)?\Z")
ALLOWED = (
    "nothing (off), sqlite:///FILE or http(s)://HOST. "
    "Instead of a folder, which MLflow has given up: sqlite:///FOLDER/mlflow.db"
)


class Tracking(BaseModel):
    """A tracking store; without a URI nothing is tracked."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    uri: str = Field(default="", description=f"The tracking store: {ALLOWED}")
    experiment: str = Field(
        default="ml_assets", min_length=1, max_length=256, description="The MLflow experiment of all runs"
    )

    @field_validator("uri")
    @classmethod
    def _is_a_place_without_a_password(cls, uri: str) -> str:
        if holds_credential(uri):
            raise PydanticCustomError(
                "credential",
                "holds a credential. Give it as MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
            )
        if not _URI.match(uri):
            raise PydanticCustomError("tracking_uri", "not a tracking store. Allowed: {it}", {"it": ALLOWED})
        return uri
