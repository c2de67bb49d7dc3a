"""The asset `leaderboard`: the trials of a sweep, tried and ranked in one step."""

import functools
from collections.abc import Iterator
from typing import Any

import dagster as dg

from ml_assets.adapter.own import announce, workspace_for
from ml_assets.adapter.parameters import refuse_overrides
from ml_assets.adapter.partitions import BACKFILL, daily
from ml_assets.adapter.record import materialization
from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.as_of import window
from ml_assets.core.result import Failed
from ml_assets.core.sweep.result import ASSET
from ml_assets.core.sweep.sweep_parameters import sweep_identity
from ml_assets.defs.configs import SweepConfig, TrainingConfig
from ml_assets.defs.sweeps.table import trials_table
from ml_assets.defs.training import VIEW
from ml_assets.errors import MlAssetsError
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.leaderboard import leaderboard_draft, leaderboard_key
from ml_assets.pipeline.processes import processes
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.sweep_plan import refuse_sweep_over_budget
from ml_assets.pipeline.tracking.tracker import Tracker
from ml_assets.pipeline.trials import Tried
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.beside import SweepParameters, check_sweep
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings

JOB = "sweep"


@refused_at_launch(
    fields=SweepParameters.model_fields,
    refuse=functools.partial(check_sweep, cls=TrainingParameters),
    backfill_policy=BACKFILL,
)
@dg.asset(
    name=ASSET,
    partitions_def=daily(),
    deps=["evaluation"],
    group_name="sweeps",
    kinds={"python", "parquet"},
    description="A matrix of runs over parameters, ranked. Each trial is the run that its parameters would have alone. "
    "Its own config: grid, search, trials, metric, window_days, seed, max_failure_rate, reduction.",
)
@in_our_words
def leaderboard(
    context: dg.AssetExecutionContext, params: TrainingConfig, options: OptionsConfig, config: SweepConfig
) -> Iterator[dg.Output[Any]]:
    """Try every trial, or find it in the store; then commit what they are worth."""
    days = days_of(context)
    parameters, own = plain(params, TrainingParameters), plain(config, SweepParameters)
    names = [leaderboard_key(parameters, own, day, pipeline=tabular).run_id for day in days]
    announce(context, sweep_identity(parameters, own), names, job=JOB, names=tabular.path)
    workspace = workspace_for(context, options, ASSET, SweepParameters, view=VIEW)
    refuse_overrides(own.grid, cls=TrainingParameters, environment=options.environment)
    first = load_settings().first_as_of
    sweeps = [
        Sweep(
            parameters=parameters,
            own=own,
            days=window(day, days=own.window_days, first=first),
            pipeline=tabular,
            workspace=workspace,
            retry_failed=options.retry_failed,
        )
        for day in days
    ]
    refuse_sweep_over_budget(sweeps)
    tracker = Tracker(workspace=workspace, warn=context.log.warning)
    with processes():
        done = {str(sweep.days[-1]): _draft(context, sweep, tracker) for sweep in sweeps}
    yield dg.Output(done)


sweep = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Try a matrix of runs and rank them. What all trials share: resources.params; what varies: "
    f"ops.{ASSET}.config. The partition is the latest day.",
)


def _draft(context: dg.AssetExecutionContext, sweep: Sweep, tracker: Tracker) -> Draft | Failed:
    """The leaderboard of one sweep, or why there is none."""
    try:
        for tried in sweep.run():
            _record(context, tried, sweep)
            tracker.track(tried.attempt.made)
        board = sweep.leaderboard()
    except MlAssetsError as error:
        return Failed(str(error))
    ranking = {"ranking": trials_table(board)}
    context.add_asset_metadata(ranking, partition_key=str(sweep.days[-1]))
    return leaderboard_draft(sweep, board)


def _record(context: dg.AssetExecutionContext, tried: Tried, sweep: Sweep) -> None:
    """Tell Dagster at once what a trial made, as a run of its own would have; its pictures stay in the store."""
    for made in tried.attempt.made:
        key = VIEW.key(made.key.asset)
        context.log_event(
            materialization(key, made, store=sweep.workspace.store, metrics=sweep.metrics, inline=False)
        )
    if tried.attempt.trace:
        context.log.error("%s: %s", tried.attempt.as_of, tried.attempt.trace)
