"""Models of a price, of one of three classes and of 0 or 1, trained in staging: what tests of their use start from."""

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ml_assets.core.manifest import Manifest
from ml_assets.core.release_line import ReleaseLine
from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.promotion import promote
from ml_assets.pipeline.releases import switch
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import check_promotion
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import promotion_of
from ml_assets_tests.three_tasks import TASKS, land_tasks

AS_OF = dt.date(2025, 2, 15)
THROUGH = dt.date(2025, 4, 30)
NOW = dt.datetime(2025, 5, 3, 12, tzinfo=dt.timezone.utc)
SLOTS = ("dev", "staging", "blue", "green")


def good(dataset, **changes):
    """What is trained of a data set."""
    return TrainingParameters(
        **{"dataset": dataset, "source": "zone", "lookback_days": 46, "holdout_days": 14, **changes}
    )


def bad(dataset):
    """The same with a model that has next to nothing of the rows."""
    return good(dataset, model_version="v2", max_iter=1, learning_rate=0.0001)


@dataclass(frozen=True)
class Place:
    """The landing zone, a root for each environment and the log of releases, under one folder."""

    folder: Path

    @property
    def zone(self):
        return self.folder / "zone"

    def settings(self, patch):
        """State all of it by environment variables."""
        patch.setenv("ML_ASSETS_SOURCES__ZONE", str(self.zone))
        patch.setenv("ML_ASSETS_RELEASES", str(self.folder / "releases"))
        patch.setenv("ML_ASSETS_ACTOR", "ada")
        for name in SLOTS:
            patch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT", str(self.folder / name))

    def store(self, environment="staging"):
        return ArtifactStore(str(self.folder / environment))

    def workspace(self, environment="staging"):
        return Workspace(
            pipeline=tabular,
            store=self.store(environment),
            environment=environment,
            sources={"zone": str(self.zone)},
        )

    def train(self, parameters, environment="staging") -> Manifest:
        """The manifest of a model."""
        done = attempt(parameters, AS_OF, workspace=self.workspace(environment))
        assert done.error is None, done.error
        return self.manifest("model", parameters, environment)

    def manifest(self, asset, parameters, environment="staging") -> Manifest:
        return self.store(environment).manifest(key_of(asset, parameters, AS_OF))

    def attached(self, asset, parameters, name, environment="staging"):
        """A Parquet file of an artifact, as it lies in the store."""
        key, manifest = key_of(asset, parameters, AS_OF), self.manifest(asset, parameters, environment)
        (file,) = (file for file in manifest.files if file.name == name)
        return pl.read_parquet(self.store(environment).read_file(key, file))

    def promote(self, parameters, **own):
        """What comes of a promotion from staging."""
        checked = check_promotion(
            {"model": key_of("model", parameters, AS_OF).run_id, "through": str(THROUGH), **own}
        )
        return promote(promotion_of(checked, now=lambda: NOW))

    def serve(self, parameters, *, to="green"):
        """Promote the first model of its data set, and let it serve."""
        outcome = self.promote(parameters, to=to)
        assert outcome.entry, outcome.decision.objections
        line = ReleaseLine.of(tabular, {"dataset": parameters.dataset})
        switch(line, to=to, by="ada", settings=load_settings())


def trained(folder):
    """All three, and of each one that is worse."""
    place = Place(folder)
    land_tasks(place.zone)
    for dataset in TASKS:
        place.train(good(dataset))
        place.train(bad(dataset))
    return place


def copied(place, folder, patch):
    """The same elsewhere, which a test may spoil; the settings name that one."""
    shutil.copytree(place.folder, folder)
    own = Place(folder)
    own.settings(patch)
    return own
