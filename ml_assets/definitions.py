"""The one entry point that Dagster loads."""

import dagster as dg

from ml_assets.adapter.io_manager import io_manager_of
from ml_assets.adapter.parameters import options_resource, params_resource
from ml_assets.defs.release.comparison import compare, kpi_comparison
from ml_assets.defs.release.promotion import promotion, promotion_job
from ml_assets.defs.reports.assets import backfill_report, report
from ml_assets.defs.reports.sensor import report_after_backfill
from ml_assets.defs.schedules.training import catch_up, daily_training
from ml_assets.defs.scoring.assets import predictions, score
from ml_assets.defs.scoring.monitoring import monitor, monitoring
from ml_assets.defs.sensors.failures import failure_notice
from ml_assets.defs.sensors.landing import landed_days
from ml_assets.defs.sensors.requests import request_files
from ml_assets.defs.sweeps.assets import leaderboard, sweep
from ml_assets.defs.sweeps.sensor import leaderboard_after_sweep
from ml_assets.defs.training.assets import VIEW, training
from ml_assets.defs.training.jobs import train
from ml_assets.defs.trust.reproduction import reproduce_daily, reproduce_job
from ml_assets.pipeline.failed_trials import ASSET as FAILED_TRIAL
from ml_assets.resources.s3 import s3_resource

BESIDE = tuple(
    asset.node_def.name for asset in (backfill_report, leaderboard, predictions, monitoring, kpi_comparison)
)
KEPT = (*BESIDE, FAILED_TRIAL)

defs = dg.Definitions(
    assets=[training, backfill_report, leaderboard, predictions, monitoring, kpi_comparison, promotion],
    jobs=[train, report, sweep, score, monitor, compare, promotion_job, reproduce_job],
    schedules=[daily_training, catch_up, reproduce_daily],
    sensors=[request_files, landed_days, failure_notice, report_after_backfill, leaderboard_after_sweep],
    resources={
        "params": params_resource(VIEW),
        "options": options_resource(),
        "io_manager": io_manager_of(VIEW, steps=BESIDE, reserved=KEPT),
        "s3": s3_resource,
    },
    executor=dg.in_process_executor,
)
