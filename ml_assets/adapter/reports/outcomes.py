"""What Dagster knows of a day beyond the store: was it reused, and did its last try fail?"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from ml_assets.adapter.launching.launched import config_of, days_of
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.parameters import Parameters
from ml_assets.core.result import reasons_by_day
from ml_assets.core.run_tags import RUN_ID_TAG, subject_tags
from ml_assets.core.slices import metric_assets
from ml_assets.pipeline.report import Outcome
from ml_assets.pipeline.stored_days import StoredDay

RUNS = 500  # latest failed runs of the same parameters in paths that are looked at
PAGE, PAGES = 1000, 10  # materializations that are looked at


def outcomes(
    parameters: Parameters,
    stored: Sequence[StoredDay],
    *,
    view: View,
    instance: dg.DagsterInstance,
    environment: str,
) -> dict[dt.date, Outcome]:
    """The outcome of each day of which Dagster knows more than the store.

    A day failed where its latest failed run ended after its metrics were stored, or nothing is stored.
    """
    made = {day.as_of: day.measured for day in stored if day.measured}
    names = [manifest.asset for manifest in made.values()] or [metric_assets(view.pipeline)[0]]
    found: dict[dt.date, Outcome] = dict.fromkeys(
        _reused(
            {str(day.as_of): view.pipeline.run_id(parameters, day.as_of, names[-1]) for day in stored},
            key=view.key(names[-1]),
            instance=instance,
            environment=environment,
        ),
        ("reused", ""),
    )
    days = [day.as_of for day in stored]
    for day, (ended, reason) in _failures(
        parameters, days, view=view, instance=instance, environment=environment
    ).items():
        if day not in made or made[day].created_at.timestamp() < ended:
            found[day] = ("failed", reason)
    return found


def _reused(
    wanted: Mapping[str, str], *, key: dg.AssetKey, instance: dg.DagsterInstance, environment: str
) -> list[dt.date]:
    """The days whose latest materialization, of the wanted run_id, used what was stored."""
    latest: dict[str, bool] = {}
    for event in _materializations(key, list(wanted), instance):
        values = {name: value.value for name, value in event.metadata.items()}
        day = event.partition or ""
        same = (values.get("run_id"), values.get("environment")) == (wanted[day], environment)
        if same and day not in latest:
            latest[day] = bool(values.get("reused"))
            if len(latest) == len(wanted):
                break
    return [dt.date.fromisoformat(day) for day in wanted if latest.get(day)]


def _materializations(
    key: dg.AssetKey, days: Sequence[str], instance: dg.DagsterInstance
) -> Iterator[dg.AssetMaterialization]:
    """Those of the asset that gives the metrics, the latest first."""
    cursor = None
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=list(days))
    for _ in range(PAGES):
        page = instance.fetch_materializations(wanted, limit=PAGE, cursor=cursor)
        yield from (record.asset_materialization for record in page.records if record.asset_materialization)
        if not page.has_more:
            return
        cursor = page.cursor


def _failures(
    parameters: Parameters,
    days: Sequence[dt.date],
    *,
    view: View,
    instance: dg.DagsterInstance,
    environment: str,
) -> dict[dt.date, tuple[float, str]]:
    """When and why each day last failed, with these parameters."""
    tags = subject_tags(view.pipeline.identity(parameters), names=view.pipeline.path)
    wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], tags=tags)
    found: dict[dt.date, tuple[float, str]] = {}
    for record in instance.get_run_records(wanted, limit=RUNS):
        run = record.dagster_run
        asked = set(days_of(run)) & set(days) - found.keys()
        if not asked or not _is_of(run, parameters, environment, view):
            continue
        ended = record.end_time or record.update_timestamp.timestamp()
        for day, reason in _reasons(instance, run.run_id, sorted(asked)):
            found[day] = (ended, reason)
    return found


def _is_of(run: dg.DagsterRun, parameters: Parameters, environment: str, view: View) -> bool:
    """Whether a run was to make the days of these parameters; one that names no environment may be of any.

    Its step states in a tag what it makes, of several days the first: a report or a leaderboard is a run of another run_id.
    """
    named = config_of(run.run_config, OPTIONS).get("environment", "default")
    stated = run.tags.get(RUN_ID_TAG, "")
    return named in ("default", environment) and stated.endswith(
        view.pipeline.run_id(parameters, days_of(run)[0])
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
