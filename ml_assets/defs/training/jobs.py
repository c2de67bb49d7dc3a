"""The job `train`: the four assets of one as_of, or of a range of them."""

import dagster as dg

from ml_assets.pipelines.tabular import tabular

TRAIN = "train"

train = dg.define_asset_job(
    TRAIN,
    selection=dg.AssetSelection.assets(*tabular.assets),
    description="Train, evaluate and document one model. Parameters: resources.params; the partition is the as_of.",
)
