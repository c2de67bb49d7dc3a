"""Trials side by side: each is the run that `ml-assets run` would make of its parameters, and reuses it or is reused."""

import datetime as dt
import math
from collections.abc import Container, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import Parameters
from ml_assets.errors import MlAssetsError, StoreError, TrainingError
from ml_assets.pipeline.attempt import Attempt, attempt
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.days import attempts, must_be_made, workers_that_pay
from ml_assets.pipeline.failed_trials import remembered
from ml_assets.pipeline.parallel import side_by_side
from ml_assets.pipeline.sharing import own_assets, shared_assets, shared_name
from ml_assets.pipeline.workspace import Workspace

TURNS = 4  # tasks a process: fewer cost less, more share the work better
MOST = 8  # trials of one task, so that progress is seen


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One trial at one as_of; `attempt.made` holds its own artifacts, or those that are there of a failed one."""

    parameters: Parameters
    attempt: Attempt


def shared_artifacts(
    trials: Sequence[Parameters],
    days: Sequence[dt.date],
    *,
    workspace: Workspace,
    workers: int,
    known: Container[str] = (),
) -> Iterator[Tried]:
    """Make or find what trials share on each day, once for all of them; not what is named among the `known`."""
    pipeline, assets = workspace.pipeline, shared_assets(workspace.pipeline)
    by_slice = {shared_name(pipeline, trial, days[0]): trial for trial in trials} if assets else {}
    for trial in by_slice.values():
        missing = [day for day in days if shared_name(pipeline, trial, day) not in known]
        if not missing:
            continue
        found = attempts(
            trial, missing, workspace=workspace, workers=min(workers, len(missing)), assets=assets
        )
        for done in found:
            yield Tried(parameters=trial, attempt=done)


def tries(
    wanted: Mapping[dt.date, Sequence[Parameters]],
    *,
    shared: Mapping[str, Mapping[str, Manifest]],
    workspace: Workspace,
    workers: int,
    retry_failed: bool = False,
    together: int = 0,
) -> Generator[Tried, None, None]:
    """Try the trials of each day; each outcome soon after it is there.

    In `shared` are the artifacts that trials share, by `shared_name` and asset: all are made of these very ones, whatever
    is made of others meanwhile. A failure is part of the outcome. One that rows, code and parameters decide is remembered and, until `retry_failed`
    asks for it or one of them changes, not tried again. What is under way when this is closed is given up.
    `together` is how many trials share a task, by default as many as pay.
    """
    pipeline = workspace.pipeline
    size = together or _chunk(sum(map(len, wanted.values())), workers)
    ended: dict[dt.date, list[Parameters]] = {}
    tasks = {
        (day, first): (
            tuple(
                (trial, shared.get(shared_name(pipeline, trial, day), {}))
                for trial in trials[first : first + size]
            ),
            day,
            workspace,
            retry_failed,
        )
        for day, trials in wanted.items()
        for first in range(0, len(trials), size)
    }
    for (day, first), done in side_by_side(_try_all, tasks, workers=workers, engine=workspace.engine):
        trials = tasks[day, first][0]
        if isinstance(done, TrainingError) and len(trials) > 1 and not workspace.engine:
            ended.setdefault(day, []).extend(trial for trial, _ in trials)  # by one of them
            continue
        outcomes = (
            [Attempt(as_of=day, error=done) for _ in trials] if isinstance(done, TrainingError) else done
        )
        for (parameters, _), outcome in zip(trials, outcomes, strict=True):
            yield Tried(parameters=parameters, attempt=outcome)
    if ended:
        yield from tries(
            ended, shared=shared, workspace=workspace, workers=workers, retry_failed=retry_failed, together=1
        )


def workers_for_trials(wanted: Mapping[dt.date, Sequence[Parameters]], workspace: Workspace) -> int:
    """How many processes pay: no more than cores, or than trials that are not stored yet; 1 is this process."""
    to_make = (
        must_be_made(trial, day, workspace=workspace) for day, trials in wanted.items() for trial in trials
    )
    return workers_that_pay(to_make, workspace=workspace)


def _chunk(tasks: int, workers: int) -> int:
    return max(1, min(MOST, math.ceil(tasks / (workers * TURNS))))


def _try_all(
    trials: Sequence[tuple[Parameters, Mapping[str, Manifest]]],
    day: dt.date,
    workspace: Workspace,
    retry_failed: bool,  # noqa: FBT001
) -> list[Attempt]:
    """In a worker: the trials of one task, each with what it shares, which is read once."""
    loaded: dict[str, object] = {}
    found = []
    for trial, pinned in trials:
        found.append(_try(trial, day, workspace, loaded, pinned=pinned, retry_failed=retry_failed))
        digests = {manifest.sha256 for manifest in pinned.values()}
        for name in [name for name in loaded if name.rpartition("/")[2] not in digests]:
            del loaded[name]
    return found


def _try(
    trial: Parameters,
    day: dt.date,
    workspace: Workspace,
    loaded: dict[str, object],
    *,
    pinned: Mapping[str, Manifest],
    retry_failed: bool,
) -> Attempt:
    try:
        if workspace.reuse and not retry_failed:
            reason = _known_failure(Day(parameters=trial, as_of=day, workspace=workspace, pinned=pinned))
            if reason is not None:
                return Attempt(as_of=day, error=TrainingError(reason))
    except MlAssetsError as error:
        return Attempt(as_of=day, error=error)
    return attempt(
        trial,
        day,
        workspace=workspace,
        assets=own_assets(workspace.pipeline),
        contain=True,
        judge=False,
        loaded=loaded,
        pinned=pinned,
    )


def _known_failure(trial: Day) -> str | None:
    """Why a trial would fail again; None where it is not known to, or is stored, made of the same by today's code."""
    reason = remembered(trial)
    return None if reason is None or _is_stored(trial) else reason


def _is_stored(trial: Day) -> bool:
    try:
        return all(trial.reusable(asset) for asset in own_assets(trial.pipeline))
    except StoreError:
        return False
