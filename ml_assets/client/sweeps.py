"""Sweeps on a deployment: as one Dagster run, or with a run of its own for each trial and day."""

from collections.abc import Mapping
from typing import Any

from ml_assets.client.request import Day, Progress, refuse_early, silent, until
from ml_assets.client.sweep_request import Asked, checked_sweep, refuse_with_as_runs
from ml_assets.client.trials import Trials
from ml_assets.core.as_of import window
from ml_assets.core.pipeline import Declared
from ml_assets.core.references import default_pipeline
from ml_assets.core.result import run_config
from ml_assets.core.shown_as import job_of, params_of, step_of
from ml_assets.core.sweep.result import ASSET, SweepResult
from ml_assets.deployment import Deployment, connect
from ml_assets.errors import RemoteError

JOB = "sweep"


def submit_sweep(
    url: str,
    *,
    parameters: Mapping[str, Any],
    sweep: Mapping[str, Any],
    as_of: Day,
    pipeline: Declared | None = None,
    as_runs: bool = False,
    environment: str = "default",
    reuse: bool = True,
    retry_failed: bool = False,
    engine: str = "",
    wait: bool = True,
    timeout_seconds: float | None = None,
    on_progress: Progress | None = None,
) -> SweepResult:
    """Carry out a sweep on the deployment at `url`: `parameters` are what all trials share, as_of is its latest day.

    `sweep` holds its own parameters: `grid`, `search`, `window_days` and so on. With `as_runs`, each trial and day is a
    run of its own, for trials that each need a machine: the sensor `leaderboard_after_sweep` of the deployment ranks
    them when the last one has ended, and what is running or succeeded already for the same sweep is not launched again.
    With `retry_failed`, trials that are known to fail are tried again; `engine` is where those of a single run are made,
    if not where the deployment's settings say. Without `wait`, the result holds no leaderboard. For the rest see
    `submit`; RemoteError is raised too where there is no leaderboard.
    """
    pipeline, told = pipeline or default_pipeline(), on_progress or silent
    options = {"retry_failed": retry_failed, "engine": engine}
    if as_runs:
        refuse_with_as_runs(**options)
    about: dict[str, Any] = {"pipeline": pipeline, "environment": environment, "as_runs": as_runs}
    asked, deployment = checked_sweep(parameters, sweep, as_of, **about), connect(url, pipeline=pipeline)
    if as_runs:
        run = _as_runs(deployment, asked, reuse=reuse, wait=wait, seconds=timeout_seconds, told=told)
    else:
        run = _as_one(deployment, asked, told=told, environment=environment, reuse=reuse, **options)
    return (
        _leaderboard(deployment, asked, run, seconds=timeout_seconds, told=told)
        if wait
        else asked.result(run)
    )


def _as_one(deployment: Deployment, asked: Asked, *, told: Progress, **options: Any) -> str:
    """The run that makes all trials and ranks them."""
    refuse_early(asked.as_of, first=deployment.first_day())
    pipeline, given = asked.pipeline, asked.request
    own = {step_of(pipeline, ASSET): given["own"]}
    config = run_config(given["given"], params=params_of(pipeline), own=own, **options)
    run = deployment.launch(config, str(asked.as_of), job=job_of(pipeline, JOB))
    told(f"{asked.as_of} launched as Dagster run {run}")
    return run


def _as_runs(
    deployment: Deployment, asked: Asked, *, reuse: bool, wait: bool, seconds: float | None, told: Progress
) -> str:
    """The run that ranks trials which are runs of their own, once all have ended; "" where nobody waits for that."""
    first = deployment.first_day()
    refuse_early(asked.as_of, first=first)
    trials = Trials(deployment=deployment, asked=asked, told=told)
    launched = trials.launch(window(asked.as_of, days=asked.own.window_days, first=first), reuse=reuse)
    if not wait:
        return ""
    trials.wait(launched, seconds=seconds)
    return trials.ranking(after=launched)


def _leaderboard(
    deployment: Deployment, asked: Asked, run: str, *, seconds: float | None, told: Progress
) -> SweepResult:
    """The result with the leaderboard that a run makes, once it has ended; RemoteError where it makes none."""
    until(lambda: deployment.run_ended(run, told), what=f"run {run}", seconds=seconds)
    seen = deployment.made(ASSET, str(asked.as_of), by=run)
    if seen is None:
        reasons = deployment.outcome_of_run(run).reasons or ["its log says why"]
        raise RemoteError(f"The run {run} made no leaderboard on {deployment.url}: {reasons[0]}")
    return asked.result(run, seen)
