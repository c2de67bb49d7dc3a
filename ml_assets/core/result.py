"""What a run hands back: the same JSON whether it ran in this process or on a deployment far away."""

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypedDict

from ml_assets.core.catalog import CATALOG
from ml_assets.core.options import Options
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.run_id import run_id

Seen = Mapping[tuple[str, str], Mapping[str, Any]]
"""The metadata of each materialization of some runs, as plain values, by asset and day."""

_REASON = re.compile(r"^(?P<days>\d{4}-\d{2}-\d{2}(, \d{4}-\d{2}-\d{2})*): (?P<reason>.*)$")


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
    given: Mapping[str, Any], *, own: Mapping[str, Mapping[str, Any]] = MappingProxyType({}), **options: Any
) -> dict[str, Any]:
    """The run config that states these parameters, and the options that are not at their default.

    Args:
        given: the parameters that were given.
        own: what assets take of their own, by the asset's name.
        options: fields of `Options`.
    """
    usual = Options.model_fields
    told = {name: value for name, value in options.items() if value != usual[name].default}
    config: dict[str, Any] = {
        "resources": {"params": {"config": dict(given)}, "options": {"config": told}},
    }
    return config | (
        {"ops": {asset: {"config": dict(values)} for asset, values in own.items()}} if own else {}
    )


def result_of(
    parameters: TrainingParameters,
    as_of: dt.date,
    *,
    dagster_run_id: str,
    environment: str,
    seen: Seen | None = None,
) -> Result:
    """The result of one as_of."""
    day = as_of.isoformat()
    made = {asset: (seen or {}).get((asset, day)) for asset in CATALOG}
    metadata = made["evaluation"] or {}
    return Result(
        run_id=run_id(parameters, as_of),
        dagster_run_id=dagster_run_id,
        environment=str(metadata.get("environment", environment))
        if environment == "default"
        else environment,
        as_of=day,
        parameters=identity(parameters, of=TrainingParameters),
        artifacts={asset: artifact_of(entry) for asset, entry in made.items() if entry is not None},
        metrics={name: value for name, value in metadata.items() if isinstance(value, float)},
    )


def artifact_of(entry: Mapping[str, Any]) -> Artifact:
    """An artifact as the metadata of its materialization tell of it."""
    return Artifact(uri=entry["path"], sha256=entry["sha256"], reused=entry["reused"])


def failed_days(
    days: Sequence[dt.date], *, seen: Seen, reasons: Sequence[str], assets: Collection[str] = tuple(CATALOG)
) -> list[FailedDay]:
    """The days of which an asset is missing, each with the reason that the failed runs give for it."""
    told = {
        day: match["reason"]
        for text in reasons
        for line in text.splitlines()
        if (match := _REASON.match(line))
        for day in match["days"].split(", ")
    }
    naming_no_day = (text for text in reasons if not any(map(_REASON.match, text.splitlines())))
    usual = next(naming_no_day, "its run did not finish; Dagster's pages say why")
    missing = [str(day) for day in days if any((asset, str(day)) not in seen for asset in assets)]
    return [FailedDay(as_of=day, reason=told.get(day, usual)) for day in missing]
