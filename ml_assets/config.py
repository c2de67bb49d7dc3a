"""The parameters and options as Dagster Config classes."""

from typing import Literal

import dagster as dg
from pydantic import Field

from ml_assets.core.parameters import DatasetParameters, TrainingParameters
from ml_assets.core.report.parameters import ReportParameters

Environment = Literal["default", "dev", "staging", "blue", "green"]


class DatasetConfig(DatasetParameters, dg.ConfigurableResource):  # type: ignore[type-arg]
    """What decides a training set, as a resource that an asset asks for by annotation."""


class TrainingConfig(TrainingParameters, DatasetConfig):
    """What decides a model, as a resource that an asset asks for by annotation."""


class ReportConfig(ReportParameters, dg.Config):
    """What decides a report beside the parameters of the run, as the config of its asset."""


class OptionsConfig(dg.ConfigurableResource):  # type: ignore[type-arg]
    """What changes only how a run is carried out: never part of the identity."""

    environment: Environment = Field(
        default="default", description="Where artifacts live; `default` is the one that the settings name"
    )
    reuse: bool = Field(default=True, description="Use what is stored already where nothing has changed")
