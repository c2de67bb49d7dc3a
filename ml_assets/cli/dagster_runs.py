"""Dagster runs in this process: of one day, or of a range of them, of whichever job a pipeline has."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ml_assets.cli.call import Call
from ml_assets.cli.home import ensure_home
from ml_assets.cli.request import Request
from ml_assets.cli.signals import end_if_asked
from ml_assets.core.pipeline import Declared, default_pipeline
from ml_assets.core.result import run_config
from ml_assets.pipeline.budget import refuse_over_budget
from ml_assets.pipeline.days import DAYS_PER_RUN, workers_for
from ml_assets.pipeline.processes import processes, start_workers

if TYPE_CHECKING:  # loaded while the workers start
    from dagster import Definitions

    from ml_assets.adapter.in_process import LocalRun
    from ml_assets.adapter.view import View


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where Dagster finds the jobs of a pipeline: its definitions, and under which names they show it."""

    definitions: "Definitions"
    view: "View"


def location(pipeline: Declared) -> Location:
    """The definitions of this project for the shipped pipeline, and for any other its own."""
    from ml_assets.adapter.view import View

    if pipeline is default_pipeline():
        from ml_assets.definitions import defs, main_view

        return Location(definitions=defs, view=main_view)
    from ml_assets.adapter.definitions import definitions_of

    return Location(definitions=definitions_of(pipeline), view=View(pipeline=pipeline))


def make_days(call: Call, request: Request) -> Iterator["LocalRun"]:
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
) -> Iterator["LocalRun"]:
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

    from ml_assets.adapter.in_process import run_here

    where, environment = location(call.pipeline), call.workspace.environment
    config = run_config(
        given,
        own={where.view.step_of(asset): values for asset, values in own.items()},
        params=where.view.params,
        **{**call.options.model_dump(), "environment": environment},
    )
    with dg.DagsterInstance.get() as instance:
        for first in range(0, len(days), DAYS_PER_RUN):
            done = run_here(
                where.definitions.resolve_job_def(job(where.view)),
                tuple(days[first : first + DAYS_PER_RUN]),
                view=where.view,
                config=config,
                environment=environment,
                instance=instance,
                tags=tags,
            )
            end_if_asked()
            yield done
