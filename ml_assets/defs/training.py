"""The training run: the four assets of a day, their checks, and the job `train` that makes them."""

import dagster as dg

from ml_assets.adapter.assets import assets_of_view
from ml_assets.adapter.view import View
from ml_assets.pipelines.tabular import tabular

TRAIN = "train"
VIEW = View(pipeline=tabular, step="training", job=TRAIN)

training = assets_of_view(VIEW, group="training")
train = dg.define_asset_job(
    TRAIN,
    selection=dg.AssetSelection.assets(*tabular.assets),
    description="Train, evaluate and document one model. Parameters: resources.params; the partition is the as_of.",
)
