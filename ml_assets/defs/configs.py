"""The parameters of the shipped pipeline, and of what is made of it alone, as Dagster Config classes."""

import dagster as dg

from ml_assets.pipelines.tabular.comparison.parameters import ComparisonParameters
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets.pipelines.tabular.scoring.parameters import ScoringParameters


class DatasetConfig(DatasetParameters, dg.ConfigurableResource):  # type: ignore[type-arg]
    """What decides a training set, as a resource that an asset asks for by annotation."""


class TrainingConfig(TrainingParameters, DatasetConfig):
    """What decides a model, as a resource that an asset asks for by annotation."""


class ScoringConfig(ScoringParameters, dg.Config):
    """What decides predictions beside the parameters of the run, as the config of their asset."""


class MonitoringConfig(MonitoringParameters, dg.Config):
    """What decides a monitoring beside the parameters of the run, as the config of its asset."""


class ComparisonConfig(ComparisonParameters, dg.Config):
    """What decides a comparison beside the dataset of the run, as the config of its asset."""
