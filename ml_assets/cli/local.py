"""One Dagster run of the job `train` in this process: of one day, or of a range of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_assets.cli.home import ensure_home
from ml_assets.core.result import Seen, run_config
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@dataclass(frozen=True, kw_only=True)
class Local:
    """What came of a local run: `reason` is empty where all of it succeeded."""

    dagster_run_id: str
    environment: str
    seen: Seen
    reason: str = ""


def launch(
    given: Mapping[str, Any],
    days: Sequence[dt.date],
    *,
    environment: str,
    reuse: bool,
) -> Local:
    """Make the four artifacts of each day; the days must follow one another."""
    settings = load_settings()
    name = settings.environment if environment == "default" else environment
    ArtifactStore(settings.root(name))  # refuses an unknown environment before anything is created
    ensure_home()
    import dagster as dg

    from ml_assets.definitions import defs

    config = {**run_config(given, environment=name, reuse=reuse), "loggers": QUIET}
    first, last = days[0].isoformat(), days[-1].isoformat()
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    with dg.DagsterInstance.get() as instance:
        outcome = defs.resolve_job_def("train").execute_in_process(
            run_config=config,
            partition_key=first if first == last else None,
            tags=None if first == last else span,
            instance=instance,
            raise_on_error=False,
        )
    return Local(
        dagster_run_id=outcome.run_id,
        environment=name,
        seen=_seen(outcome),
        reason="" if outcome.success else _reason(outcome),
    )


def _seen(outcome: Any) -> Seen:
    """Every materialization, those that were logged for the good days of a failed run included."""
    events = [
        event.step_materialization_data.materialization
        for event in outcome.all_events
        if event.is_step_materialization
    ]
    return {
        (event.asset_key.to_user_string(), event.partition or ""): {
            name: value.value for name, value in event.metadata.items()
        }
        for event in events
    }


def _reason(outcome: Any) -> str:
    """Why a run failed, in our own words where they are ours."""
    for event in outcome.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error.cause is not None:
                error = error.cause
            failure = event.step_failure_data.user_failure_data
            return str((failure and failure.description) or error.message.strip())
    return "the Dagster run failed before its first step; its log says why."
