"""One MLflow run for each run_id, pipeline and environment, whoever logs it and however often."""

import importlib.util
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ml_assets.core.tracked_run import TrackedRun
from ml_assets.core.tracking import Tracking
from ml_assets.errors import TrackingError
from ml_assets.pipeline.tracking.foreign_errors import tracking_errors
from ml_assets.pipeline.tracking.sqlite_file import PREFIX, opened_alone

if TYPE_CHECKING:  # loading it takes longer than a run
    from mlflow import MlflowClient
    from mlflow.entities import Run

RUN_ID, ENVIRONMENT, DIGEST = "ml_assets.run_id", "ml_assets.environment", "ml_assets.digest"
PIPELINE = "ml_assets.pipeline"  # not there of the main one
INSTALL = "pip install 'ml-assets[tracking]'"
NO_TELEMETRY = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
USUAL = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # MLflow's own 7 take minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "4",  # seconds
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}
PAGE = 1000
ATTEMPTS = 3

Known = Mapping[str, Sequence["Run"]]
"""The MLflow runs of each run_id, in their one order."""


def is_installed() -> bool:
    """Whether the extra is there; mlflow is not loaded."""
    return importlib.util.find_spec("mlflow") is not None


class MlflowLog:
    """An experiment of a tracking store, open."""

    def __init__(self, tracking: Tracking) -> None:
        """Open the store and find or make the experiment; TrackingError where that cannot be done.

        A SQLite file that is not there is made. MLflow's own environment variables win over `USUAL`.
        """
        if not is_installed():
            raise TrackingError(f"mlflow is not installed. Install it: {INSTALL}")
        os.environ.update(NO_TELEMETRY)
        for name, value in USUAL.items():
            os.environ.setdefault(name, value)
        with tracking_errors(tracking):
            make_client = _loaded(tracking.uri)
            with opened_alone(tracking.uri):
                self._client = make_client(tracking.uri)
                self._experiment = _experiment(self._client, tracking.experiment)
        self._tracking = tracking

    def known(self, environment: str, *, pipeline: str = "") -> Known:
        """All runs of a pipeline in an environment that are logged, by run_id."""
        found: defaultdict[str, list[Run]] = defaultdict(list)
        with tracking_errors(self._tracking):
            for run in self._search():
                if RUN_ID in run.data.tags and _is_of(run, environment, pipeline):
                    found[run.data.tags[RUN_ID]].append(run)
        return {run_id: _in_order(runs) for run_id, runs in found.items()}

    def log(self, run: TrackedRun, *, found: Sequence["Run"] | None = None) -> bool:
        """Make the MLflow run of `run` say what it says; returns whether anything had to be written.

        Of several, which writers at the same time can leave, the first in the one order is kept by all of them.

        Args:
            run: the record.
            found: its MLflow runs where they are known already.
        """
        with tracking_errors(self._tracking):
            for _ in range(ATTEMPTS):
                kept, *doubles = found or self._find(run) or self._created(run)
                current = kept.data.tags.get(DIGEST) == run.digest
                if current or self._write(kept, run):
                    for double in doubles:
                        self._client.delete_run(double.info.run_id)
                    return not current or bool(doubles)
                found = None
        raise TrackingError(
            f"the MLflow run of {run.run_id} is written or deleted again and again by somebody else"
        )

    def _created(self, run: TrackedRun) -> Sequence["Run"]:
        """A new MLflow run, beside any that others have created in the meantime."""
        made = self._client.create_run(
            self._experiment,
            start_time=_milliseconds(run.started_at.timestamp()),
            tags={RUN_ID: run.run_id, **_place(run)},
            run_name=run.run_id,
        )
        return self._find(run) or [made]

    def _find(self, run: TrackedRun) -> Sequence["Run"]:
        found = self._search(f"tags.`{RUN_ID}` = '{run.run_id}'")
        return _in_order([item for item in found if _is_of(item, run.environment, run.pipeline)])

    def _write(self, kept: "Run", run: TrackedRun) -> bool:
        """Log all of it, the digest last; False where somebody deleted the MLflow run meanwhile, or was faster with it.

        A metric has one step and the time of its evaluation, so that writing it again adds nothing to its history.
        Parameters cannot be changed, and those of one run_id never do: only what is missing is logged.
        """
        from mlflow import MlflowException
        from mlflow.entities import Metric, Param, RunTag

        mlflow_run_id, measured = kept.info.run_id, _milliseconds(run.measured_at.timestamp())
        missing = {name: value for name, value in run.parameters.items() if name not in kept.data.params}
        try:
            self._client.set_terminated(
                mlflow_run_id, "FINISHED", end_time=_milliseconds(run.ended_at.timestamp())
            )
            self._client.log_batch(
                mlflow_run_id,
                metrics=[Metric(name, value, measured, 0) for name, value in run.metrics.items()],
                params=[Param(name, value) for name, value in missing.items()],
                tags=[RunTag(name, value) for name, value in {**run.tags, DIGEST: run.digest}.items()],
            )
        except MlflowException:
            now = self._client.get_run(mlflow_run_id)
            if now.info.lifecycle_stage == "active" and not missing.keys() & now.data.params.keys():
                raise
            return False
        return True

    def _search(self, condition: str = "") -> Iterator["Run"]:
        token: str | None = None
        while True:
            page = self._client.search_runs(
                [self._experiment], filter_string=condition, max_results=PAGE, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return


def _loaded(uri: str) -> "type[MlflowClient]":
    """All that opening a store takes, loaded: on a busy machine that is longer than others wait for its lock."""
    from mlflow import MlflowClient

    if uri.startswith(PREFIX):
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401  (with SQLAlchemy and Alembic)
    return MlflowClient


def _experiment(client: "MlflowClient", name: str) -> str:
    """The experiment's id; it is made where there is none, by whoever comes first."""
    from mlflow import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"the experiment {name} was deleted in MLflow. Restore it there, or name another one: "
            "ML_ASSETS_TRACKING__EXPERIMENT"
        )
    return str(found.experiment_id)


def _place(run: TrackedRun) -> dict[str, str]:
    """The tags that tell runs of one run_id apart: two pipelines may have equal parameters."""
    return {ENVIRONMENT: run.environment, **({PIPELINE: run.pipeline} if run.pipeline else {})}


def _is_of(run: "Run", environment: str, pipeline: str) -> bool:
    tags = run.data.tags
    return tags.get(ENVIRONMENT) == environment and tags.get(PIPELINE, "") == pipeline


def _in_order(runs: Sequence["Run"]) -> list["Run"]:
    return sorted(runs, key=lambda run: str(run.info.run_id))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
