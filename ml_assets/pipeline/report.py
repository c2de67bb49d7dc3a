"""The report of a window, from the artifact store: what each day left there, and what else is known of it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ml_assets import __version__
from ml_assets.core.artifact import ArtifactKey, key_of, key_of_identity
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.product import Product
from ml_assets.core.report.coverage import Cell, Coverage, coverage
from ml_assets.core.report.document import Report, build_report
from ml_assets.core.report.parameters import ReportParameters, report_identity
from ml_assets.core.report.pooled import Pool, means, pool
from ml_assets.core.report.record import DayRecord, Status
from ml_assets.core.report.words import count
from ml_assets.core.run_id import run_id
from ml_assets.errors import CorruptArtifactError, SharedRunIdError
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.scored_evaluation import keeps_scores, scores_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

if TYPE_CHECKING:  # loading polars costs more than all of the definitions
    from polars import DataFrame

ASSET = "backfill_report"
EVALUATION, TRAINING_SET = "evaluation", "training_set"
FACTS = ("rows", "base_rate", "train_rows", "holdout_rows")
OTHER_ROWS = (
    "The evaluation was measured on another training set than the one that is there now. Make it again."
)

Outcome = tuple[Status, str]
"""What is known of a day beyond the store: its status, and why it failed."""


@dataclass(frozen=True, kw_only=True)
class StoredDay:
    """What the store holds of one day: `trouble` says why it cannot be used, where it cannot."""

    as_of: dt.date
    evaluation: Manifest | None = None
    training_set: Manifest | None = None
    trouble: str = ""


def report(
    parameters: TrainingParameters,
    days: Sequence[dt.date],
    *,
    workspace: Workspace,
    outcomes: Mapping[dt.date, Outcome] | None = None,
    metric: str = "roc_auc",
) -> Report:
    """The report over `days`, from the manifests in the workspace's store; nothing is written.

    Args:
        parameters: those of every day.
        days: the window; at least one day.
        workspace: whose store is read.
        outcomes: what is known beyond the store, such as that a day failed and why; it wins over the store, but
            that a day is done only the store can say.
        metric: the one that is shown first.

    Raises:
        StoreError: the store cannot be read. A damaged artifact makes its day `failed`, with the reason.
    """
    stored = [read_day(parameters, day, store=workspace.store) for day in days]
    return report_of(parameters, stored, workspace=workspace, outcomes=outcomes, metric=metric)


def report_of(
    parameters: TrainingParameters,
    stored: Sequence[StoredDay],
    *,
    workspace: Workspace,
    outcomes: Mapping[dt.date, Outcome] | None = None,
    metric: str = "roc_auc",
    covered: Coverage | None = None,
) -> Report:
    """The report over days that are read already."""
    told = outcomes or {}
    records = [_record(parameters, day, told.get(day.as_of)) for day in stored]
    done = {record.as_of for record in records if record.done}
    evaluations = [day.evaluation for day in stored if day.evaluation and day.as_of in done]
    return build_report(
        records,
        parameters=parameters,
        environment=workspace.environment,
        metric=metric,
        named_environment=workspace.environment != load_settings().environment,
        coverage=covered,
        pooled=_pooled(records, evaluations, store=workspace.store),
    )


def _pooled(
    records: Sequence[DayRecord], evaluations: Sequence[Manifest], *, store: ArtifactStore
) -> Pool | None:
    """The metrics over all days that are done; without intervals, and why, where scores cannot be read."""
    if not evaluations:
        return None
    without = [manifest for manifest in evaluations if not keeps_scores(manifest)]
    if without:
        many = f"{count(len(without), 'day')} of {len(evaluations)}"
        return means(records, why_not=f"the evaluations of {many} keep no scores")
    try:
        scored = partial(_scored, evaluations, store)
        return pool(scored, entity=str(evaluations[-1].facts.get("entity", "")))
    except CorruptArtifactError as error:
        return means(records, why_not=f"scores cannot be read: {str(error).rstrip('.')}")


def _scored(evaluations: Sequence[Manifest], store: ArtifactStore) -> "Iterator[tuple[dt.date, DataFrame]]":
    for manifest in sorted(evaluations, key=lambda manifest: manifest.as_of):
        table = scores_of(manifest, store)
        if table is not None:
            yield manifest.as_of, table


def read_day(parameters: TrainingParameters, day: dt.date, *, store: ArtifactStore) -> StoredDay:
    """The manifests of one day's evaluation and training set, where they belong together.

    StoreError where the store cannot be read; what is damaged, or of other parameters, is told in `trouble`.
    """
    try:
        evaluation = store.find(key_of(EVALUATION, parameters, day))
        training_set = store.find(key_of(TRAINING_SET, parameters, day)) if evaluation else None
    except (CorruptArtifactError, SharedRunIdError) as error:
        return StoredDay(as_of=day, trouble=str(error))
    if evaluation and training_set and not evaluation.made_of(training_set):
        return StoredDay(as_of=day, trouble=OTHER_ROWS)
    return StoredDay(as_of=day, evaluation=evaluation, training_set=training_set)


def _record(parameters: TrainingParameters, day: StoredDay, outcome: Outcome | None) -> DayRecord:
    name = run_id(parameters, day.as_of)
    status, reason = outcome or ("made" if day.evaluation else "missing", "")
    if day.trouble and status != "failed":
        status, reason = "failed", day.trouble
    if day.evaluation is None or status not in ("made", "reused"):
        undone: Status = "failed" if status == "failed" else "missing"
        return DayRecord(as_of=day.as_of, status=undone, run_id=name, reason=reason)
    facts = day.training_set.facts if day.training_set else {}
    return DayRecord(
        as_of=day.as_of,
        status=status,
        run_id=name,
        metrics=day.evaluation.metrics,
        facts={fact: facts[fact] for fact in FACTS if fact in facts},
        seconds=_seconds(day),
    )


def _seconds(day: StoredDay) -> float | None:
    """From reading rows to the evaluation, where one Dagster run made both."""
    first, last = day.training_set, day.evaluation
    if first is None or last is None or not first.dagster_run_id:
        return None
    if first.dagster_run_id != last.dagster_run_id:
        return None
    return round((last.created_at - first.started_at).total_seconds(), 3)


def covered_days(
    parameters: TrainingParameters, days: Sequence[dt.date], *, store: ArtifactStore, metric: str
) -> Coverage:
    """Which days of the window the store covers for which parameter sets of the same dataset."""
    own = identity(parameters, of=TrainingParameters)
    return coverage(
        own, days, _cells(parameters.dataset, set(days), store=store, metric=metric), metric=metric
    )


def _cells(dataset: str, days: set[dt.date], *, store: ArtifactStore, metric: str) -> Iterator[Cell]:
    """A damaged artifact covers nothing."""
    for key in store.keys(EVALUATION):
        if key.dataset != dataset or key.as_of not in days:
            continue
        try:
            found = store.find(key)
        except CorruptArtifactError:
            continue
        if found is not None and metric in found.metrics:
            yield Cell(parameters=found.parameters, as_of=key.as_of, value=found.metrics[metric])


def report_key(parameters: TrainingParameters, own: ReportParameters, as_of: dt.date) -> ArtifactKey:
    """The key of a report: the run's parameters and the report's own decide it, so no two windows share one."""
    return key_of_identity(ASSET, report_identity(parameters, own), as_of)


def report_draft(
    found: Report,
    stored: Sequence[StoredDay],
    *,
    key: ArtifactKey,
    parameters: TrainingParameters,
    own: ReportParameters,
    workspace: Workspace,
) -> Draft:
    """A report with its Markdown and its pictures, to be committed; its lineage is what was read of these parameters."""
    read = [manifest for day in stored for manifest in (day.training_set, day.evaluation) if manifest]
    return Draft(
        product=product(found),
        key=key,
        identity=report_identity(parameters, own),
        format="json",
        inputs=tuple(read),
        workspace=workspace,
        code_version=f"ml_assets {__version__}",
        started_at=workspace.now(),
        reason="a report is always made anew",
    )


def product(found: Report) -> Product[Any]:
    """The report's files, and the numbers that Dagster plots over time."""
    from ml_assets.core.report.markdown import markdown
    from ml_assets.core.report.pictures import coverage_png, days_png

    summary = found.metrics.get(found.metric)
    trend = summary.trend if summary else None
    pictures = {"days.png": days_png(found)}
    if found.coverage:
        pictures["coverage.png"] = coverage_png(found.coverage)
    return Product(
        value=found.document(),
        facts={
            "first_day": str(found.first),
            "last_day": str(found.last),
            "days_asked": found.asked,
            "days_done": found.done,
            **{f"days_{status}": many for status, many in found.counts.items()},
        },
        metrics={
            "success_rate": found.success_rate,
            **({f"{found.metric}_mean": summary.mean} if summary else {}),
            **({f"{found.metric}_std": summary.std} if summary and summary.std is not None else {}),
            **({f"{found.metric}_slope_per_day": trend.slope} if trend else {}),
        },
        attachments={"summary.md": markdown(found).encode(), **pictures},
    )
