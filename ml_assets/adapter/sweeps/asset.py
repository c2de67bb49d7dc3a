"""The asset `leaderboard`: the trials of a sweep, tried and ranked in one step."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.own_asset import OwnRun, own_asset
from ml_assets.adapter.parameters import refuse_overrides
from ml_assets.adapter.record import materialization
from ml_assets.adapter.sweeps.table import trial_links, trials_table
from ml_assets.adapter.view import View
from ml_assets.core.as_of import window
from ml_assets.core.metrics import Metrics
from ml_assets.core.result import Failed
from ml_assets.core.slices import metric_assets
from ml_assets.core.sweep.result import ASSET
from ml_assets.core.sweep.sweep_parameters import (
    SweepParameters,
    check_sweep,
    sweep_identity,
    sweep_parameters,
)
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.launchpads import Launchpads
from ml_assets.pipeline.leaderboard import leaderboard_draft, leaderboard_key
from ml_assets.pipeline.processes import processes
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.sweep_plan import refuse_sweep_over_budget
from ml_assets.pipeline.tracking.tracker import Tracker
from ml_assets.pipeline.trials import Tried
from ml_assets.settings import load_settings

KIND = "sweep"  # of its job


def leaderboard(view: View) -> dg.AssetsDefinition:
    """The asset, of a view whose pipeline declares a metric that ranks."""
    return own_asset(
        view,
        ASSET,
        check=lambda values: check_sweep_of(view, values),
        model=sweep_parameters(Metrics.of(view.pipeline)),
        make=_make,
        deps=metric_assets(view.pipeline)[:1],
        group_name=view.group("sweeps"),
        kinds={"python", "parquet"},
        description="A matrix of runs over parameters, ranked. Each trial is the run that its parameters would have alone. "
        "Its own config: grid, search, trials, metric, window_days, seed, max_failure_rate, reduction.",
    )


def sweep_job(view: View) -> Any:
    """The job that makes it."""
    return dg.define_asset_job(
        view.beside(KIND),
        selection=dg.AssetSelection.assets(view.key(ASSET)),
        description=f"Try a matrix of runs and rank them. What all trials share: resources.{view.params}; what varies: "
        f"ops.{view.step_of(ASSET)}.config. The partition is the latest day.",
    )


def check_sweep_of(view: View, values: Mapping[str, Any]) -> SweepParameters:
    """The validated values of a sweep, or RefusedError with every problem of them: what the view pins cannot vary."""
    grid = values.get("grid", {})
    pinned = [name for name in view.pinned if isinstance(grid, Mapping) and name in grid]
    problems = [f"{name}: cannot vary in {view.name}, where it is pinned. Leave it out." for name in pinned]
    try:
        own = check_sweep(values, pipeline=view.pipeline)
    except RefusedError as error:
        raise RefusedError([*error.problems, *problems]) from None
    if problems:
        raise RefusedError(problems)
    return own


def _make(run: OwnRun[SweepParameters]) -> Mapping[str, Draft | Made | Failed]:
    """Try every trial, or find it in the store; then commit what they are worth."""
    pipeline, parameters, own, options = run.view.pipeline, run.parameters, run.own, run.options
    names = [leaderboard_key(parameters, own, day, pipeline=pipeline).run_id for day in run.days]
    run.announce(sweep_identity(parameters, own), names, job=run.view.beside(KIND))
    workspace = run.workspace(ASSET)
    refuse_overrides(own.grid, cls=pipeline.parameters, environment=options.environment)
    first = load_settings().first_as_of
    sweeps = [
        Sweep(
            parameters=parameters,
            own=own,
            days=window(day, days=own.window_days, first=first, every=pipeline.every),
            pipeline=pipeline,
            workspace=workspace,
            retry_failed=options.retry_failed,
        )
        for day in run.days
    ]
    refuse_sweep_over_budget(sweeps)
    tracker = Tracker(workspace=workspace, warn=run.context.log.warning)
    with processes():
        return {str(sweep.days[-1]): _draft(run, sweep, tracker) for sweep in sweeps}


def _draft(run: OwnRun[SweepParameters], sweep: Sweep, tracker: Tracker) -> Draft | Failed:
    """The leaderboard of one sweep, or why there is none."""
    launchpads = run.launchpads()
    try:
        for tried in sweep.run():
            _record(run, tried, sweep, launchpads)
            tracker.track(tried.attempt.made)
        board = sweep.leaderboard()
    except MlAssetsError as error:
        return Failed(str(error))
    ranking = {"ranking": trials_table(board), **trial_links(board, launchpads)}
    run.context.add_asset_metadata(ranking, partition_key=str(sweep.days[-1]))
    return leaderboard_draft(sweep, board)


def _record(run: OwnRun[SweepParameters], tried: Tried, sweep: Sweep, launchpads: Launchpads) -> None:
    """Tell Dagster at once what a trial made, as a run of its own would have; its pictures stay in the store."""
    for made in tried.attempt.made:
        key, link = run.view.key(made.key.asset), launchpads.run(tried.parameters, made.key.as_of)
        run.context.log_event(
            materialization(
                key, made, store=sweep.workspace.store, metrics=sweep.metrics, launch=link, inline=False
            )
        )
    if tried.attempt.trace:
        run.context.log.error("%s: %s", tried.attempt.as_of, tried.attempt.trace)
