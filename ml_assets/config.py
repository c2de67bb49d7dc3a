"""The parameters and options as Dagster Config classes."""

import functools
from typing import TypeVar

import dagster as dg
from pydantic import BaseModel

from ml_assets.core.comparison.parameters import ComparisonParameters
from ml_assets.core.monitoring.parameters import MonitoringParameters
from ml_assets.core.options import Options
from ml_assets.core.parameters import DatasetParameters, Parameters, TrainingParameters
from ml_assets.core.promotion.parameters import PromotionParameters
from ml_assets.core.report.parameters import ReportParameters
from ml_assets.core.scoring.parameters import ScoringParameters
from ml_assets.core.sweep.sweep_parameters import SweepParameters

Model = TypeVar("Model", bound=BaseModel)


class DatasetConfig(DatasetParameters, dg.ConfigurableResource):  # type: ignore[type-arg]
    """What decides a training set, as a resource that an asset asks for by annotation."""


class TrainingConfig(TrainingParameters, DatasetConfig):
    """What decides a model, as a resource that an asset asks for by annotation."""


class ReportConfig(ReportParameters, dg.Config):
    """What decides a report beside the parameters of the run, as the config of its asset."""


class ScoringConfig(ScoringParameters, dg.Config):
    """What decides predictions beside the parameters of the run, as the config of their asset."""


class MonitoringConfig(MonitoringParameters, dg.Config):
    """What decides a monitoring beside the parameters of the run, as the config of its asset."""


class ComparisonConfig(ComparisonParameters, dg.Config):
    """What decides a comparison beside the dataset of the run, as the config of its asset."""


class PromotionConfig(PromotionParameters, dg.Config):
    """What decides a promotion, as the config of its asset."""


class SweepConfig(SweepParameters, dg.Config):
    """What decides a sweep beside the parameters that its trials share, as the config of its leaderboard."""


class OptionsConfig(Options, dg.ConfigurableResource):  # type: ignore[type-arg]
    """What changes only how a run is carried out: never part of the identity."""


@functools.cache
def config_class(model: type[Parameters]) -> type[BaseModel]:
    """A class of parameters mixed with Dagster's, as the resource of its pipeline gives them."""
    if model is TrainingParameters:
        return TrainingConfig
    attributes = {"__doc__": model.__doc__, "__module__": model.__module__}
    return type(f"{model.__name__}Config", (model, dg.ConfigurableResource), attributes)


def plain(config: BaseModel, model: type[Model]) -> Model:
    """A Dagster Config as the pure model that is mixed into it."""
    return model.model_validate({name: getattr(config, name) for name in model.model_fields})
