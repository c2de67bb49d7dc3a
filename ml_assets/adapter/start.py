"""How a run starts: its days, what it was given, and a refusal where its config names what it does not know."""

import datetime as dt
import json
from collections.abc import Sequence

import dagster as dg

from ml_assets.adapter import days as partition
from ml_assets.adapter.guard import given, guard
from ml_assets.adapter.parameters import refuse_overrides
from ml_assets.adapter.view import View
from ml_assets.config import OptionsConfig
from ml_assets.core.parameters import Parameters
from ml_assets.core.run_tags import run_tags
from ml_assets.pipeline.workspace import Workspace, open_workspace, utc_now
from ml_assets.settings import load_settings
from ml_assets.text import count


def days_of(context: dg.AssetExecutionContext, *, every: str = "") -> list[dt.date]:
    """The as_of days of this run; RefusedError where it has none, or one that cannot be learned or `every` leaves out."""
    first = load_settings().first_as_of
    return partition.days_of(context.run.tags, now=utc_now(), first=first, every=every)


def workspace_of(options: OptionsConfig, run: dg.DagsterRun | None, *, view: View) -> Workspace:
    """The workspace of a Dagster run. RefusedError where it was given what its environment does not allow."""
    typed = given(run.run_config, params=view.params) if run else ()
    refuse_overrides(typed, cls=view.pipeline.parameters, environment=options.environment)
    return open_workspace(
        load_settings(),
        pipeline=view.pipeline,
        environment=options.environment,
        reuse=options.reuse,
        again=options.again,
        engine=options.engine,
        dagster_run_id=run.run_id if run else "",
        given=typed,
    )


def refuse_mistyped(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, *, params: str = "params", is_free: bool = True
) -> None:
    """Refuse a run config that names what the run does not know, or gives parameters to another pipeline only."""
    run, job = context.run, context.job_def
    needed = {key for node in job.nodes for key in getattr(node.definition, "required_resource_keys", ())}
    guard(
        run.run_config,
        resources=job.resource_defs,
        ops=[node.name for node in job.nodes],
        tags=run.tags,
        params=params,
        needed=needed,
        is_free=is_free,
    )


def announce(
    context: dg.AssetExecutionContext, parameters: Parameters, days: Sequence[dt.date], *, view: View
) -> None:
    """Refuse a mistyped run config; then state the effective parameters in the log and the run's tags."""
    run = context.run
    refuse_mistyped(context, params=view.params, is_free=view.is_free)
    values, typed = view.pipeline.identity(parameters), given(run.run_config, params=view.params)
    first = view.pipeline.run_id(parameters, days[0])
    named = first if len(days) == 1 else f"{count(len(days), 'day')} from {first}"
    stated = ", ".join(
        f"{k}={json.dumps(v)} ({'given' if k in typed else 'default'})" for k, v in values.items()
    )
    context.log.info("run_id %s: %s", named, stated)
    if not context.instance.is_ephemeral:
        tags = run_tags(values, run_id=named, names=view.pipeline.path, days=days)
        context.instance.add_run_tags(run.run_id, tags)
