"""What a run hands back: the same JSON whether it ran in this process or on a deployment far away."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypedDict

from ml_assets.core.options import Options
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.slices import metric_assets

Seen = Mapping[tuple[str, str], Mapping[str, Any]]
"""The metadata of each materialization of some runs, as plain values, by asset and day."""


class Artifact(TypedDict):
    """One artifact of a result."""

    uri: str
    sha256: str
    reused: bool


class Result(TypedDict):
    """One as_of of a run; `artifacts` and `metrics` are empty while it is not finished."""

    run_id: str
    dagster_run_id: str
    environment: str
    as_of: str
    parameters: dict[str, Any]
    artifacts: dict[str, Artifact]
    metrics: dict[str, float]


@dataclass(frozen=True)
class Failed:
    """In place of the value of a day that has none: why."""

    reason: str


class FailedDay(TypedDict):
    """One as_of that has no result, and why."""

    as_of: str
    reason: str


class BackfillResult(TypedDict):
    """Several as_ofs; `backfill_id` is empty where they ran in this process."""

    backfill_id: str
    days: list[Result]
    failed: list[FailedDay]


def run_config(
    given: Mapping[str, Any],
    *,
    params: str = "params",
    own: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    **options: Any,
) -> dict[str, Any]:
    """The run config that states these parameters, and the options that are not at their default.

    Args:
        given: the parameters that were given.
        params: the resource that takes them.
        own: what assets take of their own, by the name of their step.
        options: fields of `Options`.
    """
    usual = Options.model_fields
    told = {name: value for name, value in options.items() if value != usual[name].default}
    config: dict[str, Any] = {
        "resources": {params: {"config": dict(given)}, "options": {"config": told}},
    }
    return config | ({"ops": {step: {"config": dict(values)} for step, values in own.items()}} if own else {})


def result_of(
    parameters: Parameters,
    as_of: dt.date,
    *,
    pipeline: Declared,
    dagster_run_id: str,
    environment: str,
    seen: Seen | None = None,
) -> Result:
    """The result of one as_of."""
    day = as_of.isoformat()
    made = {asset: (seen or {}).get((asset, day)) for asset in pipeline.assets}
    metadata = made[metric_assets(pipeline)[0]] or {}
    return Result(
        run_id=pipeline.run_id(parameters, as_of),
        dagster_run_id=dagster_run_id,
        environment=str(metadata.get("environment", environment))
        if environment == "default"
        else environment,
        as_of=day,
        parameters=pipeline.identity(parameters),
        artifacts={asset: artifact_of(entry) for asset, entry in made.items() if entry is not None},
        metrics={name: value for name, value in metadata.items() if isinstance(value, float)},
    )


def artifact_of(entry: Mapping[str, Any]) -> Artifact:
    """An artifact as the metadata of its materialization tell of it."""
    return Artifact(uri=entry["path"], sha256=entry["sha256"], reused=entry["reused"])


def failed_days(
    days: Sequence[dt.date],
    *,
    seen: Seen,
    reasons: Mapping[str, str],
    otherwise: str = "",
    assets: Collection[str],
) -> list[FailedDay]:
    """The days of which an asset is missing, each with its reason.

    Args:
        days: those that were asked for.
        seen: what was made.
        reasons: why a day failed, by day, as the metadata of failed runs tell.
        otherwise: why the others did: what a failed run said that names no day.
        assets: those that were asked for.
    """
    usual = otherwise or "its run did not finish; Dagster's pages say why"
    missing = [str(day) for day in days if any((asset, str(day)) not in seen for asset in assets)]
    return [FailedDay(as_of=day, reason=_line(reasons.get(day, usual))) for day in missing]


def reasons_by_day(failed: Any, *, description: str) -> dict[str, str]:
    """Why each day failed, as the metadata `failed_days` of a failed step tell; runs of earlier versions name days only."""
    if isinstance(failed, Mapping):
        return {str(day): str(reason) for day, reason in failed.items()}
    return {str(day): description for day in failed or () if isinstance(failed, list)}


def _line(reason: str) -> str:
    return " ".join(reason.splitlines())
