"""The sensor `leaderboard_after_sweep`: trials that were Dagster runs of their own are ranked once all have ended."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from pydantic import BaseModel

from ml_assets.adapter.launching.cursor import read_cursor, texts, write_cursor
from ml_assets.adapter.launching.in_time import in_time
from ml_assets.adapter.launching.run_requests import acceptable, day_to_request, not_requested_yet
from ml_assets.adapter.parameters import refuse_options
from ml_assets.adapter.sweeps.asset import KIND, check_sweep_of
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.as_of import parse
from ml_assets.core.options import Options
from ml_assets.core.run_tags import RUN_ID_TAG, run_tags
from ml_assets.core.sweep.as_runs import LAST_TAG, REQUEST_TAG, SIZE_TAG, SWEEP_TAG
from ml_assets.core.sweep.result import ASSET, sweep_run_id
from ml_assets.core.sweep.sweep_parameters import sweep_identity
from ml_assets.errors import RefusedError

LOOKED_AT = 500  # latest runs in which sweeps are looked for
_SIZE = re.compile(r"[0-9]{1,9}")


def leaderboard_after_sweep(view: View) -> dg.SensorDefinition:
    """The sensor of a view."""
    name = view.beside("leaderboard_after_sweep")
    return dg.SensorDefinition(
        name=name,
        job_name=view.beside(KIND),
        minimum_interval_seconds=30,
        evaluation_fn=in_time(_evaluate, view, name=name),
        description="When the last trial of a sweep with runs of their own (`ml-assets sweep --on URL --as-runs`) has ended, "
        "its leaderboard is requested, once.",
    )


def _evaluate(context: dg.SensorEvaluationContext, view: View) -> dg.SensorResult:
    """Request the leaderboards of sweeps whose runs have all ended; the cursor holds the last run of each."""
    done = texts(read_cursor(context.cursor).get("done"))
    requests: list[dg.RunRequest] = []
    latest = context.instance.get_runs(dg.RunsFilter(job_name=view.job_name), limit=LOOKED_AT)
    sweeps = dict.fromkeys(
        (run.tags[SWEEP_TAG], _environment(run)) for run in latest if SWEEP_TAG in run.tags
    )
    known = set()
    for name, environment in sweeps:
        runs = _one_each(context.instance, name, environment, job=view.job_name)
        last, mark = runs[0].run_id, f"{environment}/{name}"
        known.add(mark)
        if done.get(mark) == last or not _complete(runs):
            continue
        requests += not_requested_yet(list(_requests(runs, name, context, view)), context.instance)
        done = {**done, mark: last}
    kept = {mark: last for mark, last in done.items() if mark in known}
    return dg.SensorResult(
        run_requests=requests,
        cursor=write_cursor({"done": kept}),
        skip_reason=None if requests else f"{len(sweeps)} sweeps, none to rank",
    )


def _one_each(instance: dg.DagsterInstance, name: str, environment: str, *, job: str) -> list[dg.DagsterRun]:
    """The latest run of each trial and day of a sweep in one environment, the latest of all first."""
    found: dict[str, dg.DagsterRun] = {}
    for run in instance.get_runs(dg.RunsFilter(job_name=job, tags={SWEEP_TAG: name})):
        if _environment(run) == environment:
            found.setdefault(run.tags.get(RUN_ID_TAG, run.run_id), run)
    return list(found.values())


def _environment(run: dg.DagsterRun) -> str:
    """Where a trial's artifacts go, as its tag tells: that is no part of a sweep's name."""
    try:
        return _Asked.model_validate_json(run.tags.get(REQUEST_TAG, "")).environment
    except ValueError:
        return ""


def _complete(runs: Sequence[dg.DagsterRun]) -> bool:
    """Whether all runs are there and have ended. A size that is none never waits: `_request` tells of it."""
    size = runs[0].tags.get(SIZE_TAG, "")
    missing = _SIZE.fullmatch(size) and len(runs) < int(size)
    return not missing and all(run.is_finished for run in runs)


class _Asked(BaseModel):
    """What was asked for, as its tag tells; whether that is sound is another question."""

    given: dict[str, Any]
    own: dict[str, Any]
    as_of: str
    environment: str


def _requests(
    runs: Sequence[dg.DagsterRun], name: str, context: dg.SensorEvaluationContext, view: View
) -> Iterator[dg.RunRequest]:
    """The request of one leaderboard; none where the tags do not tell a sound one, so that it holds up no other."""
    try:
        yield _request(runs[0].tags, name, last=runs[0].run_id, view=view)
    except RefusedError as error:
        context.log.warning("sweep %s gets no leaderboard: %s", name, "; ".join(error.problems))
    except ValueError:
        told = "sweep %s gets no leaderboard: the tags of the run %s are not what they were"
        context.log.warning(told, name, runs[0].run_id)


def _request(tags: Mapping[str, str], name: str, *, last: str, view: View) -> dg.RunRequest:
    """The request that the tags of a sweep's latest run tell; ValueError where they tell none."""
    asked = _Asked.model_validate_json(tags.get(REQUEST_TAG, ""))
    options = {"environment": asked.environment}
    parameters = acceptable(asked.given, view)
    refuse_options(options)
    own = check_sweep_of(view, asked.own)
    day = day_to_request(parse(asked.as_of))
    if not _SIZE.fullmatch(tags.get(SIZE_TAG, "")) or sweep_run_id(parameters, own, day) != name:
        raise ValueError(name)
    typed = {key: getattr(parameters, key) for key in asked.given}
    usual = Options.model_fields["environment"].default
    return dg.RunRequest(
        run_key=f"sweep:{name}:{last}",
        run_config={
            "resources": {
                view.params: {"config": typed},
                OPTIONS: {"config": {} if asked.environment == usual else options},
            },
            "ops": {view.step_of(ASSET): {"config": asked.own}},
        },
        partition_key=day.isoformat(),
        tags={
            **run_tags(sweep_identity(parameters, own), run_id=name, names=view.pipeline.path),
            SWEEP_TAG: name,
            LAST_TAG: last,
        },
    )
