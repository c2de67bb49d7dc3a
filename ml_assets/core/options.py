"""The options of a run: what changes only how it is carried out, and is never part of an identity."""

from typing import Literal

from pydantic import Field

from ml_assets.core.parameters import Parameters

ENGINE = r"^(dask://([^/@%?#\s]|%[^4/@?#\s]|%4[^0/@?#\s])+:[0-9]+)?$"  # no user, be it before @ or %40
DASK = "dask://"
SLOTS = ("blue", "green")  # where the settings say nothing
ENVIRONMENT = (
    r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$"  # no two marks in a row: two underscores part the names of variables
)

Environment = Literal["default", "dev", "staging", "blue", "green"]


class Options(Parameters):
    """How a run is carried out."""

    environment: Environment = Field(
        default="default", description="Where artifacts live; `default` is the one that the settings name"
    )
    reuse: bool = Field(default=True, description="Use what is stored already where nothing has changed")
    again: str = Field(
        default="",
        pattern=r"^([a-z][a-z0-9_]*(,[a-z][a-z0-9_]*)*)?$",
        description="Assets that are made again though nothing has changed, the others as stored; a recorded one only so",
        json_schema_extra={"allowed": "nothing, or names of assets with commas between them"},
    )
    retry_failed: bool = Field(
        default=False, description="Sweeps: try trials again that are known to fail with these rows and code"
    )
    engine: str = Field(
        default="",
        pattern=ENGINE,
        description="Where days and trials are made; nothing: where the settings say",
        json_schema_extra={"allowed": "nothing, for the processes of this machine, or dask://HOST:PORT"},
    )
