"""Checks of what is stored, as *Execute* on their page asks for: nothing is made."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import dagster as dg

from ml_assets.adapter.checks import ShownCheck, log_check, selected_checks
from ml_assets.adapter.start import days_of
from ml_assets.adapter.view import View
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.as_of import parse
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Verdict
from ml_assets.errors import ArtifactNotFoundError
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.verdicts import judge_again
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

WHY = "looked at as it is stored"


def check_stored(
    context: dg.AssetExecutionContext, parameters: Parameters, *, view: View, workspace: Workspace
) -> Iterator[dg.AssetCheckResult]:
    """The results of checks whose assets are not made, for the parameters and days of the run.

    A launch that states neither day nor resources, as that of the page's button, asks for the latest materialization.
    """
    for asset in view.pipeline.assets:
        checks = selected_checks(context, view.checks(asset))
        if not checks or view.key(asset) in context.selected_asset_keys:
            continue
        if not context.run.is_partitioned and not context.run.run_config.get("resources"):
            place, made = _latest(asset, context.instance, view)
            _log(context, checks, made, place)
            continue
        days = days_of(context, every=view.pipeline.every)
        stored, missing = stored_days(asset, parameters, days, workspace=workspace)
        if len(days) == 1 and stored:
            said = verdicts_now(stored[0], checks, workspace)
            yield from (check.result(said[name]) for name, check in checks.items())
        else:
            for made in stored:
                _log(context, checks, made, workspace)
        for error in missing.values():
            raise error


def stored_days(
    asset: str, parameters: Parameters, days: Sequence[dt.date], *, workspace: Workspace
) -> tuple[list[Made], dict[dt.date, ArtifactNotFoundError]]:
    """What is stored of an asset for these days, and the error of each day for which nothing is."""
    found = {day: _tried(workspace.store, workspace.pipeline.key(asset, parameters, day)) for day in days}
    stored = [item for item in found.values() if isinstance(item, Made)]
    return stored, {day: item for day, item in found.items() if not isinstance(item, Made)}


def _log(
    context: dg.AssetExecutionContext, checks: Mapping[str, ShownCheck], made: Made, workspace: Workspace
) -> None:
    """Write what the checks say of one day: a run of several days, or of none, gives no result itself."""
    said = verdicts_now(made, checks, workspace)
    for name, check in checks.items():
        log_check(context.op_execution_context, check, said[name], day=str(made.key.as_of))


def verdicts_now(made: Made, names: Iterable[str], workspace: Workspace) -> dict[str, Verdict]:
    """What checks say of an artifact as it lies in the store now, with the day and the run_id.

    Raises:
        StoreError: it, or what else a check looks at, cannot be read.
        AssetFunctionError: a check failed.
    """
    states = {"as_of": str(made.key.as_of), "run_id": made.key.run_id}
    said = {name: judge_again(made, name, workspace=workspace) for name in names}
    return {name: replace(verdict, metadata={**states, **verdict.metadata}) for name, verdict in said.items()}


def _latest(asset: str, instance: dg.DagsterInstance, view: View) -> tuple[Workspace, Made]:
    """What the latest materialization is of, and where that is; ArtifactNotFoundError where there is none."""
    event = instance.get_latest_materialization_event(view.key(asset))
    materialization = event.asset_materialization if event else None
    values = (
        {name: str(item.value) for name, item in materialization.metadata.items()} if materialization else {}
    )
    day = parse(materialization.partition or "") if materialization else None
    run_id, environment = values.get("run_id"), values.get("environment")
    if not run_id or not environment or day is None:
        raise ArtifactNotFoundError(
            f"{asset}: no materialization tells which artifact it is of. Materialize it, or launch the job "
            f"{view.job_name} with a day and parameters."
        )
    workspace = open_workspace(load_settings(), pipeline=view.pipeline, environment=environment)
    store = workspace.store
    for key in store.find_run(run_id):
        if (key.folder, key.asset, key.as_of) == (view.pipeline.folder, asset, day):
            return workspace, _made(store, key)
    raise ArtifactNotFoundError(
        f"{asset}: the latest materialization is of run {run_id}, as_of {day}, which is not in {store.root}."
    )


def _made(store: ArtifactStore, key: ArtifactKey) -> Made:
    return Made(key=key, manifest=store.manifest(key), reused=True, reason=WHY)


def _tried(store: ArtifactStore, key: ArtifactKey) -> Made | ArtifactNotFoundError:
    try:
        return _made(store, key)
    except ArtifactNotFoundError as error:
        return error
