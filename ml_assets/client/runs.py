"""Runs and backfills on a deployment."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ml_assets.client.request import Day, Progress, checked_request, day_of, silent, until
from ml_assets.core.pipeline import Declared, asset_problems, default_pipeline
from ml_assets.core.result import BackfillResult, Result, Seen, failed_days, result_of, run_config
from ml_assets.deployment import connect
from ml_assets.errors import RefusedError, RemoteError

MAX_DAYS = 3660


def submit(
    url: str,
    *,
    parameters: Mapping[str, Any],
    as_of: Day,
    pipeline: Declared | None = None,
    environment: str = "default",
    reuse: bool = True,
    wait: bool = True,
    timeout_seconds: float | None = None,
    on_progress: Progress | None = None,
) -> Result:
    """Run the job `train` for one as_of on the deployment at `url`.

    Args:
        url: the address of its webserver.
        parameters: what is not at its default, held to the same rules as anywhere else.
        as_of: the day.
        pipeline: what is run; by default the shipped one.
        environment: where the artifacts go, if not where the deployment's settings say.
        reuse: whether stored artifacts that nothing has changed are used.
        wait: whether to wait for the end; else artifacts and metrics are empty.
        timeout_seconds: how long to wait; the run goes on afterwards.
        on_progress: called with a line of text whenever something happened.

    Raises:
        RefusedError: before anything was started, here or by the deployment.
        RemoteError: it cannot be reached, the run failed, or it takes too long.
    """
    pipeline = pipeline or default_pipeline()
    checked, (day,) = checked_request(parameters, [as_of], cls=pipeline.parameters)
    deployment = connect(url, assets=tuple(pipeline.assets))
    config = run_config(parameters, environment=environment, reuse=reuse)
    launched = deployment.launch(config, str(day))
    told = on_progress or silent
    told(f"{day} launched as Dagster run {launched}")
    if not wait:
        return result_of(checked, day, pipeline=pipeline, dagster_run_id=launched, environment=environment)
    until(lambda: deployment.run_ended(launched, told), what=f"run {launched}", seconds=timeout_seconds)
    outcome = deployment.outcome_of_run(launched)
    if outcome.reasons:
        raise RemoteError(f"The run {launched} failed on {deployment.url}: {outcome.reasons[0]}")
    return result_of(
        checked, day, pipeline=pipeline, dagster_run_id=launched, environment=environment, seen=outcome.seen
    )


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
    engine: str = "",
    wait: bool = True,
    timeout_seconds: float | None = None,
    on_progress: Progress | None = None,
) -> BackfillResult:
    """Backfill several as_ofs: the `days`, or all from `first` to `last`. Of the job, or of `assets` if given.

    `engine` is where its days are made, if not where the deployment's settings say.
    A day that fails is listed in `failed` with its reason; it is no error. For the rest see `submit`.
    """
    wanted = list(days) if days else span(first, last)
    pipeline = pipeline or default_pipeline()
    checked, found = checked_request(
        parameters, wanted, cls=pipeline.parameters, also=asset_problems(assets, pipeline)
    )
    deployment = connect(url, assets=tuple(pipeline.assets))
    config = run_config(parameters, environment=environment, reuse=reuse, engine=engine)
    backfill = deployment.launch_backfill(config, [str(day) for day in found], assets=assets)
    told = on_progress or silent
    told(f"{len(found)} days launched as backfill {backfill}")
    if not wait:
        return BackfillResult(backfill_id=backfill, days=[], failed=[])
    until(
        lambda: deployment.backfill_ended(backfill, told),
        what=f"backfill {backfill}",
        seconds=timeout_seconds,
    )
    outcome = deployment.outcome_of_backfill(backfill)
    failed = failed_days(
        found,
        seen=outcome.seen,
        reasons=outcome.failed,
        otherwise=outcome.otherwise,
        assets=assets or tuple(pipeline.assets),
    )
    bad = {item["as_of"] for item in failed}
    results = [
        result_of(
            checked,
            day,
            pipeline=pipeline,
            dagster_run_id=outcome.run_of(day),
            environment=_place(environment, day, outcome.seen),
            seen=outcome.seen,
        )
        for day in found
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
        raise RefusedError(["days: not a span. Allowed: a first and a last day, YYYY-MM-DD, in this order."])
    return [start + dt.timedelta(days=n) for n in range((end - start).days + 1)]
