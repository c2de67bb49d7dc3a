"""Many days, in as many processes as there are cores and days to make: each outcome as soon as it is there.

Processes, not threads: a fit caps its threads and turns warnings into errors for all of its process.
"""

import datetime as dt
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.progress import tell_step
from ml_assets.errors import CorruptArtifactError, SharedRunIdError, TrainingError
from ml_assets.pipeline.attempt import Attempt, attempt
from ml_assets.pipeline.code import code_of
from ml_assets.pipeline.parallel import side_by_side
from ml_assets.pipeline.processes import cores
from ml_assets.pipeline.workspace import Workspace

DAYS_PER_RUN = 31  # of one Dagster run: what it holds in memory is bounded, and several can share a backfill
LOGGER = logging.getLogger("ml_assets")


def attempts(
    parameters: Parameters,
    days: Sequence[dt.date],
    *,
    workspace: Workspace,
    workers: int,
    assets: Collection[str] | None = None,
) -> Iterator[Attempt]:
    """The outcome of each day, in the order in which they end; no day's error stops or hides another.

    Of a single day, an error that is not one of ours is raised.
    """
    if len(days) == 1:
        yield attempt(parameters, days[0], workspace=workspace, assets=assets)
        return
    tasks = {day: (parameters, day, workspace, None if assets is None else tuple(assets)) for day in days}
    found = side_by_side(_contained, tasks, workers=workers, engine=workspace.engine)
    for ended, (day, done) in enumerate(found, start=1):
        outcome = Attempt(as_of=day, error=done) if isinstance(done, TrainingError) else done
        LOGGER.info("%s %s (%d of %d)", day, _told(outcome), ended, len(days))
        tell_step("day", total=len(days))
        yield outcome


def workers_for(parameters: Parameters, days: Sequence[dt.date], *, workspace: Workspace) -> int:
    """How many processes pay: no more than cores, or than days whose main asset is not in the store as it would be made.

    1 stands for this process. A process that trains loads scikit-learn first, which takes longer than reading what is stored.
    """
    if len(days) == 1:
        return 1
    to_make = (must_be_made(parameters, day, workspace=workspace) for day in days)
    return workers_that_pay(to_make, workspace=workspace)


def workers_that_pay(to_make: Iterable[bool], *, workspace: Workspace) -> int:
    """As many processes as there are things to make, at most those of the workspace; looks at no more than it takes to know."""
    most = workspace.workers or cores()
    return 1 if most == 1 else max(1, sum(islice(filter(None, to_make), most)))


def _contained(
    parameters: Parameters, day: dt.date, workspace: Workspace, assets: tuple[str, ...] | None
) -> Attempt:
    return attempt(parameters, day, workspace=workspace, assets=assets, contain=True)


def must_be_made(parameters: Parameters, day: dt.date, *, workspace: Workspace) -> bool:
    """Whether the main asset is not stored as today's code would make it; a quick look, which rows may still overrule."""
    pipeline, asset = workspace.pipeline, main_asset(workspace.pipeline)
    kind = pipeline.assets[asset]
    if not workspace.reuses(kind):
        return True
    try:
        found = workspace.store.find(pipeline.key(asset, parameters, day))
    except (CorruptArtifactError, SharedRunIdError):
        return True
    if found is None or kind.recorded:
        return found is None
    return found.code_version != code_of(kind, pipeline.identity(parameters, asset)).version


def main_asset(pipeline: Declared) -> str:
    """What a run is about: what is promoted, else the last asset."""
    return pipeline.promotes or tuple(pipeline.assets)[-1]


def _told(done: Attempt) -> str:
    if done.error:
        return "failed"
    made = sum(not item.reused for item in done.made)
    return f"{made} made, {len(done.made) - made} reused"
