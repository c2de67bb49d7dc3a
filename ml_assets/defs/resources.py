"""What the runs of this project take: parameters and options, the IO manager, and how S3 is reached."""

import dagster as dg

from ml_assets.adapter.definitions import resources_of
from ml_assets.core.sweep import result as leaderboard
from ml_assets.defs.training import VIEW
from ml_assets.pipeline import failed_trials, report
from ml_assets.pipelines.tabular.comparison import parameters as comparison
from ml_assets.pipelines.tabular.monitoring import parameters as monitoring
from ml_assets.pipelines.tabular.scoring import parameters as predictions
from ml_assets.resources.s3 import s3_resource

BESIDE = tuple(module.ASSET for module in (report, leaderboard, predictions, monitoring, comparison))
KEPT = (*BESIDE, failed_trials.ASSET)

defs = dg.Definitions(
    resources={**resources_of(VIEW, steps=BESIDE, reserved=KEPT), "s3": s3_resource},
    executor=dg.in_process_executor,
)
