"""Parameters and options as Dagster Config classes."""

from typing import TypeVar

import dagster as dg
from pydantic import BaseModel

from ml_assets.core.options import Options

Model = TypeVar("Model", bound=BaseModel)


class OptionsConfig(Options, dg.ConfigurableResource):  # type: ignore[type-arg]
    """What changes only how a run is carried out: never part of the identity."""


def plain(config: BaseModel, model: type[Model]) -> Model:
    """A Dagster Config as the pure model that is mixed into it."""
    return model.model_validate({name: getattr(config, name) for name in model.model_fields})
