"""What the store of an environment holds, brought to the tracking store: only what is missing or other there."""

from collections.abc import Iterator

from ml_assets.core.shown_as import is_main
from ml_assets.core.tracked_run import measured_asset
from ml_assets.core.where import Filter
from ml_assets.errors import SharedRunIdError, StoreError
from ml_assets.pipeline.tracking.mlflow_log import MlflowLog
from ml_assets.pipeline.tracking.stored_run import stored_run
from ml_assets.pipeline.workspace import Workspace


def sync(workspace: Workspace, where: Filter) -> Iterator[bool | StoreError]:
    """For each run that `where` admits, by path: whether it had to be logged; a damaged one comes as its error.

    Raises:
        TrackingError: the tracking store cannot be used; what was logged before stays.
    """
    log, pipeline = MlflowLog(workspace.tracking), workspace.pipeline
    known = log.known(workspace.environment, pipeline="" if is_main(pipeline) else pipeline.name)
    places: dict[str, str] = {}
    for entry in workspace.store.entries(measured_asset(pipeline), where, folder=pipeline.folder):
        if isinstance(entry, StoreError):
            yield entry
            continue
        place = workspace.store.uri(entry.key)
        if (other := places.setdefault(entry.key.run_id, place)) != place:
            yield SharedRunIdError(
                f"{place}: has the run_id of {other}, so that both would be one run of the tracking store. It was not logged."
            )
            continue
        try:
            run = stored_run(entry.key, workspace.store, pipeline=pipeline, environment=workspace.environment)
        except StoreError as error:
            yield error
            continue
        if run is not None:
            yield log.log(run, found=known.get(run.run_id))
