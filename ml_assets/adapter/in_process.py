"""A Dagster run in this process, and what came of it as plain values."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from ml_assets.adapter.view import View
from ml_assets.core.result import Seen, reasons_by_day
from ml_assets.errors import split_launchpad

QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@dataclass(frozen=True, kw_only=True)
class LocalRun:
    """What came of one run: `reason` is empty where all of it succeeded, `failed` says why a day has failed."""

    days: tuple[dt.date, ...]
    dagster_run_id: str
    environment: str
    seen: Seen
    reason: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)


def run_here(
    job: dg.JobDefinition,
    days: tuple[dt.date, ...],
    *,
    view: View,
    config: Mapping[str, Any],
    environment: str,
    instance: dg.DagsterInstance,
    tags: Mapping[str, str],
) -> LocalRun:
    """One run of a job over these days.

    Args:
        job: what is run.
        days: one, or several without a gap.
        view: how its assets are named.
        config: its run config.
        environment: where it writes.
        instance: where it is recorded.
        tags: of the run.
    """
    first, last = days[0].isoformat(), days[-1].isoformat()
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    outcome = job.execute_in_process(
        run_config={**config, "loggers": QUIET},
        partition_key=first if first == last else None,
        tags={**tags, **({} if first == last else span)},
        instance=instance,
        raise_on_error=False,
    )
    reason, failed = ("", {}) if outcome.success else _reason(outcome)
    return LocalRun(
        days=days,
        dagster_run_id=outcome.run_id,
        environment=environment,
        seen=_seen(outcome, instance, view),
        reason=reason,
        failed=failed,
    )


def _seen(outcome: Any, instance: dg.DagsterInstance, view: View) -> Seen:
    """Every materialization, those that were logged for the good days of a failed run included.

    Texts for pages, pictures among them, are left out: of a year of days they would fill the memory.
    """
    events = [
        event.step_materialization_data.materialization
        for event in _events(outcome, instance)
        if event.is_step_materialization
    ]
    return {
        (view.asset_of(event.asset_key), event.partition or ""): {
            name: entry.value
            for name, entry in event.metadata.items()
            if isinstance(entry.value, str | int | float) and type(entry).__name__ != "MarkdownMetadataValue"
        }
        for event in events
    }


def _events(outcome: Any, instance: dg.DagsterInstance) -> Iterator[Any]:
    """The events of a run; what a failed one logged is in the event log alone."""
    if outcome.success:
        return iter(outcome.all_events)
    logged = instance.all_logs(outcome.run_id)
    return (entry.dagster_event for entry in logged if entry.is_dagster_event)


def _reason(outcome: Any) -> tuple[str, dict[str, str]]:
    """Why a run failed, in our own words where they are ours, and why each day did, where it says so."""
    for event in outcome.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error.cause is not None:
                error = error.cause
            failure = event.step_failure_data.user_failure_data
            told = str((failure and failure.description) or split_launchpad(error.message.strip())[0])
            named = failure.metadata.get("failed_days") if failure else None
            return told, reasons_by_day(named and named.value, description=told)
    return "the Dagster run failed before its first step; its log says why.", {}
