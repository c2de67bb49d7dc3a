"""Dagster runs in this process of a job that uses a model: `score` or `monitor`."""

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ml_assets.cli.home import ensure_home
from ml_assets.cli.local import execute, workspace_for
from ml_assets.cli.scoring_request import ScoringRequest
from ml_assets.core.release import RELEASE_TAG, Requested
from ml_assets.core.release_line import ReleaseLine
from ml_assets.core.result import FailedDay, failed_days, run_config
from ml_assets.pipeline.days import DAYS_PER_RUN
from ml_assets.pipeline.released import release_log
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.scoring.model import rows_of_model, scoring_model
from ml_assets.pipelines.tabular.scoring.parameters import LIVE
from ml_assets.settings import load_settings

if TYPE_CHECKING:  # loaded once the request is known to be sound
    from ml_assets.cli.local import Local


def with_model(request: ScoringRequest, *, asset: str) -> ScoringRequest:
    """The request with what its runs will go by: the source, the model's own where none is given, and what serves now.

    Raises RefusedError, ArtifactNotFoundError or CorruptArtifactError where the model or its source cannot be used.
    """
    workspace = workspace_for(request.options)
    line = ReleaseLine.of(tabular, {"dataset": request.parameters.dataset})
    last = release_log(load_settings(), line).last() if request.own.model == LIVE else None
    requested = Requested(entry=last.number if last else 0)
    model = scoring_model(
        request.parameters, request.own, workspace=workspace, asset=asset, requested=requested
    )
    parameters = rows_of_model(request.parameters, model, named=request.given, workspace=workspace)
    return replace(request, parameters=parameters, requested=requested)


def launch_scoring(request: ScoringRequest, *, job: str, asset: str) -> list["Local"]:
    """Run the job for each day of a request, in runs of at most DAYS_PER_RUN."""
    workspace = workspace_for(request.options)
    ensure_home()
    import dagster as dg

    told = {**request.options.model_dump(), "environment": workspace.environment}
    config = run_config(request.given, own={asset: request.given_own}, **told)
    days = request.days
    tags = {RELEASE_TAG: str(request.requested.entry)} if request.requested.entry else {}
    parts = [days[first : first + DAYS_PER_RUN] for first in range(0, len(days), DAYS_PER_RUN)]
    with dg.DagsterInstance.get() as instance:
        return [
            execute(
                job,
                part,
                config=config,
                environment=workspace.environment,
                instance=instance,
                tags=tags,
            )
            for part in parts
        ]


def failed(runs: list["Local"], *, asset: str) -> list[FailedDay]:
    """The days of which there is no artifact, each with its reason."""
    found = (
        failed_days(run.days, seen=run.seen, reasons=run.failed, otherwise=run.reason, assets=(asset,))
        for run in runs
        if run.reason
    )
    return list(chain.from_iterable(found))
