"""The checks of assets, as Dagster is told of them: a result for each day, and none without one."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from ml_assets.pipeline.monitoring_verdicts import MONITORING_CHECKS
from ml_assets.pipeline.verdicts import CHECKS, Verdict

Event = dg.Output[Any] | dg.AssetCheckResult
WARN = frozenset(("enough_rows", "rows_can_be_right", "beats_the_baseline", *MONITORING_CHECKS))


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


def log_check(context: dg.AssetExecutionContext, check: ShownCheck, verdict: Verdict, *, day: str) -> None:
    """Write at once what a check says of one day."""
    event = check.event(verdict, day=day)
    context.op_execution_context.log_event(event)  # type: ignore[arg-type]  # taken at run time


def checks_of(asset: str, key: dg.AssetKey) -> dict[str, ShownCheck]:
    """The checks of one asset of a pipeline, by name."""
    return {
        name: ShownCheck(
            key=key,
            name=name,
            severity=dg.AssetCheckSeverity.WARN if name in WARN else dg.AssetCheckSeverity.ERROR,
            description=function.__doc__ or "",
        )
        for (owner, name), function in CHECKS.items()
        if owner == asset
    }


def selected_checks(
    context: dg.AssetExecutionContext, checks: Mapping[str, ShownCheck]
) -> dict[str, ShownCheck]:
    """Those of an asset's checks that the launch asked for."""
    asked = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    return {name: check for name, check in checks.items() if (check.key, name) in asked}


def _metadata(verdict: Verdict) -> dict[str, Any]:
    message = getattr(verdict, "message", "")
    return {**({"reason": message} if message else {}), **verdict.metadata}
