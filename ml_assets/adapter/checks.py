"""The checks of assets, as Dagster is told of them: a result for each day, and none without one."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from ml_assets.core.pipeline import Declared, Verdict
from ml_assets.pipeline.verdicts import check_descriptions

Event = dg.Output[Any] | dg.AssetCheckResult


@dataclass(frozen=True, kw_only=True)
class ShownCheck:
    """A check of an asset as its page shows it.

    Attributes:
        key: of the asset.
        name: of the check.
        severity: what it means where it does not hold.
        description: what must hold.
    """

    key: dg.AssetKey
    name: str
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN
    description: str = ""

    def spec(self, partitions: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
        """Its declaration, with the days of the asset.

        Dagster fact: without partitions of its own, the results of all days share one place. It warns of a preview.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)
            return dg.AssetCheckSpec(
                self.name, asset=self.key, description=self.description, partitions_def=partitions
            )

    def result(self, verdict: Verdict) -> dg.AssetCheckResult:
        """What it says in a run of one day: Dagster itself adds the day."""
        return dg.AssetCheckResult(
            asset_key=self.key,
            check_name=self.name,
            passed=verdict.passed,
            metadata=_metadata(verdict),
            severity=self.severity,
        )

    def event(self, verdict: Verdict, *, day: str) -> dg.AssetCheckEvaluation:
        """What it says of one day in a run of several.

        Dagster fact: a result would be written once for all days. An event that is logged has a day, and a check
        without a result is no error where the step can be asked for some of its outputs.
        """
        result = self.result(verdict)
        return dg.AssetCheckEvaluation(
            asset_key=self.key,
            check_name=self.name,
            passed=result.passed,
            metadata=result.metadata,
            severity=self.severity,
            partition=day,
        )


def log_check(context: dg.OpExecutionContext, check: ShownCheck, verdict: Verdict, *, day: str) -> None:
    """Write at once what a check says of one day."""
    context.log_event(check.event(verdict, day=day))  # type: ignore[arg-type]  # taken at run time


def checks_of(pipeline: Declared, asset: str, key: dg.AssetKey) -> dict[str, ShownCheck]:
    """The checks of one asset of a pipeline, by name: that its bytes are those that were committed is one of each."""
    return {
        name: ShownCheck(
            key=key, name=name, severity=_severity(pipeline, owner, name), description=description
        )
        for (owner, name), description in check_descriptions(pipeline).items()
        if owner == asset
    }


def _severity(pipeline: Declared, asset: str, name: str) -> dg.AssetCheckSeverity:
    """Of a check that only warns, WARN: a day on which a blocking one does not hold has no artifact."""
    known = pipeline.checks.get((asset, name))
    warns = known is not None and not known.blocking
    return dg.AssetCheckSeverity.WARN if warns else dg.AssetCheckSeverity.ERROR


def selected_checks(
    context: dg.AssetExecutionContext, checks: Mapping[str, ShownCheck]
) -> dict[str, ShownCheck]:
    """Those of an asset's checks that the launch asked for."""
    asked = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    return {name: check for name, check in checks.items() if (check.key, name) in asked}


def with_checks_of(io_manager: str, assets: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The same assets, of whose checks this IO manager is told.

    Dagster fact: a check is an output of its step, which names the resource `io_manager`. Each run would ask for that of
    the main pipeline, and its launchpad for the parameters that this one takes.
    """
    step = assets.node_def
    if not isinstance(step, dg.OpDefinition):
        return assets
    outs = {name: out._replace(io_manager_key=io_manager) for name, out in step.outs.items()}
    changed = step.with_replaced_properties(name=step.name, outs=outs)
    return dg.AssetsDefinition.dagster_internal_init(**{**assets.get_attributes_dict(), "node_def": changed})


def _metadata(verdict: Verdict) -> dict[str, Any]:
    return {**({"reason": verdict.message} if verdict.message else {}), **verdict.metadata}
