"""What a sweep hands back: the same JSON whether it ran in this process or on a deployment far away."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypedDict

from ml_assets.core.parameters import Parameters
from ml_assets.core.result import Artifact, artifact_of
from ml_assets.core.run_id import hash_identity
from ml_assets.core.sweep.sweep_parameters import SweepParameters, sweep_identity

ASSET = "leaderboard"


class SweepResult(TypedDict):
    """The leaderboard of a sweep.

    `leaderboard` is its document, and is empty where its store is out of reach; `summary` says it in Markdown.
    """

    run_id: str
    dagster_run_id: str
    environment: str
    as_of: str
    parameters: dict[str, Any]
    artifacts: dict[str, Artifact]
    metrics: dict[str, float]
    summary: str
    leaderboard: dict[str, Any]


def sweep_run_id(parameters: Parameters, own: SweepParameters, as_of: dt.date) -> str:
    """The run_id of a leaderboard: what its trials share and the sweep's own decide it."""
    return hash_identity(sweep_identity(parameters, own), as_of)


def sweep_result(
    parameters: Parameters,
    own: SweepParameters,
    as_of: dt.date,
    *,
    dagster_run_id: str,
    seen: Mapping[str, Any] | None,
    leaderboard: Mapping[str, Any] | None = None,
) -> SweepResult:
    """The result of a sweep; `seen` is the metadata of its leaderboard, None while there is none."""
    metadata = seen or {}
    return SweepResult(
        run_id=sweep_run_id(parameters, own, as_of),
        dagster_run_id=dagster_run_id,
        environment=str(metadata.get("environment", "")),
        as_of=as_of.isoformat(),
        parameters=sweep_identity(parameters, own),
        artifacts={ASSET: artifact_of(metadata)} if metadata else {},
        metrics={name: value for name, value in metadata.items() if isinstance(value, float)},
        summary=str(metadata.get("summary", "")),
        leaderboard=dict(leaderboard or {}),
    )
