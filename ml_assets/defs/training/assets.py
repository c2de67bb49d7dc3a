"""The four assets of a training run, as Dagster knows them."""

from ml_assets.adapter.assets import assets_of_view
from ml_assets.adapter.view import View
from ml_assets.pipelines.tabular import tabular

VIEW = View(pipeline=tabular, step="training", job="train")
training = assets_of_view(VIEW, group="training")
