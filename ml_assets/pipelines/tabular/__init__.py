"""A classifier of one dataset's rows: its rows, its model, how good that is, and what a person should know of it."""

from ml_assets.pipelines.tabular import samples as samples
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters
from ml_assets.pipelines.tabular.pipeline import tabular

__all__ = ["DatasetParameters", "TrainingParameters", "tabular"]
