"""Dagster runs in this process: of one day, or of a range of them, of whichever job a pipeline has."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ml_assets.cli.call import Call
from ml_assets.cli.home import ensure_home
from ml_assets.cli.request import Request
from ml_assets.cli.signals import end_if_asked
from ml_assets.core.pipeline import Declared, default_pipeline
from ml_assets.core.result import Seen, reasons_by_day, run_config
from ml_assets.pipeline.budget import refuse_over_budget
from ml_assets.pipeline.days import DAYS_PER_RUN, workers_for
from ml_assets.pipeline.processes import processes, start_workers

if TYPE_CHECKING:  # loaded while the workers start
    from dagster import DagsterInstance, Definitions

    from ml_assets.adapter.view import View

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


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where Dagster finds the jobs of a pipeline: its definitions, and under which names they show it."""

    definitions: "Definitions"
    view: "View"

    def step(self, asset: str) -> str:
        """The name of the step that makes an asset beside the pipeline."""
        return self.definitions.resolve_assets_def(self.view.key(asset)).node_def.name


def location(pipeline: Declared) -> Location:
    """The definitions of this project for the shipped pipeline, and for any other its own."""
    from ml_assets.adapter.view import View

    if pipeline is default_pipeline():
        from ml_assets.definitions import defs, main_view

        return Location(definitions=defs, view=main_view)
    from ml_assets.adapter.definitions import definitions_of

    return Location(definitions=definitions_of(pipeline), view=View(pipeline=pipeline))


def make_days(call: Call, request: Request) -> Iterator[Local]:
    """Make the assets of each day, in runs of at most DAYS_PER_RUN; the days must follow one another."""
    workspace = call.workspace
    workers = workers_for(request.parameters, request.days[:DAYS_PER_RUN], workspace=workspace)
    refuse_over_budget(request.parameters, request.days, workspace=workspace, workers=workers)
    with workers_loading(1 if workspace.engine else workers):
        yield from runs(call, lambda view: view.job_name, request.days, given=request.given)


@contextmanager
def workers_loading(count: int) -> Iterator[None]:
    """Processes that will train load what they need while this one loads Dagster."""
    with processes():
        loading = start_workers(count)
        yield
        deque(loading, maxlen=0)


def runs(
    call: Call,
    job: Callable[["View"], str],
    days: Sequence[dt.date],
    *,
    given: Mapping[str, Any],
    own: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    tags: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Local]:
    """Runs of a job over these days, of at most DAYS_PER_RUN each.

    Args:
        call: in which environment, and with which options.
        job: names it, in the view of the pipeline.
        days: without a gap.
        given: the parameters.
        own: what assets take of their own, by the asset's name.
        tags: of the runs.
    """
    ensure_home()
    import dagster as dg

    where, environment = location(call.pipeline), call.workspace.environment
    config = run_config(
        given,
        own={where.step(asset): values for asset, values in own.items()},
        params=where.view.params,
        **{**call.options.model_dump(), "environment": environment},
    )
    with dg.DagsterInstance.get() as instance:
        for first in range(0, len(days), DAYS_PER_RUN):
            part = tuple(days[first : first + DAYS_PER_RUN])
            outcome = _execute(where, job(where.view), part, config=config, instance=instance, tags=tags)
            end_if_asked()
            reason, failed = ("", {}) if outcome.success else _reason(outcome)
            yield Local(
                days=part,
                dagster_run_id=outcome.run_id,
                environment=environment,
                seen=_seen(outcome, instance, where.view),
                reason=reason,
                failed=failed,
            )


def _execute(
    where: Location,
    job: str,
    days: tuple[dt.date, ...],
    *,
    config: Mapping[str, Any],
    instance: "DagsterInstance",
    tags: Mapping[str, str],
) -> Any:
    first, last = days[0].isoformat(), days[-1].isoformat()
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return where.definitions.resolve_job_def(job).execute_in_process(
        run_config={**config, "loggers": QUIET},
        partition_key=first if first == last else None,
        tags={**tags, **({} if first == last else span)},
        instance=instance,
        raise_on_error=False,
    )


def _seen(outcome: Any, instance: "DagsterInstance", view: "View") -> Seen:
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
