"""The asset `backfill_report`: how the days up to its partition went, for the run's parameters."""

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.launch_again import links_entry
from ml_assets.adapter.own import each_day
from ml_assets.adapter.own_asset import OwnRun, own_asset
from ml_assets.adapter.reports.outcomes import outcomes
from ml_assets.adapter.view import View
from ml_assets.core.as_of import window
from ml_assets.core.metrics import Metrics
from ml_assets.core.report.parameters import (
    ReportParameters,
    check_report,
    report_identity,
    report_parameters,
)
from ml_assets.core.result import Failed
from ml_assets.core.slices import metric_assets
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.report import ASSET, report_draft, report_key, report_of
from ml_assets.pipeline.stored_days import covered_days, read_days
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings

KIND = "report"  # of its job


def backfill_report(view: View) -> dg.AssetsDefinition:
    """The asset, of a view."""
    metrics = Metrics.of(view.pipeline)
    return own_asset(
        view,
        ASSET,
        check=functools.partial(check_report, metrics=metrics),
        model=report_parameters(metrics),
        make=_make,
        deps=metric_assets(view.pipeline)[:1],
        group_name=view.group("reports"),
        kinds={"python", "json"},
        description="Metrics over the days up to the partition: success rate, trends, outliers, drift, errors, and the "
        "commands that make just what failed or is missing. Its own config: window_days, metric.",
    )


def report_job(view: View) -> Any:
    """The job that makes it."""
    return dg.define_asset_job(
        view.beside(KIND),
        selection=dg.AssetSelection.assets(view.key(ASSET)),
        description=f"Report on the days up to the partition. Parameters: resources.{view.params}; the window: "
        f"ops.{view.step_of(ASSET)}.config.",
    )


def _make(run: OwnRun[ReportParameters]) -> Mapping[str, Draft | Made | Failed]:
    """Read what each day of the window left, and make the report over it; the days themselves are not touched."""
    pipeline, parameters, own = run.view.pipeline, run.parameters, run.own
    names = [report_key(parameters, own, day, pipeline=pipeline).run_id for day in run.days]
    run.announce(report_identity(parameters, own, pipeline=pipeline), names, job=run.view.beside(KIND))
    workspace = run.workspace(ASSET)
    return each_day(run.days, lambda day: _draft(run, day, workspace=workspace))


def _draft(run: OwnRun[ReportParameters], last: dt.date, *, workspace: Workspace) -> Draft:
    pipeline, store = run.view.pipeline, workspace.store
    parameters, own = run.parameters, run.own
    first = load_settings().first_as_of
    days = window(last, days=own.window_days, first=first, every=pipeline.every)
    stored = read_days(parameters, days, pipeline=pipeline, store=store)
    report = report_of(
        parameters,
        stored,
        pipeline=pipeline,
        workspace=workspace,
        outcomes=outcomes(
            parameters,
            stored,
            view=run.view,
            instance=run.context.instance,
            environment=workspace.environment,
        ),
        metric=own.metric,
        covered=covered_days(parameters, days, pipeline=pipeline, store=store, metric=own.metric)
        if own.metric
        else None,
    )
    undone = [day.as_of for day in report.days if not day.done]
    launch = links_entry(run.launchpads().days(parameters, undone), label="launch what is missing")
    run.context.add_asset_metadata(launch, partition_key=str(last))
    return report_draft(
        report,
        stored,
        key=report_key(parameters, own, last, pipeline=pipeline),
        parameters=parameters,
        own=own,
        pipeline=pipeline,
        workspace=workspace,
    )
