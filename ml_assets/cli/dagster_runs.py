"""Dagster runs in this process: of one day, or of a range of them, of whichever job a pipeline has."""

import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ml_assets.cli.call import Call
from ml_assets.cli.home import ensure_home
from ml_assets.cli.request import Request
from ml_assets.core.pipeline import Declared
from ml_assets.core.references import default_pipeline
from ml_assets.core.result import run_config
from ml_assets.core.shown_as import job_of, params_of, step_of
from ml_assets.pipeline.budget import refuse_over_budget
from ml_assets.pipeline.code import packages_reached
from ml_assets.pipeline.days import DAYS_PER_RUN, must_be_made, workers_for
from ml_assets.pipeline.processes import load, processes, start_workers
from ml_assets.terminal.signals import end_if_asked

if TYPE_CHECKING:  # loaded while the workers start
    from dagster import Definitions

    from ml_assets.adapter.in_process import LocalRun


def definitions_of(pipeline: Declared) -> "Definitions":
    """The definitions of this project for the shipped pipeline, and for any other its own."""
    if pipeline is default_pipeline():
        from ml_assets.definitions import defs

        return defs
    from ml_assets.adapter import definitions

    pipeline.freeze()
    return definitions.definitions_of(pipeline)


def make_days(call: Call, request: Request) -> Iterator["LocalRun"]:
    """Make the assets of each day, in runs of at most DAYS_PER_RUN; the days must follow one another."""
    workspace = call.workspace
    workers = workers_for(request.parameters, request.days[:DAYS_PER_RUN], workspace=workspace)
    refuse_over_budget(request.parameters, request.days, workspace=workspace, workers=workers)
    if len(request.days) == 1 and must_be_made(request.parameters, request.as_of, workspace=workspace):
        load(packages_reached(call.pipeline))  # before Dagster, as it is quicker so
    with workers_loading(1 if workspace.engine else workers, call.pipeline):
        yield from runs(call, job_of(call.pipeline), request.days, given=request.given)


@contextmanager
def workers_loading(count: int, pipeline: Declared) -> Iterator[None]:
    """Processes that will train load what they need while this one loads Dagster."""
    with processes():
        loading = start_workers(count, packages_reached(pipeline))
        yield
        deque(loading, maxlen=0)


def runs(
    call: Call,
    job: str,
    days: Sequence[dt.date],
    *,
    given: Mapping[str, Any],
    own: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    tags: Mapping[str, str] = MappingProxyType({}),
) -> Iterator["LocalRun"]:
    """Runs of a job over these days, of at most DAYS_PER_RUN each.

    Args:
        call: in which environment, and with which options.
        job: its name.
        days: without a gap.
        given: the parameters.
        own: what assets take of their own, by the asset's name.
        tags: of the runs.
    """
    ensure_home()
    import dagster as dg

    from ml_assets.adapter.in_process import run_here
    from ml_assets.adapter.view import View

    pipeline, environment = call.pipeline, call.workspace.environment
    config = run_config(
        given,
        own={step_of(pipeline, asset): values for asset, values in own.items()},
        params=params_of(pipeline),
        **{**call.options.model_dump(), "environment": environment},
    )
    definitions, view = definitions_of(pipeline), View(pipeline=pipeline)
    with dg.DagsterInstance.get() as instance:
        for first in range(0, len(days), DAYS_PER_RUN):
            done = run_here(
                definitions.resolve_job_def(job),
                tuple(days[first : first + DAYS_PER_RUN]),
                view=view,
                config=config,
                environment=environment,
                instance=instance,
                tags=tags,
            )
            end_if_asked()
            yield done
