"""The asset `monitoring`: what is known of a model in use at the end of the partition's day."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from ml_assets.adapter.checks import check_event, check_result, checks_together
from ml_assets.adapter.metadata import metadata
from ml_assets.adapter.own import announce, requested, workspace_for
from ml_assets.adapter.partitions import daily
from ml_assets.adapter.record import batch_data_version, data_version
from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of, refuse_mistyped
from ml_assets.config import MonitoringConfig, OptionsConfig, TrainingConfig, plain
from ml_assets.core.monitoring.parameters import (
    ASSET,
    MonitoringParameters,
    check_monitoring,
    monitoring_identity,
)
from ml_assets.core.parameters import TrainingParameters
from ml_assets.defs.scoring.days import each_day
from ml_assets.defs.training.assets import training
from ml_assets.pipeline.day import Made
from ml_assets.pipeline.monitoring import MonitoredDay
from ml_assets.pipeline.monitoring_artifact import monitoring_key
from ml_assets.pipeline.monitoring_verdicts import MONITORING_CHECKS, monitoring_verdicts
from ml_assets.pipeline.scoring_model import rows_of_model, scoring_model
from ml_assets.storage.artifact_store import ArtifactStore

JOB = "monitor"


@dg.asset(
    name=ASSET,
    partitions_def=daily(),
    deps=["predictions"],
    check_specs=[
        dg.AssetCheckSpec(name, asset=ASSET, description=function.__doc__)
        for name, function in MONITORING_CHECKS.items()
    ],
    group_name="scoring",
    kinds={"python", "json"},
    description="Stored scores against outcomes that have closed by the end of the partition's day, and drift of inputs "
    "and scores before that. Its own config: model, window_days, drift_days, min_rows.",
)
@in_our_words
def _monitoring(
    context: dg.AssetExecutionContext,
    params: TrainingConfig,
    options: OptionsConfig,
    config: MonitoringConfig,
) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Look at the stored predictions of each day's windows; they themselves are not touched."""
    days = days_of(context)
    refuse_mistyped(context)
    parameters, own = plain(params, TrainingParameters), plain(config, MonitoringParameters)
    workspace = workspace_for(context, options, ASSET, MonitoringParameters)
    model = scoring_model(parameters, own, workspace=workspace, asset=ASSET, requested=requested(context))
    parameters = rows_of_model(parameters, model, named=workspace.given, workspace=workspace)
    names = [monitoring_key(parameters, own, model.manifest, day).run_id for day in days]
    announce(context, monitoring_identity(parameters, own, model.manifest), names, job=JOB)

    def make(day: dt.date) -> Made:
        return MonitoredDay(
            parameters=parameters, own=own, as_of=day, model=model, workspace=workspace
        ).make()

    yield _result(context, each_day(context, days, make, store=workspace.store), workspace.store)


monitoring = refused_at_launch(
    _monitoring,
    fields=MonitoringParameters.model_fields,
    refuse=check_monitoring,
    # that of the training assets: Dagster warns of a job whose assets have different ones
    backfill_policy=training.backfill_policy,
)

monitor = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Tell whether a model in use is still right. Dataset, and source if not the model's: resources.params; which model, over "
    f"which days: ops.{ASSET}.config. The partition is the day up to whose end things are known.",
)


def _result(
    context: dg.AssetExecutionContext, made: list[Made], store: ArtifactStore
) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """What Dagster is told: metadata a day, and of several days the checks of each beside those of all."""
    verdicts = [monitoring_verdicts(item, store) for item in made]
    for item in made:
        context.add_asset_metadata(metadata(item, store=store), partition_key=str(item.key.as_of))
    if len(made) == 1:
        checks = [check_result(ASSET, name, verdict) for name, verdict in verdicts[0].items()]
        return dg.MaterializeResult(data_version=dg.DataVersion(data_version(made[0])), check_results=checks)
    for item, found in zip(made, verdicts, strict=True):
        for name, verdict in found.items():
            event = check_event(ASSET, name, verdict, day=str(item.key.as_of))
            context.op_execution_context.log_event(event)  # type: ignore[arg-type]  # taken at run time
    return dg.MaterializeResult(
        data_version=dg.DataVersion(batch_data_version(made[0])),
        check_results=checks_together(ASSET, verdicts),
    )
