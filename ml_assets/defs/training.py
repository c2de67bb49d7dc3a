"""The training run, with all that is beside every pipeline: reports, sweeps, promotion, reproduction and what launches."""

from ml_assets.adapter.definitions import definitions_of_view
from ml_assets.adapter.view import View
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.comparison import parameters as comparison
from ml_assets.pipelines.tabular.monitoring import parameters as monitoring
from ml_assets.pipelines.tabular.scoring import parameters as predictions

VIEW = View(pipeline=tabular, step="training", job="train")
BESIDE = tuple(module.ASSET for module in (predictions, monitoring, comparison))

defs = definitions_of_view(VIEW, group="training", steps=BESIDE, reserved=BESIDE)
