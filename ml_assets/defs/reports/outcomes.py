"""What Dagster knows of a day beyond the store: was it reused, and did its last try fail?"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.launching.launched import config_of, days_of
from ml_assets.core.problems import diagnose
from ml_assets.core.result import reasons_by_day
from ml_assets.core.run_id import run_id
from ml_assets.pipeline.report import Outcome
from ml_assets.pipeline.stored_days import StoredDay
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters

RUNS = 500  # latest failed runs of this dataset and model version that are looked at
REPORT_JOB = "report"
EVALUATION = "evaluation"
PAGE, PAGES = 1000, 10  # materializations that are looked at


def outcomes(
    parameters: TrainingParameters,
    stored: Sequence[StoredDay],
    *,
    instance: dg.DagsterInstance,
    environment: str,
) -> dict[dt.date, Outcome]:
    """The outcome of each day of which Dagster knows more than the store.

    A day failed where its latest failed run ended after its evaluation was stored, or nothing is stored.
    """
    days = [day.as_of for day in stored]
    found: dict[dt.date, Outcome] = dict.fromkeys(
        _reused(parameters, days, instance=instance, environment=environment), ("reused", "")
    )
    made = {day.as_of: day.measured.created_at for day in stored if day.measured}
    for day, (ended, reason) in _failures(
        parameters, days, instance=instance, environment=environment
    ).items():
        if day not in made or made[day].timestamp() < ended:
            found[day] = ("failed", reason)
    return found


def _reused(
    parameters: TrainingParameters, days: Sequence[dt.date], *, instance: dg.DagsterInstance, environment: str
) -> list[dt.date]:
    """The days whose latest materialization, with these parameters, used what was stored."""
    wanted = {str(day): run_id(parameters, day) for day in days}
    latest: dict[str, bool] = {}
    for event in _materializations(list(wanted), instance):
        values = {name: value.value for name, value in event.metadata.items()}
        day = event.partition or ""
        same = (values.get("run_id"), values.get("environment")) == (wanted[day], environment)
        if same and day not in latest:
            latest[day] = bool(values.get("reused"))
            if len(latest) == len(wanted):
                break
    return [day for day in days if latest.get(str(day))]


def _materializations(days: Sequence[str], instance: dg.DagsterInstance) -> Iterator[dg.AssetMaterialization]:
    """Those of the evaluation, the latest first."""
    cursor = None
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(EVALUATION), asset_partitions=list(days))
    for _ in range(PAGES):
        page = instance.fetch_materializations(wanted, limit=PAGE, cursor=cursor)
        yield from (record.asset_materialization for record in page.records if record.asset_materialization)
        if not page.has_more:
            return
        cursor = page.cursor


def _failures(
    parameters: TrainingParameters, days: Sequence[dt.date], *, instance: dg.DagsterInstance, environment: str
) -> dict[dt.date, tuple[float, str]]:
    """When and why each day last failed, with these parameters."""
    tags = {"ml_assets/dataset": parameters.dataset, "ml_assets/model_version": parameters.model_version}
    wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], tags=tags)
    found: dict[dt.date, tuple[float, str]] = {}
    for record in instance.get_run_records(wanted, limit=RUNS):
        run = record.dagster_run
        asked = set(days_of(run)) & set(days) - found.keys()
        if not asked or not _trains(run) or not _is_of(run.run_config, parameters, environment):
            continue
        ended = record.end_time or record.update_timestamp.timestamp()
        for day, reason in _reasons(instance, run.run_id, sorted(asked)):
            found[day] = (ended, reason)
    return found


def _trains(run: dg.DagsterRun) -> bool:
    """Whether the run was to make the day's artifacts, and not a report on them."""
    selected = {key.to_user_string() for key in run.asset_selection or ()}
    return run.job_name != REPORT_JOB and (not selected or bool(selected & tabular.assets.keys()))


def _is_of(run_config: Mapping[str, Any], parameters: TrainingParameters, environment: str) -> bool:
    """Whether a run was of these parameters; one that names no environment may be of any."""
    parsed, _ = diagnose(config_of(run_config, "params"), TrainingParameters)
    named = config_of(run_config, "options").get("environment", "default")
    day = dt.date.min
    return (
        parsed is not None
        and run_id(parsed, day) == run_id(parameters, day)
        and named in ("default", environment)
    )


def _reasons(
    instance: dg.DagsterInstance, dagster_run_id: str, asked: Sequence[dt.date]
) -> Iterator[tuple[dt.date, str]]:
    """Of the asked days, those that the run says failed; all of them, where it does not say which."""
    told = False
    for entry in instance.all_logs(dagster_run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        data = event.step_failure_data.user_failure_data if event else None
        if data is None or "failed_days" not in data.metadata:
            continue
        told = True
        reasons = reasons_by_day(data.metadata["failed_days"].value, description=data.description or "")
        yield from ((day, " ".join(reasons[str(day)].splitlines())) for day in asked if str(day) in reasons)
    if not told:
        why = f"its Dagster run {dagster_run_id} ended before it told of single days; its page says why"
        yield from ((day, why) for day in asked)
