"""How a training run starts, and how it ends when a day failed: in words that say what to do."""

import datetime as dt
import json
from collections.abc import Sequence

import dagster as dg

from ml_assets.adapter import days as partition
from ml_assets.adapter.guard import given, guard
from ml_assets.adapter.metadata import run_tags
from ml_assets.core.command import retry_commands
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.run_id import run_id
from ml_assets.pipeline.attempt import Attempt
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import load_settings


def days_of(context: dg.AssetExecutionContext) -> list[dt.date]:
    """The as_of days of this run; RefusedError where it has none, or one that cannot be learned."""
    return partition.days_of(context.run.tags, now=utc_now(), first=load_settings().first_as_of)


def refuse_mistyped(context: dg.AssetExecutionContext) -> None:
    """Refuse a run config that names what the run does not know."""
    run, ops = context.run, [node.name for node in context.job_def.nodes]
    guard(run.run_config, resources=KNOWN_RESOURCES, ops=ops, tags=run.tags)


def announce(context: dg.AssetExecutionContext, params: TrainingParameters, days: Sequence[dt.date]) -> None:
    """Refuse a mistyped run config; then state the effective parameters in the log and the run's tags."""
    run = context.run
    refuse_mistyped(context)
    values, typed = identity(params, of=TrainingParameters), given(run.run_config)
    ids = [run_id(params, day) for day in days]
    stated = ", ".join(
        f"{k}={json.dumps(v)} ({'given' if k in typed else 'default'})" for k, v in values.items()
    )
    named = ids[0] if len(ids) == 1 else f"{len(ids)} days from {ids[0]}"
    context.log.info("run_id %s: %s", named, stated)
    tags = run_tags(values, run_id=named)
    if not context.instance.is_ephemeral:
        context.instance.add_run_tags(run.run_id, tags)


def fail(attempts: Sequence[Attempt], parameters: TrainingParameters, *, environment: str) -> dg.Failure:
    """The failure of a run: which days failed, why (grouped), and how to run just those again."""
    failed = [item for item in attempts if item.error]
    reasons: dict[str, list[str]] = {}
    for item in failed:
        reasons.setdefault(str(item.error), []).append(str(item.as_of))
    lines = [f"{', '.join(days)}: {reason}" for reason, days in reasons.items()]
    retry = retry_commands(parameters, [item.as_of for item in failed], environment=environment)
    head = f"{len(failed)} of {len(attempts)} days failed; the others are committed."
    tail = ["Run just these again:", *retry]
    return dg.Failure(
        description="\n".join([head, *lines, *tail]) if len(attempts) > 1 else str(failed[0].error),
        metadata={
            "failed_days": dg.MetadataValue.json([str(item.as_of) for item in failed]),
            "retry": dg.MetadataValue.md("\n".join(f"- `{command}`" for command in retry)),
        },
        allow_retries=False,
    )


KNOWN_RESOURCES = ("params", "options", "io_manager", "s3")
