"""The checks of the training assets, as Dagster is told of them."""

from collections.abc import Mapping, Sequence

import dagster as dg

from ml_assets.pipeline.monitoring_verdicts import MONITORING_CHECKS
from ml_assets.pipeline.verdicts import CHECKS, Verdict

SEVERITY = dict.fromkeys(
    ("enough_rows", "rows_can_be_right", "beats_the_baseline", *MONITORING_CHECKS), dg.AssetCheckSeverity.WARN
)


def check_specs() -> list[dg.AssetCheckSpec]:
    """The declarations of all checks."""
    return [
        dg.AssetCheckSpec(name, asset=asset, description=function.__doc__)
        for (asset, name), function in CHECKS.items()
    ]


def check_result(asset: str, name: str, verdict: Verdict) -> dg.AssetCheckResult:
    """What one check says of one artifact, or of several together."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=verdict.passed,
        metadata=dict(verdict.metadata),
        severity=SEVERITY.get(name, dg.AssetCheckSeverity.ERROR),
    )


def check_event(asset: str, name: str, verdict: Verdict, *, day: str) -> dg.AssetCheckEvaluation:
    """What one check says of one day, in a run of several."""
    result = check_result(asset, name, verdict)
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(asset),
        check_name=name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        partition=day,
    )


def checks_together(asset: str, days: Sequence[Mapping[str, Verdict]]) -> list[dg.AssetCheckResult]:
    """One result a check for all days of a run: it holds if it holds on each."""
    return [
        check_result(
            asset,
            name,
            Verdict(
                passed=all(day[name].passed for day in days),
                metadata={"days": len(days), "days_failed": sum(not day[name].passed for day in days)},
            ),
        )
        for name in days[0]
    ]
