"""How S3, or a store that speaks like it, is reached. Credentials are never among this: they come by reference."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from ml_assets.core.core_schema import no_truth
from ml_assets.core.secrets import holds_credential, looks_like_credential


class S3Access(BaseModel):
    """Where S3 is and how patiently it is asked. Small and hashable: it travels to worker processes.

    What is left empty is decided as boto3 decides it: variables `AWS_*`, then the profile in `~/.aws`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    endpoint_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="Address of an S3-compatible store; by default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or AWS itself",
    )
    region: str = Field(
        default="",
        pattern=r"^[a-z0-9-]*$",
        max_length=64,
        description="Region; by default AWS_REGION, AWS_DEFAULT_REGION or the profile's",
    )
    profile: str = Field(
        default="",
        max_length=128,
        description="Name of the profile in ~/.aws that gives the credentials; by default AWS_PROFILE, if any",
    )
    max_attempts: int = Field(
        default=10, ge=1, le=100, description="Times that one request is sent before it has failed"
    )
    connect_timeout: float = Field(
        default=5, gt=0, le=300, description="Seconds in which a connection must be made"
    )
    read_timeout: float = Field(
        default=60, gt=0, le=3600, description="Seconds in which the store must take a request and answer"
    )

    @field_validator("max_attempts", "connect_timeout", "read_timeout", mode="before")
    @classmethod
    def _true_is_no_number(cls, number: Any) -> Any:
        return no_truth(number)

    @field_validator("endpoint_url", "profile")
    @classmethod
    def _holds_no_credential(cls, given: str) -> str:
        if looks_like_credential(given) or holds_credential(given):
            raise PydanticCustomError(
                "credential", "holds a credential. Give credentials by AWS_* or a profile"
            )
        return given


USUAL_S3 = S3Access()
