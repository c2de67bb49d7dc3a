"""The four assets of a training run, made together: one step carries each day from its rows to its card."""

from collections.abc import Iterator

import dagster as dg

from ml_assets.config import OptionsConfig, TrainingConfig
from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import TrainingParameters
from ml_assets.defs.partitions import daily
from ml_assets.defs.training.checks import check_specs
from ml_assets.defs.training.record import record_partial, record_success
from ml_assets.defs.training.start import announce, days_of, fail
from ml_assets.pipeline.attempt import Attempt, attempt
from ml_assets.pipeline.versions import code_version
from ml_assets.resources.io_manager import workspace_of

MAX_DAYS_PER_RUN = 31


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
    backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=MAX_DAYS_PER_RUN),
    can_subset=True,
)
def training(
    context: dg.AssetExecutionContext, params: TrainingConfig, options: OptionsConfig
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Make the selected assets of each day of the run; a day that fails neither stops nor hides the others."""
    days = days_of(context)
    announce(context, params, days)
    workspace = workspace_of(options, context.run)
    parameters = TrainingParameters.model_validate(
        {n: getattr(params, n) for n in TrainingParameters.model_fields}
    )
    assets = [key.to_user_string() for key in context.selected_asset_keys]
    attempts: list[Attempt] = []
    try:
        for day in days:
            attempts.append(attempt(parameters, day, workspace=workspace, assets=assets))  # noqa: PERF401
    finally:
        whole = len(attempts) == len(days) and not any(item.error for item in attempts)
        if not whole:
            record_partial(context, attempts, store=workspace.store)
    if not whole:
        raise fail(attempts, parameters)
    yield from record_success(context, attempts, store=workspace.store)
