"""Assets that take values of their own beside the parameters of the run: read, guarded and stated in one way."""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg
from pydantic import BaseModel

from ml_assets.adapter.checks import ShownCheck, log_check, selected_checks
from ml_assets.adapter.guard import BACKFILL_TAG
from ml_assets.adapter.partitions import daily
from ml_assets.adapter.start import refuse_mistyped, workspace_of
from ml_assets.adapter.view import View
from ml_assets.config import OptionsConfig
from ml_assets.core.release import NOW, RELEASE_TAG, Requested
from ml_assets.core.result import Failed
from ml_assets.core.run_tags import run_tags
from ml_assets.errors import MlAssetsError, RefusedError
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.verdicts import Verdict
from ml_assets.pipeline.workspace import Workspace

ROOT_RUN_TAG, RETRY_TAG = "dagster/root_run_id", "dagster/retry_number"  # of a run that Dagster starts again


def workspace_for(
    context: dg.AssetExecutionContext,
    options: OptionsConfig,
    asset: str,
    model: type[BaseModel],
    *,
    view: View,
) -> Workspace:
    """The workspace of a run of `asset`; what was given of its own counts among what was given."""
    workspace = workspace_of(options, context.run, view=view)
    config: Mapping[str, Any] = context.run.run_config
    own = config.get("ops", {}).get(view.step_of(asset), {}).get("config", {})
    typed = sorted(name for name in own if name in model.model_fields)
    return replace(workspace, given=(*workspace.given, *typed))


def requested(context: dg.AssetExecutionContext) -> Requested:
    """When the run was asked for: all runs of a backfill, of a command, and of one that Dagster retries, when that was.

    Raises RefusedError where its tag names no entry of a log.
    """
    run, instance = context.run, context.instance
    if (entry := run.tags.get(RELEASE_TAG)) is not None:
        return Requested(entry=_number(entry))
    backfill = run.tags.get(BACKFILL_TAG)
    if backfill and (known := instance.get_backfill(backfill)):
        return Requested(at=dt.datetime.fromtimestamp(known.backfill_timestamp, tz=dt.timezone.utc))
    first = run.tags.get(ROOT_RUN_TAG, run.run_id) if RETRY_TAG in run.tags else run.run_id
    record = instance.get_run_record_by_id(first)
    return Requested(at=record.create_timestamp) if record else NOW


def _number(entry: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,17}", entry):
        raise RefusedError([f"{RELEASE_TAG}: not the number of an entry of the log of releases, such as 7."])
    return int(entry)


def announce(
    context: dg.AssetExecutionContext,
    values: Mapping[str, Any],
    run_ids: Sequence[str],
    *,
    job: str,
    view: View,
) -> None:
    """Refuse a mistyped run config; then state what the run makes, in the log and, in the asset's own job, in tags."""
    run = context.run
    refuse_mistyped(context, params=view.params, is_free=view.is_free)
    stated = ", ".join(f"{name}={json.dumps(value)}" for name, value in values.items())
    context.log.info("run_id %s: %s of %s", ", ".join(run_ids), job, stated)
    if not context.instance.is_ephemeral and context.job_def.name == job:
        days = [dt.date.fromisoformat(day) for day in context.partition_keys]
        tags = run_tags(values, run_id=run_ids[-1], names=view.pipeline.path, days=days)
        context.instance.add_run_tags(run.run_id, tags)


def asset_with_checks(
    name: str, *, deps: Sequence[str], checks: Iterable[ShownCheck], **declared: Any
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset with checks of each day, in a step of its own; `declared` are further fields of its `dg.AssetSpec`.

    Dagster fact: `@dg.asset` must give a result for each of its checks, and so would tell of all days of a run at once.
    """
    days, key = daily(), dg.AssetKey(name)
    spec = dg.AssetSpec(key, **declared)
    return dg.multi_asset(
        name=name,
        outs={name: dg.AssetOut.from_spec(spec, dagster_type=dg.Any, is_required=False)},
        deps=deps,
        internal_asset_deps={name: {dg.AssetKey(parent) for parent in deps}},
        check_specs=[check.spec(days) for check in checks],
        partitions_def=days,
        can_subset=True,
    )


def tell_checks(
    context: dg.AssetExecutionContext,
    checks: Mapping[str, ShownCheck],
    said: Mapping[str, Verdict],
    *,
    day: str,
) -> Iterator[dg.AssetCheckResult]:
    """What the checks that were asked for say of one day: results, in a run of several days events."""
    one_day = len(context.partition_keys) == 1
    for name, check in selected_checks(context, checks).items():
        if one_day:
            yield check.result(said[name])
        else:
            log_check(context.op_execution_context, check, said[name], day=day)


def each_day(
    days: Sequence[dt.date], make: Callable[[dt.date], Draft | Made]
) -> dict[str, Draft | Made | Failed]:
    """What comes of each day; of several each is committed at once, so that what was made is held by nobody."""
    return {str(day): _tried(make, day, commit=len(days) > 1) for day in days}


def _tried(make: Callable[[dt.date], Draft | Made], day: dt.date, *, commit: bool) -> Draft | Made | Failed:
    try:
        return make(day).commit() if commit else make(day)
    except MlAssetsError as error:
        return Failed(str(error))
