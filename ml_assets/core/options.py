"""The options of a run: what changes only how it is carried out, and is never part of an identity."""

import functools
from typing import Any, Literal

from pydantic import Field, create_model

from ml_assets.core.parameters import Parameters

ENGINE = r"^(dask://([^/@%?#\s]|%[^4/@?#\s]|%4[^0/@?#\s])+:[0-9]+)?$"  # no user, be it before @ or %40
DASK = "dask://"
DEFAULT = "default"  # stands for the environment that the settings name
SLOTS = ("blue", "green")  # where the settings say nothing
ENVIRONMENT = r"^[a-z][a-z0-9]*([_-][a-z0-9]+)*$"  # two underscores in a row part the names of variables


class Options(Parameters):
    """How a run is carried out."""

    environment: str = Field(
        default=DEFAULT,
        pattern=ENVIRONMENT,
        description="Where artifacts live; `default` is the one that the settings name",
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


@functools.cache
def options_in(environments: tuple[str, ...]) -> type[Options]:
    """The options of a deployment that has these environments: a run can name no others."""
    declared = Options.model_fields["environment"]
    names = (DEFAULT, *environments)
    known: Any = Literal[names]
    field: Any = Field(default=DEFAULT, description=declared.description)
    return create_model("Options", __base__=Options, __doc__=Options.__doc__, environment=(known, field))
