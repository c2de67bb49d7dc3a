"""Assets that take values of their own beside the parameters of the run: read, guarded and stated in one way."""

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import dagster as dg
from pydantic import BaseModel

from ml_assets.adapter.guard import BACKFILL_TAG
from ml_assets.adapter.io_manager import workspace_of
from ml_assets.adapter.metadata import metadata, run_tags
from ml_assets.adapter.record import batch_data_version, data_version
from ml_assets.adapter.start import refuse_mistyped
from ml_assets.config import OptionsConfig
from ml_assets.core.release import NOW, RELEASE_TAG, Requested
from ml_assets.errors import RefusedError
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.workspace import Workspace
from ml_assets.storage.artifact_store import ArtifactStore

ROOT_RUN_TAG, RETRY_TAG = "dagster/root_run_id", "dagster/retry_number"  # of a run that Dagster starts again


def workspace_for(
    context: dg.AssetExecutionContext, options: OptionsConfig, asset: str, model: type[BaseModel]
) -> Workspace:
    """The workspace of a run of `asset`; what was given of its own counts among what was given."""
    workspace = workspace_of(options, context.run)
    config: Mapping[str, Any] = context.run.run_config
    own = config.get("ops", {}).get(asset, {}).get("config", {})
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
    context: dg.AssetExecutionContext, values: Mapping[str, Any], run_ids: Sequence[str], *, job: str
) -> None:
    """Refuse a mistyped run config; then state what the run makes, in the log and, in the asset's own job, in tags."""
    run = context.run
    refuse_mistyped(context)
    stated = ", ".join(f"{name}={json.dumps(value)}" for name, value in values.items())
    context.log.info("run_id %s: %s of %s", ", ".join(run_ids), job, stated)
    if not context.instance.is_ephemeral and context.job_def.name == job:
        context.instance.add_run_tags(run.run_id, run_tags(values, run_id=run_ids[-1]))


def materialized(
    context: dg.AssetExecutionContext, made: Sequence[Made], *, store: ArtifactStore
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """What Dagster is told of the days of a run: the metadata of each, and one data version for all."""
    for item in made:
        context.add_asset_metadata(metadata(item, store=store), partition_key=str(item.key.as_of))
    version = data_version(made[0]) if len(made) == 1 else batch_data_version(made[0])
    return dg.MaterializeResult(data_version=dg.DataVersion(version))
