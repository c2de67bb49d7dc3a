"""The four assets of a training run, made together: one step carries each day from its rows to its card."""

from collections.abc import Iterator

import dagster as dg

from ml_assets.adapter.checks import check_specs
from ml_assets.adapter.io_manager import workspace_of
from ml_assets.adapter.partitions import daily
from ml_assets.adapter.record import record_day, record_partial, record_success
from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.start import announce, days_of, fail, refuse_mistyped
from ml_assets.adapter.stored_checks import check_stored
from ml_assets.config import OptionsConfig, TrainingConfig, plain
from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import TrainingParameters
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.budget import refuse_over_budget
from ml_assets.pipeline.days import DAYS_PER_RUN, attempts, workers_for
from ml_assets.pipeline.processes import processes
from ml_assets.pipeline.tracking.tracker import Tracker
from ml_assets.pipeline.versions import code_version


def specs() -> list[dg.AssetSpec]:
    """The declarations of the four assets, as the catalog lists them."""
    return [
        dg.AssetSpec(
            asset,
            deps=kind.inputs,
            description=kind.description,
            group_name="training",
            code_version=code_version(asset),
            kinds={"python", kind.format if kind.format != "skops" else "scikitlearn"},
        )
        for asset, kind in CATALOG.items()
    ]


@dg.multi_asset(
    name="training",
    specs=specs(),
    check_specs=check_specs(),
    partitions_def=daily(),
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=DAYS_PER_RUN),
    can_subset=True,
)
@in_our_words
def training(
    context: dg.AssetExecutionContext, params: TrainingConfig, options: OptionsConfig
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
    """Make the selected assets of each day of the run; a day that fails neither stops nor hides the others."""
    parameters, workspace = plain(params, TrainingParameters), workspace_of(options, context.run)
    if not context.selected_asset_keys:
        refuse_mistyped(context)
        yield from check_stored(context, parameters, workspace=workspace)
        return
    days = days_of(context)
    announce(context, params, days)
    workers = workers_for(parameters, days, workspace=workspace)
    refuse_over_budget(parameters, days, workspace=workspace, workers=workers)
    assets = [key.to_user_string() for key in context.selected_asset_keys]
    tracker = Tracker(workspace=workspace, warn=context.log.warning)
    done: list[Attempt] = []
    try:
        with processes():
            for item in attempts(parameters, days, workspace=workspace, assets=assets, workers=workers):
                done.append(item)
                if len(days) > 1:
                    record_day(context, item)
                tracker.track(item.made)
    finally:
        done.sort(key=lambda item: item.as_of)
        whole = len(done) == len(days) and not any(item.error for item in done)
        if not whole:
            record_partial(context, done, store=workspace.store)
    if not whole:
        raise fail(done, parameters, environment=options.environment)
    yield from record_success(context, done, store=workspace.store)
    yield from check_stored(context, parameters, workspace=workspace)
