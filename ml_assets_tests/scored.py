"""A small shop whose model is trained and released: what tests of scoring and monitoring start from."""

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl

from ml_assets.core.manifest import Manifest
from ml_assets.core.release import Release, promoted, switched
from ml_assets.definitions import defs
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.storage.release_log import ReleaseLog
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import ORDERS

AS_OF = dt.date(2025, 7, 31)
PARAMETERS = TrainingParameters(source="shop", lookback_days=92, holdout_days=8)
GIVEN = {"source": "shop"}
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


@dataclass(frozen=True)
class Shop:
    """A landing zone, and a root of artifacts for each environment, under one folder."""

    place: Path

    @property
    def zone(self) -> Path:
        return self.place / "zone"

    def store(self, environment: str = "green") -> ArtifactStore:
        return ArtifactStore(str(self.place / environment))

    def train(self, environment: str = "green", **changes) -> Manifest:
        """The manifest of a model that is trained straight into an environment's root."""
        parameters = PARAMETERS.model_copy(update=changes)
        workspace = Workspace(
            pipeline=tabular,
            store=self.store(environment),
            environment=environment,
            sources={"shop": str(self.zone)},
        )
        outcome = attempt(parameters, AS_OF, workspace=workspace)
        assert outcome.error is None, outcome.error
        return self.store(environment).manifest(key_of("model", parameters, AS_OF))

    def release(self, model: Manifest, slot: str = "green", *, sha256: str | None = None) -> None:
        """Make a model what serves."""
        release = Release(
            slot=slot,
            line={"dataset": "orders"},
            values={"model_version": model.parameters["model_version"]},
            as_of=model.as_of,
            run_id=model.run_id,
            sha256=sha256 or model.sha256,
            manifests={},
        )
        log = ReleaseLog(str(self.place / "releases"), ORDERS)
        moment = dt.datetime(2025, 8, 1, tzinfo=dt.timezone.utc)
        for action, step in (
            ("promoted", lambda state: (release, promoted(state, release))),
            ("switched", lambda state: (release, switched(state, slot))),
        ):
            log.append(action, step, by="test", at=lambda: moment)

    def settings(self, patch) -> None:
        """State all of it by environment variables."""
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(self.zone))
        patch.setenv("ML_ASSETS_RELEASES", str(self.place / "releases"))
        for name in ("dev", "staging", "blue", "green"):
            patch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT", str(self.place / name))

    def copied(self, place: Path, patch) -> "Shop":
        """The same elsewhere, which a test may spoil; the settings name that one."""
        own = Shop(place)
        shutil.copytree(self.place, own.place)
        own.settings(patch)
        return own

    def predictions(self, materialization, environment: str = "green") -> pl.DataFrame:
        """The table that a materialization tells of."""
        path = Path(materialization.metadata["path"].value)
        assert path.is_relative_to(self.place / environment)
        (file,) = path.glob("data-*.parquet")
        return pl.read_parquet(file)


def launch(job, asset, days, *, environment="green", instance=None, given=GIVEN, reuse=True, **own):
    """Run a job over one day, or from the first to the last of several, in this process."""
    days = [days] if isinstance(days, dt.date) else list(days)
    first, last = str(days[0]), str(days[-1])
    span = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    options = {"environment": environment} | ({} if reuse else {"reuse": False})
    return defs.resolve_job_def(job).execute_in_process(
        run_config={
            "resources": {"params": {"config": given}, "options": {"config": options}},
            "ops": {asset: {"config": own}},
            "loggers": QUIET,
        },
        partition_key=first if first == last else None,
        tags=None if first == last else span,
        instance=instance or dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def score(days, **more):
    """Run the job `score`."""
    return launch("score", "predictions", days, **more)
