"""Parameters and options as Dagster Config classes."""

import functools
from typing import TypeVar

import dagster as dg
from pydantic import BaseModel

from ml_assets.core.options import Options
from ml_assets.core.parameters import Parameters

Model = TypeVar("Model", bound=BaseModel)


class OptionsConfig(Options, dg.ConfigurableResource):  # type: ignore[type-arg]
    """What changes only how a run is carried out: never part of the identity."""


@functools.cache
def config_class(model: type[Parameters]) -> type[BaseModel]:
    """A class of parameters mixed with Dagster's, as the resource of its pipeline gives them."""
    attributes = {"__doc__": model.__doc__, "__module__": model.__module__}
    return type(f"{model.__name__}Config", (model, dg.ConfigurableResource), attributes)


def plain(config: BaseModel, model: type[Model]) -> Model:
    """A Dagster Config as the pure model that is mixed into it."""
    return model.model_validate({name: getattr(config, name) for name in model.model_fields})
