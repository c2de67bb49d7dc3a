"""Dagster runs in this process of a job that uses a model: `score` or `monitor`."""

from typing import TYPE_CHECKING

from ml_assets.cli.home import ensure_home
from ml_assets.cli.local import execute, workspace_for
from ml_assets.cli.scoring_request import ScoringRequest
from ml_assets.core.result import FailedDay, failed_days, run_config
from ml_assets.pipeline.days import DAYS_PER_RUN
from ml_assets.pipeline.scoring_model import scoring_model

if TYPE_CHECKING:  # loaded once the request is known to be sound
    from ml_assets.cli.local import Local


def launch_scoring(request: ScoringRequest, *, job: str, asset: str) -> list["Local"]:
    """Run the job for each day of a request, in runs of at most DAYS_PER_RUN.

    Raises RefusedError, ArtifactNotFoundError or CorruptArtifactError where the model cannot be used: no run exists then.
    """
    workspace = workspace_for(request.options)
    scoring_model(request.parameters, request.own, workspace=workspace, asset=asset)
    ensure_home()
    import dagster as dg

    told = {**request.options.model_dump(), "environment": workspace.environment}
    config = run_config(request.given, own={asset: request.given_own}, **told)
    days = request.days
    parts = [days[first : first + DAYS_PER_RUN] for first in range(0, len(days), DAYS_PER_RUN)]
    with dg.DagsterInstance.get() as instance:
        return [
            execute(job, part, config=config, environment=workspace.environment, instance=instance)
            for part in parts
        ]


def failed(runs: list["Local"], *, asset: str) -> list[FailedDay]:
    """The days of which there is no artifact, each with its reason."""
    return [
        item
        for run in runs
        if run.reason
        for item in failed_days(run.days, seen=run.seen, reasons=[run.reason], assets=(asset,))
    ]
