"""A sweep in this process: one Dagster run of the job `sweep`."""

from collections import deque

from ml_assets.cli.home import ensure_home
from ml_assets.cli.local import Local, execute, workspace_for
from ml_assets.cli.sweep_request import SweepRequest
from ml_assets.core.as_of import window
from ml_assets.core.options import Options
from ml_assets.core.result import run_config
from ml_assets.core.sweep.result import ASSET, SweepResult, sweep_result
from ml_assets.errors import CorruptArtifactError, TrainingError
from ml_assets.pipeline.leaderboard import leaderboard_key, load_leaderboard, load_summary
from ml_assets.pipeline.processes import cores, processes, start_workers
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.sweep_plan import refuse_sweep_over_budget
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings


def sweep_of(request: SweepRequest, options: Options) -> Sweep:
    """The sweep that is asked for, in the workspace that the options name."""
    days = window(request.as_of, days=request.own.window_days, first=load_settings().first_as_of)
    return Sweep(
        parameters=request.parameters,
        own=request.own,
        days=days,
        pipeline=tabular,
        workspace=workspace_for(options),
        retry_failed=options.retry_failed,
    )


def launch_sweep(request: SweepRequest, *, options: Options) -> SweepResult:
    """Carry out a sweep; RefusedError, or TrainingError with the reason, where there is no leaderboard of it."""
    sweep = sweep_of(request, options)
    refuse_sweep_over_budget([sweep])
    done = _execute(sweep, request, options=options)
    if done.reason:
        raise TrainingError(done.reason)
    key = leaderboard_key(request.parameters, request.own, request.as_of, pipeline=sweep.pipeline)
    store = sweep.workspace.store
    seen = {**done.seen[ASSET, request.as_of.isoformat()], "summary": load_summary(key, store)}
    return sweep_result(
        request.parameters,
        request.own,
        request.as_of,
        dagster_run_id=done.dagster_run_id,
        seen=seen,
        leaderboard=load_leaderboard(key, store).document(),
    )


def _execute(sweep: Sweep, request: SweepRequest, *, options: Options) -> Local:
    with processes():
        loading = start_workers(_workers(sweep))
        ensure_home()
        import dagster as dg

        told = {**options.model_dump(), "environment": sweep.workspace.environment}
        config = run_config(request.given, own={ASSET: request.given_own}, **told)
        with dg.DagsterInstance.get() as instance:
            done = execute(
                "sweep",
                (request.as_of,),
                config=config,
                environment=sweep.workspace.environment,
                instance=instance,
            )
        deque(loading, maxlen=0)
        return done


def _workers(sweep: Sweep) -> int:
    """How many processes to start while this one loads Dagster: none where the leaderboard is there already."""
    workspace = sweep.workspace
    key = leaderboard_key(sweep.parameters, sweep.own, sweep.days[-1], pipeline=sweep.pipeline)
    try:
        again = workspace.reuse and workspace.store.find(key) is not None
    except CorruptArtifactError:
        again = False
    return 1 if again or workspace.engine else workspace.workers or cores()
