"""A pipeline as assets of Dagster: one step carries each day through all of them, and the IO manager commits.

One step, because a step of Dagster succeeds or fails for all days of its run: separate ones over a batch cannot keep a
bad day from the good ones.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.checks import Event, log_check, selected_checks, with_checks_of
from ml_assets.adapter.launch_again import launchpads_of, repository_of
from ml_assets.adapter.launching.launch_refused import refused_launchpad
from ml_assets.adapter.partitions import BACKFILL, days_of_pipeline
from ml_assets.adapter.record import failure, materialization
from ml_assets.adapter.refusal import our_words
from ml_assets.adapter.start import announce, days_of, refuse_mistyped, workspace_of
from ml_assets.adapter.stored_checks import check_stored
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.config import plain
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Asset, Declared
from ml_assets.errors import AssetFunctionError, MlAssetsError
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.budget import refuse_over_budget
from ml_assets.pipeline.code import code_of
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.days import attempts, workers_for
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.failed_trials import remember
from ml_assets.pipeline.launchpads import Launchpads
from ml_assets.pipeline.processes import processes
from ml_assets.pipeline.tracking.tracker import Tracker
from ml_assets.pipeline.verdicts import verdicts
from ml_assets.pipeline.workspace import Workspace

KINDS = {"skops": "scikitlearn"}  # what Dagster has an icon for


def assets_of(
    pipeline: Declared,
    *,
    prefix: str,
    pinned: Mapping[str, Any],
    partitions: dg.TimeWindowPartitionsDefinition | None,
) -> dg.AssetsDefinition:
    """The assets of a pipeline, for the definitions of a project that also have its resources.

    Args:
        pipeline: whose assets.
        prefix: the first part of their keys.
        pinned: parameters that cannot be given there, and their values.
        partitions: the days; by default from the first day of the settings on.
    """
    return assets_of_view(View(pipeline=pipeline, prefix=prefix, pinned=pinned), partitions=partitions)


def assets_of_view(
    view: View, *, group: str = "", partitions: dg.TimeWindowPartitionsDefinition | None = None
) -> dg.AssetsDefinition:
    """The assets of a view, in a group that has its name or another.

    Dagster fact: outputs that are declared by `specs` take no values. Those of `outs` do, and go through the IO manager;
    what depends on what is said beside them.
    """
    days = partitions or days_of_pipeline(view.pipeline)
    assets = view.pipeline.assets
    checks = [check for asset in assets for check in view.checks(asset).values()]

    @dg.multi_asset(
        name=view.step_name,
        outs={asset: _out(declared, view, group or view.name) for asset, declared in assets.items()},
        internal_asset_deps={
            asset: {view.key(name) for name in declared.inputs} for asset, declared in assets.items()
        },
        deps=[view.key(name) for name in view.pipeline.uses],
        check_specs=[check.spec(days) for check in checks],
        partitions_def=days,
        backfill_policy=BACKFILL,
        can_subset=True,
        required_resource_keys={view.params, OPTIONS},
    )
    def make(context: dg.AssetExecutionContext) -> Iterator[Event]:
        with our_words(lambda: refused_launchpad(context.run, view)):
            yield from _run(context, view)

    return with_checks_of(view.io_manager, make)


def _out(asset: Asset, view: View, group: str) -> dg.AssetOut:
    spec = dg.AssetSpec(
        view.key(asset.name),
        description=asset.description,
        group_name=group,
        code_version=code_of(asset).version,
        kinds={"python", KINDS.get(asset.format, asset.format)},
    )
    return dg.AssetOut.from_spec(
        spec,
        dagster_type=dg.Any,
        is_required=False,
        io_manager_key=view.io_manager,
    )


def _run(context: dg.AssetExecutionContext, view: View) -> Iterator[Event]:
    """Make the selected assets of each day of the run; a day that fails neither stops nor hides the others."""
    parameters = plain(getattr(context.resources, view.params), view.pipeline.parameters)
    workspace = workspace_of(context.resources.options, context.run, view=view)
    if not context.selected_asset_keys:
        refuse_mistyped(context, params=view.params, is_free=view.is_free)
    else:
        days = days_of(context, every=view.pipeline.every)
        announce(context, parameters, days, view=view)
        make = _one_day if len(days) == 1 else _several_days
        yield from make(context, parameters, days, view=view, workspace=workspace)
    yield from check_stored(context, parameters, view=view, workspace=workspace)


def _one_day(
    context: dg.AssetExecutionContext,
    parameters: Parameters,
    days: Sequence[dt.date],
    *,
    view: View,
    workspace: Workspace,
) -> Iterator[Event]:
    """Each asset as it is made: the IO manager commits it before the next one begins."""
    refuse_over_budget(parameters, days, workspace=workspace, workers=1)
    assets, made = _selected(context, view), list[Made]()
    day = Day(parameters=parameters, as_of=days[0], workspace=workspace)
    try:
        for item in day.steps(assets):
            asset = item.key.asset
            yield dg.Output(item, asset)
            made.append(item.commit())
            checks = selected_checks(context, view.checks(asset))
            said = verdicts(made[-1], workspace) if checks else {}
            yield from (check.result(said[name]) for name, check in checks.items())
    except MlAssetsError as error:
        remember(day, error)
        if isinstance(error, AssetFunctionError):
            context.log.exception("%s", days[0])
        raise _failure([Attempt(as_of=days[0], error=error)], parameters, context, view) from None
    Tracker(workspace=workspace, warn=context.log.warning).track(made)


def _several_days(
    context: dg.AssetExecutionContext,
    parameters: Parameters,
    days: Sequence[dt.date],
    *,
    view: View,
    workspace: Workspace,
) -> Iterator[Event]:
    """Days side by side, each committed by its worker; where all are made, the IO manager tells of each."""
    assets, done = _selected(context, view), list[Attempt]()
    workers = workers_for(parameters, days, workspace=workspace)
    refuse_over_budget(parameters, days, workspace=workspace, workers=workers)
    tracker = Tracker(workspace=workspace, warn=context.log.warning)
    try:
        with processes():
            for item in attempts(parameters, days, workspace=workspace, assets=assets, workers=workers):
                done.append(item)
                _log_day(context, item, view)
                tracker.track(item.made)
    finally:
        done.sort(key=lambda item: item.as_of)
        whole = len(done) == len(days) and not any(item.error for item in done)
        if not whole:
            _log_made(done, parameters, context, view=view, workspace=workspace)
    if not whole:
        raise _failure(done, parameters, context, view)
    for asset in assets:
        of_days = {str(item.as_of): made for item in done for made in item.made if made.key.asset == asset}
        yield dg.Output(of_days, asset)


def _selected(context: dg.AssetExecutionContext, view: View) -> list[str]:
    """The assets that the launch asked for, in the order in which they are made."""
    return [asset for asset in view.pipeline.assets if view.key(asset) in context.selected_asset_keys]


def _log_made(
    attempts: Sequence[Attempt],
    parameters: Parameters,
    context: dg.AssetExecutionContext,
    *,
    view: View,
    workspace: Workspace,
) -> None:
    """What was made of a run in which a day failed."""
    metrics, launchpads = Metrics.of(view.pipeline), _launchpads(context, view)
    for made in (made for item in attempts for made in item.made):
        link = launchpads.run(parameters, made.key.as_of)
        key = view.key(made.key.asset)
        context.log_event(materialization(key, made, store=workspace.store, metrics=metrics, launch=link))


def _launchpads(context: dg.AssetExecutionContext, view: View) -> Launchpads:
    repository = repository_of(context)
    return launchpads_of(view, options=context.resources.options, run=context.run, repository=repository)


def _log_day(context: dg.AssetExecutionContext, attempt: Attempt, view: View) -> None:
    """As soon as one of several days is done: the results of its checks, and the trace of a foreign error.

    Dagster fact: a run that asks for a check and tells nothing of a day hides what was told of that day before.
    """
    for asset, said in attempt.verdicts.items():
        for name, check in selected_checks(context, view.checks(asset)).items():
            log_check(context.op_execution_context, check, said[name], day=str(attempt.as_of))
    if attempt.trace:
        context.log.error("%s: %s", attempt.as_of, attempt.trace)


def _failure(
    attempts: Sequence[Attempt], parameters: Parameters, context: dg.AssetExecutionContext, view: View
) -> dg.Failure:
    """Which days failed, why, and how to run just those again."""
    failed = {item.as_of: str(item.error) for item in attempts if item.error}
    retry = view.retry(parameters, failed, environment=context.resources.options.environment)
    launch = _launchpads(context, view).days(parameters, failed)
    reasons = {str(day): reason for day, reason in failed.items()}
    return failure(reasons, days=len(attempts), retry=retry, launch=launch)
