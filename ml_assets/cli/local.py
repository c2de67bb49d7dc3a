"""Dagster runs in this process: of one day, or of a range of them."""

import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ml_assets.cli.home import ensure_home
from ml_assets.cli.signals import end_if_asked
from ml_assets.core.options import Options
from ml_assets.core.result import Seen, reasons_by_day, run_config
from ml_assets.pipeline.budget import refuse_over_budget
from ml_assets.pipeline.days import DAYS_PER_RUN, workers_for
from ml_assets.pipeline.processes import processes, start_workers
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings

if TYPE_CHECKING:  # loaded while the workers start
    from dagster import DagsterInstance

QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@dataclass(frozen=True, kw_only=True)
class Local:
    """What came of one local run: `reason` is empty where all of it succeeded, `failed` says why a day has failed."""

    days: tuple[dt.date, ...]
    dagster_run_id: str
    environment: str
    seen: Seen
    reason: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)


def launch(
    parameters: TrainingParameters,
    days: Sequence[dt.date],
    *,
    given: Mapping[str, Any],
    options: Options,
) -> Iterator[Local]:
    """Make the four artifacts of each day, in runs of at most DAYS_PER_RUN; the days must follow one another."""
    workspace = workspace_for(options)
    workers = workers_for(parameters, days[:DAYS_PER_RUN], workspace=workspace)
    refuse_over_budget(parameters, days, workspace=workspace, workers=workers)
    with processes():
        # Processes that will train load what they need while this one loads Dagster.
        loading = start_workers(1 if workspace.engine else workers)
        ensure_home()
        import dagster as dg

        told = {**options.model_dump(), "environment": workspace.environment}
        config = run_config(given, **told)
        with dg.DagsterInstance.get() as instance:
            for first in range(0, len(days), DAYS_PER_RUN):
                part = tuple(days[first : first + DAYS_PER_RUN])
                yield execute(
                    "train", part, config=config, environment=workspace.environment, instance=instance
                )
        deque(loading, maxlen=0)


def workspace_for(options: Options) -> Workspace:
    """The workspace that the options name; SettingsError where there is none."""
    return open_workspace(
        load_settings(),
        pipeline=tabular,
        environment=options.environment,
        reuse=options.reuse,
        engine=options.engine,
    )


def execute(
    job: str,
    days: tuple[dt.date, ...],
    *,
    config: Mapping[str, Any],
    environment: str,
    instance: "DagsterInstance",
    tags: Mapping[str, str] = MappingProxyType({}),
) -> Local:
    """One Dagster run of a job over these days, in this process."""
    from ml_assets.definitions import defs

    first, last = days[0].isoformat(), days[-1].isoformat()
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    outcome = defs.resolve_job_def(job).execute_in_process(
        run_config={**config, "loggers": QUIET},
        partition_key=first if first == last else None,
        tags={**tags, **({} if first == last else span)},
        instance=instance,
        raise_on_error=False,
    )
    end_if_asked()
    reason, failed = ("", {}) if outcome.success else _reason(outcome)
    return Local(
        days=days,
        dagster_run_id=outcome.run_id,
        environment=environment,
        seen=_seen(outcome, instance),
        reason=reason,
        failed=failed,
    )


def _seen(outcome: Any, instance: "DagsterInstance") -> Seen:
    """Every materialization, those that were logged for the good days of a failed run included.

    Texts for pages, pictures among them, are left out: of a year of days they would fill the memory.
    """
    events = [
        event.step_materialization_data.materialization
        for event in _events(outcome, instance)
        if event.is_step_materialization
    ]
    return {
        (event.asset_key.to_user_string(), event.partition or ""): {
            name: entry.value
            for name, entry in event.metadata.items()
            if isinstance(entry.value, str | int | float) and type(entry).__name__ != "MarkdownMetadataValue"
        }
        for event in events
    }


def _events(outcome: Any, instance: "DagsterInstance") -> Iterator[Any]:
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
            told = str((failure and failure.description) or error.message.strip())
            named = failure.metadata.get("failed_days") if failure else None
            return told, reasons_by_day(named and named.value, description=told)
    return "the Dagster run failed before its first step; its log says why.", {}
