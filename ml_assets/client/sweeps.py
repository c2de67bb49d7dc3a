"""Sweeps on a deployment: as one Dagster run, or with a run of its own for each trial and day."""

import datetime as dt
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_assets.client.request import Day, Progress, checked_request, refuse_early, silent, until
from ml_assets.core.as_of import window
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared, default_pipeline
from ml_assets.core.result import run_config
from ml_assets.core.sweep.as_runs import LAST_TAG, REQUEST_TAG, RUN_ID_TAG, SWEEP_TAG, trial_tags
from ml_assets.core.sweep.result import ASSET, SweepResult, sweep_result, sweep_run_id
from ml_assets.core.sweep.search import check_space, trials_of
from ml_assets.core.sweep.sweep_parameters import SweepParameters, check_sweep, space_of
from ml_assets.deployment import ENDED, Deployment, TaggedRun, connect
from ml_assets.errors import RefusedError, RemoteError

JOB = "sweep"
SENSOR = "leaderboard_after_sweep"
SENSOR_SECONDS = 120  # it looks every half minute
POLL_SECONDS = 2.0
LISTABLE = ("grid", "random")
FAILED = ("FAILURE", "CANCELED", "CANCELING")


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
    """Carry out a sweep on the deployment at `url`.

    Args:
        url: the address of its webserver.
        parameters: what all trials share and is not at its default.
        sweep: the sweep's own parameters: `grid`, `search`, `window_days` and so on.
        as_of: its latest day.
        pipeline: what is run; by default the shipped one.
        as_runs: launch each trial and day as a run of its own, for trials that each need a machine. The sensor
            `leaderboard_after_sweep` of the deployment ranks them when the last one has ended. What is running or
            succeeded already for the same sweep is not launched again.
        environment: where the artifacts go, if not where the deployment's settings say.
        reuse: whether stored artifacts that nothing has changed are used.
        retry_failed: whether trials that are known to fail are tried again.
        engine: where the trials of a single run are made, if not where the deployment's settings say.
        wait: whether to wait for the leaderboard; else the result holds none.
        timeout_seconds: how long to wait; the runs go on afterwards.
        on_progress: called with a line of text whenever something happened.

    Raises:
        RefusedError: before anything was started, here or by the deployment.
        RemoteError: it cannot be reached, there is no leaderboard of the sweep, or it takes too long.
    """
    if as_runs:
        _refuse_with_as_runs(retry_failed=retry_failed, engine=engine)
    pipeline = pipeline or default_pipeline()
    asked = _ask(parameters, sweep, as_of, pipeline=pipeline, environment=environment, as_runs=as_runs)
    deployment, told = connect(url, assets=tuple(pipeline.assets)), on_progress or silent
    first = deployment.first_day()
    refuse_early(asked.as_of, first=first)
    if as_runs:
        days = window(asked.as_of, days=asked.own.window_days, first=first)
        launched = _launch_trials(deployment, asked, days, reuse=reuse, told=told)
        if not wait:
            return asked.result()
        _wait(deployment, asked.name, launched, seconds=timeout_seconds, told=told)
        run = _ranking(deployment, asked.name, after=launched, told=told)
    else:
        config = run_config(
            parameters,
            own={ASSET: sweep},
            environment=environment,
            reuse=reuse,
            retry_failed=retry_failed,
            engine=engine,
        )
        run = deployment.launch(config, str(asked.as_of), job=JOB)
        told(f"{asked.as_of} launched as Dagster run {run}")
        if not wait:
            return asked.result(run)
    until(lambda: deployment.run_ended(run, told), what=f"run {run}", seconds=timeout_seconds)
    seen = deployment.made(ASSET, str(asked.as_of), by=run)
    if seen is None:
        reasons = deployment.outcome_of_run(run).reasons or ["its log says why"]
        raise RemoteError(f"The run {run} made no leaderboard on {deployment.url}: {reasons[0]}")
    return asked.result(run, seen)


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A sound sweep that is asked for; `request` is what was given, as JSON values."""

    parameters: Parameters
    own: SweepParameters
    as_of: dt.date
    request: Mapping[str, Any]

    @property
    def name(self) -> str:
        return sweep_run_id(self.parameters, self.own, self.as_of)

    def result(self, run: str = "", seen: Mapping[str, Any] | None = None) -> SweepResult:
        return sweep_result(self.parameters, self.own, self.as_of, dagster_run_id=run, seen=seen)


def _ask(
    parameters: Mapping[str, Any],
    sweep: Mapping[str, Any],
    as_of: Day,
    *,
    pipeline: Declared,
    environment: str,
    as_runs: bool,
) -> _Asked:
    """What is asked for, or RefusedError with every problem of parameters, days and sweep."""
    checked, (day,) = checked_request(
        parameters, [as_of], cls=pipeline.parameters, also=_problems(sweep, pipeline, as_runs=as_runs)
    )
    own = _checked(sweep, pipeline)
    check_space(checked, space_of(own, cls=pipeline.parameters))
    request = {"given": dict(parameters), "own": dict(sweep), "as_of": str(day), "environment": environment}
    return _Asked(parameters=checked, own=own, as_of=day, request=request)


def _refuse_with_as_runs(**options: object) -> None:
    if given := [name for name, value in options.items() if value]:
        raise RefusedError(
            [f"{name}: not with as_runs, where each trial is a run like any other." for name in given]
        )


def _checked(sweep: Mapping[str, Any], pipeline: Declared) -> SweepParameters:
    return check_sweep(sweep, pipeline=pipeline)


def _problems(sweep: Mapping[str, Any], pipeline: Declared, *, as_runs: bool) -> tuple[str, ...]:
    try:
        own = _checked(sweep, pipeline)
    except RefusedError as error:
        return error.problems
    if as_runs and own.search not in LISTABLE:
        return (
            f"search: its trials depend on results, so not all can be launched. Allowed: {', '.join(LISTABLE)}.",
        )
    return ()


def _launch_trials(
    deployment: Deployment, asked: _Asked, days: Sequence[dt.date], *, reuse: bool, told: Progress
) -> list[str]:
    """Launch a run for each trial and day that has none yet; the ids of all of them."""
    trials = trials_of(asked.parameters, asked.own)
    fields = dict.fromkeys(
        [*asked.request["given"], *(axis.name for axis in space_of(asked.own, cls=type(asked.parameters)))]
    )
    place = asked.request["environment"]
    before = deployment.runs_tagged({SWEEP_TAG: asked.name})
    latest = {run.tags.get(RUN_ID_TAG): run for run in reversed(before) if _place(run) == place}
    found = []
    for day, trial in itertools.product(days, trials):
        tags = trial_tags(trial, day, sweep=asked.name, size=len(trials) * len(days), request=asked.request)
        known = latest.get(tags[RUN_ID_TAG])
        if known is not None and known.status not in (FAILED if reuse else ENDED):
            found.append(known.id)
            continue
        values = {name: getattr(trial, name) for name in fields}
        config = run_config(values, environment=place, reuse=reuse)
        found.append(deployment.launch(config, str(day), tags=tags))
        told(f"{day} {tags[RUN_ID_TAG]} launched as Dagster run {found[-1]}")
    return found


def _place(run: TaggedRun) -> str | None:
    """The environment that a run's artifacts go to, which does not decide the run_id; None where its tags do not tell."""
    try:
        return str(json.loads(run.tags.get(REQUEST_TAG, ""))["environment"])
    except (KeyError, TypeError, ValueError):
        return None


def _wait(
    deployment: Deployment, sweep: str, runs: list[str], *, seconds: float | None, told: Progress
) -> None:
    """Wait until all of these runs have ended; tells how many have whenever that changes."""
    before = -1

    def ended() -> bool:
        nonlocal before
        status = {run.id: run.status for run in deployment.runs_tagged({SWEEP_TAG: sweep})}
        if gone := [run for run in runs if run not in status]:
            raise RemoteError(
                f"The run {gone[0]} is not known any more on {deployment.url}: somebody deleted it."
            )
        done = sum(status[run] in ENDED for run in runs)
        if done != before:
            told(f"{done} of {len(runs)} runs have ended")
        before = done
        return done == len(runs)

    until(ended, what="sweep", seconds=seconds)


def _ranking(deployment: Deployment, sweep: str, *, after: list[str], told: Progress) -> str:
    """The run of the leaderboard that the sensor asks for after the latest of the trials, once it is there."""
    told(f"All trials have ended; the sensor {SENSOR} ranks them")
    last = next((run.id for run in deployment.runs_tagged({SWEEP_TAG: sweep}) if run.id in after), "")
    end = time.monotonic() + SENSOR_SECONDS
    while time.monotonic() < end:
        if found := deployment.runs_tagged({SWEEP_TAG: sweep, LAST_TAG: last}, job=JOB):
            return found[0].id
        time.sleep(POLL_SECONDS)
    raise RemoteError(
        f"All trials of sweep {sweep} have ended, but nothing ranks them on {deployment.url}. Turn on the sensor "
        f"{SENSOR}, or run the same sweep without --as-runs: it reuses them."
    )
