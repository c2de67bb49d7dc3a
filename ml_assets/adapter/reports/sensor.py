"""The sensor `report_after_backfill`: each backfill of a view's days that has ended gets its report, once."""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ml_assets.adapter.launching.cursor import names, read_cursor, write_cursor
from ml_assets.adapter.launching.in_time import in_time
from ml_assets.adapter.launching.run_requests import acceptable, day_to_request, not_requested_yet
from ml_assets.adapter.parameters import refuse_options
from ml_assets.adapter.reports.asset import KIND
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.as_of import parse
from ml_assets.core.metrics import Metrics
from ml_assets.core.report.parameters import report_identity, report_parameters
from ml_assets.core.run_tags import run_tags
from ml_assets.errors import RefusedError
from ml_assets.pipeline.report import ASSET, report_key
from ml_assets.pipeline.workspace import utc_now
from ml_assets.settings import load_settings

ENDED = frozenset({"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"})
LOOKED_AT = 100  # latest backfills: it bounds the cursor
BEFORE = 24 * 3600  # seconds: what was started earlier, when the sensor is first turned on, is history
MOST_DAYS = 366
BACKFILL_TAG = "ml_assets/backfill"


def report_after_backfill(view: View) -> dg.SensorDefinition:
    """The sensor of a view."""
    name = view.beside("report_after_backfill")
    return dg.SensorDefinition(
        name=name,
        job_name=view.beside(KIND),
        minimum_interval_seconds=30,
        evaluation_fn=in_time(_evaluate, view, name=name),
        description="When a backfill of its days has ended, however it did, its report is requested: for its "
        "last day, its parameters, and the days from its first to its last.",
    )


def _evaluate(context: dg.SensorEvaluationContext, view: View) -> dg.SensorResult:
    """Request the reports of ended backfills, at most so many a tick; the cursor holds those that are done."""
    memory = read_cursor(context.cursor)
    since = _since(memory.get("since"), now=utc_now().timestamp())
    done, at_most = names(memory.get("done")), load_settings().requests_per_tick
    requests: list[dg.RunRequest] = []
    latest = [
        item for item in context.instance.get_backfills(limit=LOOKED_AT) if item.backfill_timestamp >= since
    ]
    for item in reversed(latest):
        if item.backfill_id in done or item.status.value not in ENDED:
            continue
        if len(requests) == at_most:
            break
        requests += not_requested_yet(list(_requests(item, context, view)), context.instance)
        done.add(item.backfill_id)
    kept = sorted(done & {item.backfill_id for item in latest})
    return dg.SensorResult(
        run_requests=requests,
        cursor=write_cursor({"since": since, "done": kept}),
        skip_reason=None if requests else f"{len(latest)} backfills, no report to make",
    )


def _since(held: Any, *, now: float) -> float:
    """From when on backfills are looked at: as remembered, or one day ago."""
    known = isinstance(held, int | float) and 0 <= held <= now
    return float(held) if known else now - BEFORE


def _requests(backfill: Any, context: dg.SensorEvaluationContext, view: View) -> Iterator[dg.RunRequest]:
    """The request of a backfill's report; none where it is no backfill of the view's days, or of unsound parameters."""
    days = _days(backfill, context, view)
    if not days:
        return
    name, config = backfill.backfill_id, backfill.run_config or {}
    try:
        given, options = _given(config, view.params), _given(config, OPTIONS, default={})
        acceptable(given, view)
        refuse_options(options)
        day_to_request(days[-1])
    except RefusedError as error:
        context.log.warning("backfill %s gets no report: %s", name, "; ".join(error.problems))
        return
    environment = str(options.get("environment", "default"))
    yield _request(name, days, given, view=view, environment=environment, log=context.log)


def _days(backfill: Any, context: dg.SensorEvaluationContext, view: View) -> Sequence[dt.date]:
    """The days of a backfill of the view, in order, whether it was one of the job or one of assets."""
    names: Iterable[str] = ()
    if backfill.is_asset_backfill:
        assert context.repository_def is not None
        data = backfill.get_asset_backfill_data(context.repository_def.asset_graph)
        targets = data.target_subset.partitions_subsets_by_asset_key
        made = (targets[key] for key in map(view.key, view.pipeline.assets) if key in targets)
        names = {day for target in made for day in target.get_partition_keys()}
    elif backfill.job_name == view.job_name:
        names = backfill.partition_names or ()
    return sorted(day for day in map(parse, names) if day)


def _given(
    config: Mapping[str, Any], resource: str, default: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """What the backfill's run config states; RefusedError where it states no parameters: then its runs failed."""
    found: Any = config
    for key in ("resources", resource, "config"):
        found = found.get(key) if isinstance(found, Mapping) else None
    if isinstance(found, Mapping):
        return found
    if default is None:
        raise RefusedError([f"resources.{resource}: not stated."])
    return default


def _request(
    backfill_id: str,
    days: Sequence[dt.date],
    given: Mapping[str, Any],
    *,
    view: View,
    environment: str,
    log: logging.Logger,
) -> dg.RunRequest:
    parameters, pipeline, last = acceptable(given, view), view.pipeline, days[-1]
    asked = (last - days[0]).days + 1
    if asked > MOST_DAYS:
        log.warning("backfill %s: the report covers the latest %d of its days", backfill_id, MOST_DAYS)
    own = report_parameters(Metrics.of(pipeline))(window_days=min(asked, MOST_DAYS))
    name = report_key(parameters, own, last, pipeline=pipeline).run_id
    typed = {key: getattr(parameters, key) for key in given if key in pipeline.parameters.model_fields}
    options = {} if environment == "default" else {OPTIONS: {"config": {"environment": environment}}}
    stated = run_tags(report_identity(parameters, own, pipeline=pipeline), run_id=name, names=pipeline.path)
    return dg.RunRequest(
        run_key=f"backfill:{backfill_id}:{last}:{name}",
        run_config={
            "resources": {view.params: {"config": typed}, **options},
            "ops": {view.step_of(ASSET): {"config": {"window_days": own.window_days}}},
        },
        partition_key=last.isoformat(),
        tags={**stated, BACKFILL_TAG: backfill_id},
    )
