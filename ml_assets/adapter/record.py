"""How the outcomes of a run's days become Dagster's events: one materialization and check result a day."""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from ml_assets.adapter.checks import check_event, check_result, checks_together
from ml_assets.adapter.metadata import metadata
from ml_assets.core.catalog import CATALOG
from ml_assets.core.run_id import hash_identity
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.verdicts import Verdict
from ml_assets.storage.artifact_store import ArtifactStore

DATA_VERSION_TAG = "dagster/data_version"


def data_version(made: Made) -> str:
    """Parameters, day and content: it changes when any of them does."""
    return f"{made.key.run_id}-{made.manifest.sha256[:16]}"


def batch_data_version(made: Made) -> str:
    """Parameters and code: Dagster keeps one data version for all days of a run, which share no content."""
    values, day = made.manifest.parameters, made.key.as_of.replace(year=1, month=1, day=1)
    return f"{hash_identity(values, day)}-{made.manifest.code_version}"


def record_day(context: dg.AssetExecutionContext, attempt: Attempt) -> None:
    """As soon as one of several days is done: the results of its checks, and the trace of a foreign error.

    Of an artifact that was reused the results stand already; they are written again only where a check fails.
    """
    reused = {made.key.asset for made in attempt.made if made.reused}
    for asset, results in attempt.verdicts.items():
        for name, verdict in _selected(context, asset, results).items():
            if asset in reused and verdict.passed:
                continue
            context.op_execution_context.log_event(
                check_event(asset, name, verdict, day=str(attempt.as_of))  # type: ignore[arg-type]  # taken at run time
            )
    if attempt.trace:
        context.log.error("%s: %s", attempt.as_of, attempt.trace)


def record_success(
    context: dg.AssetExecutionContext, attempts: Sequence[Attempt], *, store: ArtifactStore
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Every day succeeded: Dagster itself writes one materialization a day, with that day's metadata."""
    single = len(attempts) == 1
    for index, asset in enumerate(_assets(attempts)):
        days = [attempt.made[index] for attempt in attempts]
        for made in days:
            context.add_asset_metadata(
                metadata(made, store=store), asset_key=asset, partition_key=str(made.key.as_of)
            )
        results = [_selected(context, asset, attempt.verdicts[asset]) for attempt in attempts]
        yield dg.MaterializeResult(
            asset_key=asset,
            data_version=dg.DataVersion(data_version(days[0]) if single else batch_data_version(days[0])),
            check_results=[check_result(asset, name, verdict) for name, verdict in results[0].items()]
            if single
            else checks_together(asset, results),
        )


def record_partial(
    context: dg.AssetExecutionContext, attempts: Sequence[Attempt], *, store: ArtifactStore
) -> None:
    """Some day failed: write the events of what was committed by hand, so that nothing good is hidden."""
    for attempt in attempts:
        for made in attempt.made:
            record_made(context, made, store=store)


def record_made(
    context: dg.AssetExecutionContext, made: Made, *, store: ArtifactStore, inline: bool = True
) -> None:
    """Write the materialization of one artifact by hand."""
    context.log_event(
        dg.AssetMaterialization(
            made.key.asset,
            partition=str(made.key.as_of),
            metadata=metadata(made, store=store, inline=inline),
            tags={DATA_VERSION_TAG: data_version(made)},
        )
    )


def _selected(
    context: dg.AssetExecutionContext, asset: str, results: Mapping[str, Verdict]
) -> dict[str, Verdict]:
    """Those of the checks that the launch asked for."""
    asked = {key.name for key in context.selected_asset_check_keys if key.asset_key == dg.AssetKey(asset)}
    return {name: verdict for name, verdict in results.items() if name in asked}


def _assets(attempts: Sequence[Attempt]) -> list[str]:
    made = {item.key.asset for item in attempts[0].made}
    return [asset for asset in CATALOG if asset in made]
