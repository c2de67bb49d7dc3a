"""What a run hands back: the same JSON whether it ran in this process or on a deployment far away."""

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from ml_assets.core.catalog import CATALOG
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
    given: Mapping[str, Any], *, environment: str = "default", reuse: bool = True
) -> dict[str, Any]:
    """The run config that states these parameters, and the options that are not at their default."""
    named = {} if environment == "default" else {"environment": environment}
    options = {**named, **({} if reuse else {"reuse": False})}
    return {"resources": {"params": {"config": dict(given)}, "options": {"config": options}}}


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
        artifacts={
            asset: Artifact(uri=entry["path"], sha256=entry["sha256"], reused=entry["reused"])
            for asset, entry in made.items()
            if entry is not None
        },
        metrics={name: value for name, value in metadata.items() if isinstance(value, float)},
    )


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
    usual = reasons[0] if reasons else "its run did not finish; Dagster's pages say why"
    missing = [str(day) for day in days if any((asset, str(day)) not in seen for asset in assets)]
    return [FailedDay(as_of=day, reason=told.get(day, usual)) for day in missing]
