"""Checks of what is stored, as *Execute* on their page asks for: nothing is made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import dagster as dg

from ml_assets.adapter.checks import check_event, check_result, checks_together
from ml_assets.adapter.start import days_of
from ml_assets.core.artifact import ArtifactKey, key_of
from ml_assets.core.as_of import parse
from ml_assets.core.catalog import CATALOG
from ml_assets.core.parameters import TrainingParameters
from ml_assets.errors import ArtifactNotFoundError
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.verdicts import CHECKS, Verdict
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

WHY = "looked at as it is stored"


def checks_alone(context: dg.AssetExecutionContext) -> dict[str, list[str]]:
    """The selected checks of assets that are not selected themselves, by asset."""
    made = context.selected_asset_keys
    keys = [key for key in context.selected_asset_check_keys if key.asset_key not in made]
    names = {
        asset: sorted(key.name for key in keys if key.asset_key == dg.AssetKey(asset)) for asset in CATALOG
    }
    return {asset: found for asset, found in names.items() if found}


def check_stored(
    context: dg.AssetExecutionContext, parameters: TrainingParameters, *, workspace: Workspace
) -> Iterator[dg.AssetCheckResult]:
    """The results of checks whose assets are not made, for the parameters and days of the run.

    A launch that states neither day nor resources, as that of the page's button, asks for the latest materialization.
    """
    for asset, names in checks_alone(context).items():
        if not context.run.is_partitioned and not context.run.run_config.get("resources"):
            store, made = _latest(asset, context.instance)
            found = [made]
        else:
            store = workspace.store
            keys = [key_of(asset, parameters, day) for day in days_of(context)]
            found = [_made(store, key) for key in keys]
        yield from _results(context, asset, names, found, store)


def _results(
    context: dg.AssetExecutionContext,
    asset: str,
    names: Sequence[str],
    found: Sequence[Made],
    store: ArtifactStore,
) -> Iterator[dg.AssetCheckResult]:
    """One result a check, and of several days one event for each beside it."""
    days = [{name: _stating(made, CHECKS[asset, name](made, store)) for name in names} for made in found]
    if len(days) == 1:
        yield from (check_result(asset, name, verdict) for name, verdict in days[0].items())
        return
    for made, day in zip(found, days, strict=True):
        for name, verdict in day.items():
            event = check_event(asset, name, verdict, day=str(made.key.as_of))
            context.op_execution_context.log_event(event)  # type: ignore[arg-type]  # taken at run time
    yield from checks_together(asset, days)


def _latest(asset: str, instance: dg.DagsterInstance) -> tuple[ArtifactStore, Made]:
    """What the latest materialization is of, and where that is; ArtifactNotFoundError where there is none."""
    event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    materialization = event.asset_materialization if event else None
    values = (
        {name: str(item.value) for name, item in materialization.metadata.items()} if materialization else {}
    )
    day = parse(materialization.partition or "") if materialization else None
    run_id, environment = values.get("run_id"), values.get("environment")
    if not run_id or not environment or day is None:
        raise ArtifactNotFoundError(
            f"{asset}: no materialization tells which artifact it is of. Materialize it, or launch the job train "
            "with a day and parameters."
        )
    store = open_workspace(load_settings(), environment=environment).store
    for key in store.find_run(run_id):
        if (key.asset, key.as_of) == (asset, day):
            return store, _made(store, key)
    raise ArtifactNotFoundError(
        f"{asset}: the latest materialization is of run {run_id}, as_of {day}, which is not in {store.root}."
    )


def _made(store: ArtifactStore, key: ArtifactKey) -> Made:
    return Made(key=key, manifest=store.manifest(key), reused=True, reason=WHY)


def _stating(made: Made, verdict: Verdict) -> Verdict:
    return replace(
        verdict, metadata={"as_of": str(made.key.as_of), "run_id": made.key.run_id, **verdict.metadata}
    )
