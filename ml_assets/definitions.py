"""The one entry point that Dagster loads."""

import dagster as dg

from ml_assets.config import OptionsConfig
from ml_assets.defs.training.assets import training
from ml_assets.defs.training.jobs import train
from ml_assets.resources.io_manager import artifact_io_manager
from ml_assets.resources.parameters import params_resource

defs = dg.Definitions(
    assets=[training],
    jobs=[train],
    resources={
        "params": params_resource(),
        "options": OptionsConfig.configure_at_launch(),
        "io_manager": artifact_io_manager,
    },
    executor=dg.in_process_executor,
)
