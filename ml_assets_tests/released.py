"""A staging that is trained once and copied for each test: what tests of promotion and release start from."""

import datetime as dt
import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from ml_assets.core.release import Release
from ml_assets.core.release_line import ReleaseLine
from ml_assets.core.run_id import run_id
from ml_assets.pipeline.days import attempts
from ml_assets.pipeline.promotion import Promotion, promote
from ml_assets.pipeline.released import release_log
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import check_promotion
from ml_assets_tests.keys import key_of

LAST = dt.date(2025, 12, 1)
DAYS = [LAST - dt.timedelta(days=back) for back in range(5, -1, -1)]
ROWS = {"lookback_days": 150, "holdout_days": 56}
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)  # when outcomes of later rows have closed
THROUGH = "2026-02-28"
GOOD = TrainingParameters(**ROWS)
OTHER = TrainingParameters(**ROWS, C=0.5)
BAD = TrainingParameters(**ROWS, model_version="v2", max_iter=1, learning_rate=0.0001)
ORDERS, CUSTOMERS = (ReleaseLine.of(tabular, {"dataset": name}) for name in ("orders", "customers"))
SLOTS = ("staging", "blue", "green", "releases")


def model(slot, number):
    """A release of which there are no bytes: for what only the log is asked."""
    return Release(
        slot=slot,
        line={"dataset": "orders"},
        values={"model_version": "v1"},
        as_of=LAST,
        run_id=f"{number:012x}",
        sha256=f"{number:064x}",
        manifests={},
    )


def train(root: Path) -> None:
    """The three parameter sets over the six days."""
    workspace = Workspace(
        pipeline=tabular,
        store=ArtifactStore(str(root)),
        environment="staging",
        sources={"sample": "sample:"},
    )
    for parameters in (GOOD, OTHER, BAD):
        for done in attempts(parameters, DAYS, workspace=workspace, workers=1):
            assert done.error is None, done.error


def promotion_of(own, *, by="ada", **clock) -> Promotion:
    """What Ada asks to promote from staging."""
    return Promotion(
        own=own,
        pipeline=tabular,
        source="staging",
        by=by,
        settings=load_settings(),
        **clock,
    )


@dataclass(frozen=True)
class Place:
    """Staging, both slots and the log of releases, in folders or in buckets."""

    root: str

    def settings(self, patch) -> None:
        """State all of it by environment variables."""
        for name in SLOTS[:-1]:
            patch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT", f"{self.root}/{name}")
        patch.setenv("ML_ASSETS_RELEASES", f"{self.root}/releases")
        patch.setenv("ML_ASSETS_ACTOR", "ada")

    def store(self, environment: str = "staging") -> ArtifactStore:
        return ArtifactStore(f"{self.root}/{environment}", load_settings().s3)

    def key(self, asset: str, parameters: TrainingParameters = GOOD):
        return key_of(asset, parameters, LAST)

    def promote(self, parameters: TrainingParameters = GOOD, **own):
        return promote(self.request(parameters, **own))

    def request(self, parameters: TrainingParameters = GOOD, **own) -> Promotion:
        checked = check_promotion({"model": run_id(parameters, LAST), **own})
        return promotion_of(checked, now=lambda: NOW)

    @property
    def log(self):
        return release_log(load_settings(), ORDERS)


def copied(trained: Path, place: Path, days=DAYS) -> Place:
    """A place of its own whose staging holds what was trained of these days."""
    left_out = [f"as_of={day}" for day in DAYS if day not in days]
    shutil.copytree(trained, place / "staging", ignore=shutil.ignore_patterns(*left_out))
    return Place(str(place))


def tree(folder: Path | str) -> dict[str, str]:
    """The SHA-256 of each file below a folder, by path."""
    root = Path(folder)
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
