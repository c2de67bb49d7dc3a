"""The asset `monitoring`: what is known of a model in use at the end of the partition's day."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from ml_assets.adapter.checks import Event, ShownCheck
from ml_assets.adapter.own import announce, asset_with_checks, each_day, requested, tell_checks, workspace_for
from ml_assets.adapter.partitions import BACKFILL
from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of, refuse_mistyped
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.result import Failed
from ml_assets.defs.configs import MonitoringConfig, TrainingConfig
from ml_assets.defs.training import VIEW
from ml_assets.pipeline.draft import Draft
from ml_assets.pipelines.tabular.monitoring.artifact import monitoring_key
from ml_assets.pipelines.tabular.monitoring.day import MonitoredDay
from ml_assets.pipelines.tabular.monitoring.parameters import (
    ASSET,
    MonitoringParameters,
    check_monitoring,
    monitoring_identity,
)
from ml_assets.pipelines.tabular.monitoring.stored_verdicts import MONITORING_CHECKS, monitoring_verdicts
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.scoring.model import rows_of_model, scoring_model

JOB = "monitor"


CHECKS = {
    name: ShownCheck(key=VIEW.key(ASSET), name=name, description=function.__doc__ or "")
    for name, function in MONITORING_CHECKS.items()
}


@refused_at_launch(
    fields=MonitoringParameters.model_fields,
    refuse=check_monitoring,
    backfill_policy=BACKFILL,
)
@asset_with_checks(
    ASSET,
    deps=["predictions"],
    checks=CHECKS.values(),
    group_name="scoring",
    kinds={"python", "json"},
    description="Stored scores against outcomes that have closed by the end of the partition's day, and drift of inputs "
    "and scores before that. Its own config: model, window_days, drift_days, min_rows.",
)
@in_our_words
def monitoring(
    context: dg.AssetExecutionContext,
    params: TrainingConfig,
    options: OptionsConfig,
    config: MonitoringConfig,
) -> Iterator[Event]:
    """Look at the stored predictions of each day's windows; they themselves are not touched."""
    days = days_of(context)
    refuse_mistyped(context)
    parameters, own = plain(params, TrainingParameters), plain(config, MonitoringParameters)
    workspace = workspace_for(context, options, ASSET, MonitoringParameters, view=VIEW)
    model = scoring_model(parameters, own, workspace=workspace, asset=ASSET, requested=requested(context))
    parameters = rows_of_model(parameters, model, named=workspace.given, workspace=workspace)
    names = [monitoring_key(parameters, own, model.manifest, day).run_id for day in days]
    announce(context, monitoring_identity(parameters, own, model.manifest), names, job=JOB, view=VIEW)

    def make(day: dt.date) -> Draft:
        return MonitoredDay(
            parameters=parameters, own=own, as_of=day, model=model, workspace=workspace
        ).make()

    done = each_day(days, make)
    yield dg.Output(done, ASSET)
    for day, item in done.items():
        if not isinstance(item, Failed):
            yield from tell_checks(
                context, CHECKS, monitoring_verdicts(item.commit(), workspace.store), day=day
            )


monitor = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Tell whether a model in use is still right. Dataset, and source if not the model's: resources.params; which model, over "
    f"which days: ops.{ASSET}.config. The partition is the day up to whose end things are known.",
)
