"""Runs and backfills on a deployment."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ml_assets.client.request import Day, Progress, checked_request, day_of, silent, until
from ml_assets.core.as_of import NOT_A_SPAN, is_day
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared, asset_problems
from ml_assets.core.references import default_pipeline
from ml_assets.core.result import BackfillResult, Result, Seen, failed_days, result_of, run_config
from ml_assets.core.run_tags import subject_tags
from ml_assets.core.shown_as import params_of
from ml_assets.deployment import Deployment, connect
from ml_assets.errors import RefusedError, RemoteError
from ml_assets.text import count

MAX_DAYS = 3660


def submit(
    url: str,
    *,
    parameters: Mapping[str, Any],
    as_of: Day,
    pipeline: Declared | None = None,
    environment: str = "default",
    reuse: bool = True,
    again: str = "",
    wait: bool = True,
    timeout_seconds: float | None = None,
    on_progress: Progress | None = None,
) -> Result:
    """Run the job of a pipeline for one as_of on the deployment at `url`.

    Args:
        url: the address of its webserver.
        parameters: what is not at its default, held to the same rules as anywhere else.
        as_of: the day.
        pipeline: what is run; by default the shipped one.
        environment: where the artifacts go, if not where the deployment's settings say.
        reuse: whether stored artifacts that nothing has changed are used.
        again: assets that are made again though nothing has changed, with commas between them; a recorded one only so.
        wait: whether to wait for the end; else artifacts and metrics are empty.
        timeout_seconds: how long to wait; the run goes on afterwards.
        on_progress: called with a line of text whenever something happened.

    Raises:
        RefusedError: before anything was started, here or by the deployment.
        RemoteError: it cannot be reached, the run failed, or it takes too long.
    """
    pipeline, told = pipeline or default_pipeline(), on_progress or silent
    checked, (day,) = checked_request(parameters, [as_of], cls=pipeline.parameters, every=pipeline.every)
    deployment = connect(url, pipeline=pipeline)
    config = run_config(
        parameters, params=params_of(pipeline), environment=environment, reuse=reuse, again=again
    )
    run = deployment.launch(config, str(day))
    told(f"{day} launched as Dagster run {run}")
    seen = _seen(deployment, run, told=told, seconds=timeout_seconds) if wait else None
    return result_of(checked, day, pipeline=pipeline, dagster_run_id=run, environment=environment, seen=seen)


def _seen(deployment: Deployment, run: str, *, told: Progress, seconds: float | None) -> Seen:
    """What a run made, once it has ended; RemoteError where it failed."""
    until(lambda: deployment.run_ended(run, told), what=f"run {run}", seconds=seconds)
    outcome = deployment.outcome_of_run(run)
    if outcome.reasons:
        raise RemoteError(f"The run {run} failed on {deployment.url}: {outcome.reasons[0]}")
    return outcome.seen


def submit_backfill(
    url: str,
    *,
    parameters: Mapping[str, Any],
    days: Sequence[Day] = (),
    first: Day | None = None,
    last: Day | None = None,
    pipeline: Declared | None = None,
    assets: Collection[str] | None = None,
    environment: str = "default",
    reuse: bool = True,
    again: str = "",
    engine: str = "",
    wait: bool = True,
    timeout_seconds: float | None = None,
    on_progress: Progress | None = None,
) -> BackfillResult:
    """Backfill several as_ofs: the `days`, or all from `first` to `last`. Of the job, or of `assets` if given.

    `engine` is where its days are made, if not where the deployment's settings say.
    A day that fails is listed in `failed` with its reason; it is no error. For the rest see `submit`.
    """
    pipeline, told = pipeline or default_pipeline(), on_progress or silent
    checked, wanted = checked_request(
        parameters,
        list(days) or [day for day in span(first, last) if is_day(day, every=pipeline.every)],
        cls=pipeline.parameters,
        every=pipeline.every,
        also=asset_problems(assets, pipeline),
    )
    deployment, params = connect(url, pipeline=pipeline), params_of(pipeline)
    options: dict[str, Any] = {"environment": environment, "reuse": reuse, "again": again, "engine": engine}
    config = run_config(parameters, params=params, **options)
    tags = subject_tags(pipeline.identity(checked), names=pipeline.path)
    backfill = deployment.launch_backfill(config, [str(day) for day in wanted], assets=assets, tags=tags)
    told(f"{count(len(wanted), 'day')} launched as backfill {backfill}")
    if not wait:
        return BackfillResult(backfill_id=backfill, days=[], failed=[])
    what = f"backfill {backfill}"
    until(lambda: deployment.backfill_ended(backfill, told), what=what, seconds=timeout_seconds)
    return _outcome(deployment, backfill, checked, wanted, environment=environment, assets=assets)


def _outcome(
    deployment: Deployment,
    backfill: str,
    parameters: Parameters,
    days: Sequence[dt.date],
    *,
    environment: str,
    assets: Collection[str] | None,
) -> BackfillResult:
    """What came of each day of a backfill that has ended."""
    outcome, pipeline = deployment.outcome_of_backfill(backfill), deployment.pipeline
    seen = outcome.seen
    failed = failed_days(
        days,
        seen=seen,
        reasons=outcome.failed,
        otherwise=outcome.otherwise,
        assets=assets or tuple(pipeline.assets),
    )
    bad = {item["as_of"] for item in failed}
    results = [
        result_of(
            parameters,
            day,
            pipeline=pipeline,
            dagster_run_id=outcome.run_of(day),
            environment=_place(environment, day, seen),
            seen=seen,
        )
        for day in days
        if str(day) not in bad
    ]
    return BackfillResult(backfill_id=backfill, days=results, failed=failed)


def _place(environment: str, day: dt.date, seen: Seen) -> str:
    """Where the artifacts of a day went: `default` is what their metadata say it stands for."""
    told = [
        str(made["environment"]) for (_, of), made in seen.items() if of == str(day) and "environment" in made
    ]
    return told[0] if told and environment == "default" else environment


def span(first: Day | None, last: Day | None) -> list[dt.date]:
    """Every day from `first` to `last`, both included; RefusedError where that is no span."""
    start, end = day_of(first), day_of(last)
    if start is None or end is None or end < start or (end - start).days >= MAX_DAYS:
        raise RefusedError([NOT_A_SPAN])
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
