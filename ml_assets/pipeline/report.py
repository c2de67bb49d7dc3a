"""The report of a window, from the artifact store: what each day left there, and what else is known of it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ml_assets import __version__
from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.core.report.coverage import Coverage
from ml_assets.core.report.document import FACT_DAYS, Report, build_report, pooled_names
from ml_assets.core.report.parameters import ReportParameters, report_identity
from ml_assets.core.report.pooled import Pool, means, pool
from ml_assets.core.report.record import DayRecord, Status
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.scores import keeps_scores, scores_of
from ml_assets.pipeline.stored_days import StoredDay, read_days
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings
from ml_assets.text import count

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    from polars import DataFrame

ASSET = "backfill_report"

Outcome = tuple[Status, str]
"""What is known of a day beyond the store: its status, and why it failed."""


def report(
    parameters: Parameters,
    days: Sequence[dt.date],
    *,
    pipeline: Declared,
    workspace: Workspace,
    outcomes: Mapping[dt.date, Outcome] | None = None,
    metric: str = "",
) -> Report:
    """The report over `days`, from the manifests in the workspace's store; nothing is written.

    Args:
        parameters: those of every day.
        days: the window; at least one day.
        pipeline: whose parameters they are.
        workspace: whose store is read.
        outcomes: what is known beyond the store, such as that a day failed and why; it wins over the store, but
            that a day is done only the store can say.
        metric: the one that pictures show; by default the first that is declared.

    Raises:
        StoreError: the store cannot be read. A damaged artifact makes its day `failed`, with the reason.
    """
    stored = read_days(parameters, days, pipeline=pipeline, store=workspace.store)
    return report_of(
        parameters, stored, pipeline=pipeline, workspace=workspace, outcomes=outcomes, metric=metric
    )


def report_of(
    parameters: Parameters,
    stored: Sequence[StoredDay],
    *,
    pipeline: Declared,
    workspace: Workspace,
    outcomes: Mapping[dt.date, Outcome] | None = None,
    metric: str = "",
    covered: Coverage | None = None,
) -> Report:
    """The report over days that are read already."""
    beyond = outcomes or {}
    records = [
        _record(day, beyond.get(day.as_of), run_id=pipeline.run_id(parameters, day.as_of)) for day in stored
    ]
    done = {record.as_of for record in records if record.done}
    evaluations = [day.measured for day in stored if day.measured and day.as_of in done]
    settings = load_settings()
    return build_report(
        records,
        parameters=parameters,
        pipeline=pipeline,
        environment=workspace.environment,
        metric=metric,
        named_environment=workspace.environment != settings.environment,
        first_pipeline=settings.first_pipeline,
        coverage=covered,
        pooled=_pooled(records, evaluations, metrics=Metrics.of(pipeline), workspace=workspace),
    )


def _pooled(
    records: Sequence[DayRecord],
    evaluations: Sequence[Manifest],
    *,
    metrics: Metrics,
    workspace: Workspace,
) -> Pool | None:
    """The metrics over all days that are done; without intervals, and why, where scores cannot be read."""
    names = [name for name in pooled_names(metrics) if all(name in of.metrics for of in evaluations)]
    if not evaluations or not names:
        return None
    of_rows = {name: found for name in names if (found := metrics.rows(name)) is not None}
    without = [manifest for manifest in evaluations if not keeps_scores(manifest)]
    if without:
        many = f"{count(len(without), 'day')} of {len(evaluations)}"
        return means(records, names=names, why_not=f"the evaluations of {many} keep no scores")
    try:
        scored = partial(_scored, evaluations, workspace)
        return pool(scored, entity=str(evaluations[-1].facts.get("entity", "")), metrics=of_rows)
    except CorruptArtifactError as error:
        return means(records, names=names, why_not=f"scores cannot be read: {str(error).rstrip('.')}")


def _scored(evaluations: Sequence[Manifest], workspace: Workspace) -> "Iterator[tuple[dt.date, DataFrame]]":
    for manifest in sorted(evaluations, key=lambda manifest: manifest.as_of):
        table = scores_of(manifest, workspace.store, pipeline=workspace.pipeline)
        if table is not None:
            yield manifest.as_of, table


def _record(day: StoredDay, outcome: Outcome | None, *, run_id: str) -> DayRecord:
    status, reason = outcome or ("made" if day.measured else "missing", "")
    if day.trouble and status != "failed":
        status, reason = "failed", day.trouble
    if day.measured is None or status not in ("made", "reused"):
        undone: Status = "failed" if status == "failed" else "missing"
        return DayRecord(as_of=day.as_of, status=undone, run_id=run_id, reason=reason)
    facts = {name: value for manifest in day.inputs for name, value in manifest.facts.items()}
    return DayRecord(
        as_of=day.as_of,
        status=status,
        run_id=run_id,
        metrics=day.measured.metrics,
        facts={fact: facts[fact] for fact in FACT_DAYS if fact in facts},
        seconds=_seconds(day),
    )


def _seconds(day: StoredDay) -> float | None:
    """From reading rows to the metrics, where one Dagster run made both."""
    first, last = (day.inputs[0] if day.inputs else None), day.measured
    if first is None or last is None or not first.dagster_run_id:
        return None
    if first.dagster_run_id != last.dagster_run_id:
        return None
    return round((last.created_at - first.started_at).total_seconds(), 3)


def report_key(
    parameters: Parameters, own: ReportParameters, as_of: dt.date, *, pipeline: Declared
) -> ArtifactKey:
    """The key of a report: the run's parameters and the report's own decide it, so no two windows share one."""
    return pipeline.key_of_identity(ASSET, report_identity(parameters, own, pipeline=pipeline), as_of)


def report_draft(
    report: Report,
    stored: Sequence[StoredDay],
    *,
    key: ArtifactKey,
    parameters: Parameters,
    own: ReportParameters,
    pipeline: Declared,
    workspace: Workspace,
) -> Draft:
    """A report with its Markdown and its pictures, to be committed; its lineage is what was read of these parameters."""
    return Draft(
        product=product(report, pipeline=pipeline),
        key=key,
        identity=report_identity(parameters, own, pipeline=pipeline),
        format="json",
        inputs=tuple(manifest for day in stored for manifest in day.read),
        workspace=workspace,
        code_version=f"ml_assets {__version__}",
        started_at=workspace.now(),
        reason="a report is always made anew",
    )


def product(report: Report, *, pipeline: Declared) -> Product[Any]:
    """The report's files, and the numbers that Dagster plots over time."""
    from ml_assets.core.report.markdown import markdown
    from ml_assets.core.report.pictures import coverage_png, days_png

    summary = report.metrics.get(report.metric)
    trend = summary.trend if summary else None
    pictures = {"days.png": days_png(report, pipeline=pipeline)} if report.metric else {}
    if report.coverage:
        pictures["coverage.png"] = coverage_png(report.coverage)
    return Product(
        value=report.document(),
        facts={
            "first_day": str(report.first),
            "last_day": str(report.last),
            "days_asked": report.asked,
            "days_done": report.done,
            **{f"days_{status}": many for status, many in report.counts.items()},
        },
        metrics={
            "success_rate": report.success_rate,
            **({f"{report.metric}_mean": summary.mean} if summary else {}),
            **({f"{report.metric}_std": summary.std} if summary and summary.std is not None else {}),
            **({f"{report.metric}_slope_per_day": trend.slope} if trend else {}),
        },
        attachments={"summary.md": markdown(report, pipeline=pipeline).encode(), **pictures},
    )
