"""The asset `backfill_report`: how the days up to its partition went, for the run's parameters."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import dagster as dg

from ml_assets.config import OptionsConfig, ReportConfig, TrainingConfig
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.report.parameters import ReportParameters, check_report, report_identity
from ml_assets.defs.partitions import daily
from ml_assets.defs.reports.outcomes import REPORT_JOB, outcomes
from ml_assets.defs.reports.refused_at_launch import refused_at_launch
from ml_assets.defs.training.assets import training
from ml_assets.defs.training.metadata import metadata, run_tags
from ml_assets.defs.training.record import batch_data_version, data_version
from ml_assets.defs.training.start import KNOWN_RESOURCES, days_of
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.report import (
    ASSET,
    EVALUATION,
    covered_days,
    read_day,
    report_key,
    report_of,
    store_report,
    window,
)
from ml_assets.pipeline.workspace import Workspace
from ml_assets.resources.guard import guard
from ml_assets.resources.io_manager import workspace_of
from ml_assets.settings import load_settings


@dg.asset(
    name=ASSET,
    partitions_def=daily(),
    deps=[EVALUATION],
    group_name="reports",
    kinds={"python", "json"},
    description="Metrics over the days up to the partition: success rate, trends, outliers, drift, errors, and the "
    "commands that make just what failed or is missing. Its own config: window_days, metric.",
)
def _backfill_report(
    context: dg.AssetExecutionContext, params: TrainingConfig, options: OptionsConfig, config: ReportConfig
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Read what each day of the window left, and commit the report over it; the days themselves are not touched."""
    parameters = TrainingParameters.model_validate(_fields(params, TrainingParameters))
    own = ReportParameters.model_validate(_fields(config, ReportParameters))
    days = days_of(context)
    _announce(context, parameters, own, days)
    workspace = workspace_of(options, context.run)
    workspace = replace(workspace, given=(*workspace.given, *sorted(_typed(context.run.run_config))))
    made = [_make(parameters, own, day, workspace=workspace, instance=context.instance) for day in days]
    for item in made:
        context.add_asset_metadata(metadata(item, store=workspace.store), partition_key=str(item.key.as_of))
    version = data_version(made[0]) if len(made) == 1 else batch_data_version(made[0])
    yield dg.MaterializeResult(data_version=dg.DataVersion(version))


backfill_report = refused_at_launch(
    _backfill_report,
    fields=ReportParameters.model_fields,
    refuse=check_report,
    # that of the training assets: Dagster warns of a job whose assets have different ones
    backfill_policy=training.backfill_policy,
)

report = dg.define_asset_job(
    REPORT_JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Report on the days up to the partition. Parameters: resources.params; the window: "
    f"ops.{ASSET}.config.",
)


def _make(
    parameters: TrainingParameters,
    own: ReportParameters,
    last: dt.date,
    *,
    workspace: Workspace,
    instance: dg.DagsterInstance,
) -> Made:
    store, key = workspace.store, report_key(parameters, own, last)
    days = window(last, days=own.window_days, first=load_settings().first_as_of)
    stored = [read_day(parameters, day, store=store) for day in days]
    told = outcomes(parameters, stored, instance=instance, environment=workspace.environment)
    covered = covered_days(parameters, days, store=store, metric=own.metric)
    found = report_of(
        parameters, stored, workspace=workspace, outcomes=told, metric=own.metric, covered=covered
    )
    manifest = store_report(found, stored, key=key, parameters=parameters, own=own, workspace=workspace)
    return Made(key=key, manifest=manifest, reused=False, reason="a report is always made anew")


def _announce(
    context: dg.AssetExecutionContext,
    parameters: TrainingParameters,
    own: ReportParameters,
    days: list[dt.date],
) -> None:
    """Refuse a mistyped run config; then state what the report is of, in the log and in the run's tags."""
    run = context.run
    ops = [node.name for node in context.job_def.nodes]
    guard(run.run_config, resources=KNOWN_RESOURCES, ops=ops, tags=run.tags)
    values, names = (
        report_identity(parameters, own),
        [report_key(parameters, own, day).run_id for day in days],
    )
    stated = ", ".join(f"{name}={json.dumps(value)}" for name, value in values.items())
    context.log.info("run_id %s: report on %s", ", ".join(names), stated)
    if not context.instance.is_ephemeral and context.job_def.name == REPORT_JOB:
        context.instance.add_run_tags(run.run_id, run_tags(values, run_id=names[-1]))


def _fields(config: Any, model: type[TrainingParameters] | type[ReportParameters]) -> dict[str, Any]:
    return {name: getattr(config, name) for name in model.model_fields}


def _typed(run_config: Mapping[str, Any]) -> list[str]:
    """The report's own parameters that were given."""
    values = run_config.get("ops", {}).get(ASSET, {}).get("config", {})
    return [name for name in values if name in ReportParameters.model_fields]
