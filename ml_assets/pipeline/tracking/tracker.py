"""Tracking beside a training run: it warns once and gives up before it fails or delays anything."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ml_assets.core.tracked_run import assets_of_a_run
from ml_assets.errors import MlAssetsError, TrackingError
from ml_assets.pipeline.draft import Made
from ml_assets.pipeline.tracking.mlflow_log import MlflowLog
from ml_assets.pipeline.tracking.stored_run import stored_run
from ml_assets.pipeline.workspace import Workspace

PATIENCE = 60.0  # seconds that tracking may take of one Dagster run
LOGGER = logging.getLogger("ml_assets")


@dataclass(kw_only=True)
class Tracker:
    """Logs what one Dagster run makes; without a tracking store it does nothing.

    Attributes:
        workspace: where the runs are stored, and where they are tracked.
        warn: takes the one warning; the shell sees it in the log `ml_assets`.
        clock: seconds, for the time that tracking takes.
    """

    workspace: Workspace
    warn: Callable[[str], None]
    clock: Callable[[], float] = field(default=time.monotonic)
    _log: MlflowLog | None = field(default=None, init=False)
    _spent: float = field(default=0.0, init=False)
    _gave_up: bool = field(default=False, init=False)

    def track(self, made: Sequence[Made]) -> None:
        """Log the run that these artifacts of one as_of belong to, as it is in the store; never raises an error of ours."""
        if self._gave_up or not self.workspace.tracking.uri:
            return
        names = assets_of_a_run(self.workspace.pipeline)
        own = [item for item in made if item.key.asset in names]
        if not own:
            return
        started = self.clock()
        try:
            self._track(own, made)
            self._spent += self.clock() - started
            if self._spent > PATIENCE:
                raise TrackingError(f"the tracking store took more than {PATIENCE:.0f} seconds of this run")
        except MlAssetsError as error:
            self._give_up(error)

    def _track(self, own: Sequence[Made], made: Sequence[Made]) -> None:
        environment = self.workspace.environment
        known = {item.key.path: item.manifest for item in made}
        run = stored_run(
            own[0].key,
            self.workspace.store,
            pipeline=self.workspace.pipeline,
            environment=environment,
            known=known,
        )
        if run is None:
            return
        if self._log is None:
            self._log = MlflowLog(self.workspace.tracking)
        self._log.log(run)

    def _give_up(self, error: MlAssetsError) -> None:
        self._gave_up = True
        told = (
            f"Not tracked from here on: {error}. Nothing else is affected. Once that is mended: "
            f"ml-assets track sync --environment {self.workspace.environment}"
        )
        self.warn(told)
        LOGGER.info("%s", told)
