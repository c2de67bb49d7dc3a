"""The asset `backfill_report`: how the days up to its partition went, for the run's parameters."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg

from ml_assets.adapter.own import announce, each_day, workspace_for
from ml_assets.adapter.partitions import BACKFILL, daily
from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.as_of import window
from ml_assets.core.report.parameters import report_identity
from ml_assets.defs.configs import ReportConfig, TrainingConfig
from ml_assets.defs.reports.outcomes import EVALUATION, REPORT_JOB, outcomes
from ml_assets.defs.training import VIEW
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.report import (
    ASSET,
    report_draft,
    report_key,
    report_of,
)
from ml_assets.pipeline.stored_days import covered_days, read_days
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.beside import ReportParameters, check_report
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings


@refused_at_launch(
    fields=ReportParameters.model_fields,
    refuse=check_report,
    backfill_policy=BACKFILL,
)
@dg.asset(
    name=ASSET,
    partitions_def=daily(),
    deps=[EVALUATION],
    group_name="reports",
    kinds={"python", "json"},
    description="Metrics over the days up to the partition: success rate, trends, outliers, drift, errors, and the "
    "commands that make just what failed or is missing. Its own config: window_days, metric.",
)
@in_our_words
def backfill_report(
    context: dg.AssetExecutionContext, params: TrainingConfig, options: OptionsConfig, config: ReportConfig
) -> Iterator[dg.Output[Any]]:
    """Read what each day of the window left, and commit the report over it; the days themselves are not touched."""
    days = days_of(context)
    parameters, own = plain(params, TrainingParameters), plain(config, ReportParameters)
    names = [report_key(parameters, own, day, pipeline=tabular).run_id for day in days]
    announce(
        context, report_identity(parameters, own, pipeline=tabular), names, job=REPORT_JOB, names=tabular.path
    )
    workspace = workspace_for(context, options, ASSET, ReportParameters, view=VIEW)

    def make(day: dt.date) -> Draft:
        return _draft(parameters, own, day, workspace=workspace, instance=context.instance)

    yield dg.Output(each_day(days, make))


report = dg.define_asset_job(
    REPORT_JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Report on the days up to the partition. Parameters: resources.params; the window: "
    f"ops.{ASSET}.config.",
)


def _draft(
    parameters: TrainingParameters,
    own: ReportParameters,
    last: dt.date,
    *,
    workspace: Workspace,
    instance: dg.DagsterInstance,
) -> Draft:
    store, key = workspace.store, report_key(parameters, own, last, pipeline=tabular)
    days = window(last, days=own.window_days, first=load_settings().first_as_of)
    stored = read_days(parameters, days, pipeline=tabular, store=store)
    beyond = outcomes(parameters, stored, instance=instance, environment=workspace.environment)
    covered = covered_days(parameters, days, pipeline=tabular, store=store, metric=own.metric)
    report = report_of(
        parameters,
        stored,
        pipeline=tabular,
        workspace=workspace,
        outcomes=beyond,
        metric=own.metric,
        covered=covered,
    )
    return report_draft(
        report, stored, key=key, parameters=parameters, own=own, pipeline=tabular, workspace=workspace
    )
