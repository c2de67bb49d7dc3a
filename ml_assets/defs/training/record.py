"""How the outcomes of a run's days become Dagster's events: one materialization and check result a day."""

from collections.abc import Iterator, Sequence

import dagster as dg

from ml_assets.core.catalog import CATALOG
from ml_assets.core.run_id import hash_identity
from ml_assets.defs.training.checks import evaluate_checks
from ml_assets.defs.training.metadata import metadata
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.day import Made
from ml_assets.storage.artifact_store import ArtifactStore

DATA_VERSION_TAG = "dagster/data_version"


def data_version(made: Made) -> str:
    """Parameters, day and content: it changes when any of them does."""
    return f"{made.key.run_id}-{made.manifest.sha256[:16]}"


def batch_data_version(made: Made) -> str:
    """Parameters and code: Dagster keeps one data version for all days of a run, which share no content."""
    values, day = made.manifest.parameters, made.key.as_of.replace(year=1, month=1, day=1)
    return f"{hash_identity(values, day)}-{made.manifest.code_version}"


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
        checked = [result for made in days for result in evaluate_checks(made, store=store)]
        if not single:
            _log_checks_by_day(context, days, store=store)
        yield dg.MaterializeResult(
            asset_key=asset,
            data_version=dg.DataVersion(data_version(days[0]) if single else batch_data_version(days[0])),
            check_results=checked if single else _together(checked),
        )


def record_partial(
    context: dg.AssetExecutionContext, attempts: Sequence[Attempt], *, store: ArtifactStore
) -> None:
    """Some day failed: write the events of what was committed by hand, so that nothing good is hidden."""
    for attempt in attempts:
        for made in attempt.made:
            context.log_event(
                dg.AssetMaterialization(
                    made.key.asset,
                    partition=str(made.key.as_of),
                    metadata=metadata(made, store=store),
                    tags={DATA_VERSION_TAG: data_version(made)},
                )
            )
        _log_checks_by_day(context, attempt.made, store=store)


def _assets(attempts: Sequence[Attempt]) -> list[str]:
    made = {item.key.asset for item in attempts[0].made}
    return [asset for asset in CATALOG if asset in made]


def _log_checks_by_day(
    context: dg.AssetExecutionContext, days: Sequence[Made], *, store: ArtifactStore
) -> None:
    for made in days:
        for result in evaluate_checks(made, store=store):
            assert result.asset_key is not None
            assert result.check_name is not None
            context.op_execution_context.log_event(
                dg.AssetCheckEvaluation(  # type: ignore[arg-type]  # taken at run time
                    asset_key=result.asset_key,
                    check_name=result.check_name,
                    passed=result.passed,
                    metadata=result.metadata,
                    severity=result.severity,
                    partition=str(made.key.as_of),
                )
            )


def _together(results: Sequence[dg.AssetCheckResult]) -> list[dg.AssetCheckResult]:
    """One result a check for the whole batch: it holds if it holds on each day."""
    together = {}
    for name in dict.fromkeys(result.check_name for result in results):
        same = [result for result in results if result.check_name == name]
        together[name] = dg.AssetCheckResult(
            asset_key=same[0].asset_key,
            check_name=name,
            passed=all(result.passed for result in same),
            metadata={"days": len(same), "days_failed": sum(not result.passed for result in same)},
            severity=same[0].severity,
        )
    return list(together.values())
