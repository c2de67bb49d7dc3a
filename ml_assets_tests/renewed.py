"""A shop in which one number decides most: what tests of renewing and replacing a model start from."""

import dataclasses
import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl

from ml_assets.pipeline.attempt import attempt
from ml_assets.pipeline.promotion import Promotion, promote
from ml_assets.pipeline.released import release_log
from ml_assets.pipeline.releases import switch
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.beside import check_promotion
from ml_assets_tests.builders import land
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import ORDERS, promotion_of

FIRST, LAST = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
AS_OF, LATER = dt.date(2025, 6, 30), dt.date(2025, 7, 31)
THROUGH = dt.date(2025, 12, 31)
NOW = dt.datetime(2026, 1, 10, 12, tzinfo=dt.timezone.utc)
PARAMETERS = TrainingParameters(source="shop", lookback_days=120, holdout_days=28)
WEAK = PARAMETERS.model_copy(update={"model_version": "v2", "max_iter": 2})
CLOSING = dt.timedelta(days=7)
A_DAY = 24  # rows

TOML = """\
event_time = "order_ts"
label = "returned_30d"
label_closes_at = "closes_at"
ids = ["order_id", "customer_id"]
features = ["size", "noise"]
entity = "customer_id"
"""


def rows_of(day: dt.date) -> pl.DataFrame:
    """The rows of a day, its own draws: the larger the `size`, the likelier the outcome. Customers come again."""
    random = np.random.default_rng(day.toordinal())
    size = random.normal(size=A_DAY)
    times = [dt.datetime.combine(day, dt.time(9, place)) for place in range(A_DAY)]
    return pl.DataFrame(
        {
            "order_id": [f"{day:%Y%m%d}-{place}" for place in range(A_DAY)],
            "customer_id": [f"{number}" for number in random.integers(0, 900, A_DAY)],
            "order_ts": times,
            "size": size.round(3),
            "noise": random.normal(size=A_DAY).round(3),
            "returned_30d": (random.random(A_DAY) < 1 / (1 + np.exp(1 - 1.5 * size))).astype("int8"),
            "closes_at": [time + CLOSING for time in times],
        }
    )


def days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


@dataclasses.dataclass(frozen=True)
class World:
    """A landing zone, a root for each environment and the log of releases, under one folder."""

    place: Path

    @property
    def zone(self) -> Path:
        return self.place / "zone"

    def settings(self, patch) -> None:
        """State all of it by environment variables."""
        patch.setenv("ML_ASSETS_SOURCES__SHOP", str(self.zone))
        patch.setenv("ML_ASSETS_RELEASES", str(self.place / "releases"))
        patch.setenv("ML_ASSETS_ACTOR", "ada")
        for name in ("staging", "blue", "green"):
            patch.setenv(f"ML_ASSETS_ENVIRONMENTS__{name.upper()}__ROOT", str(self.place / name))

    def open(self) -> None:
        """Land the rows of all days."""
        (self.zone / "orders").mkdir(parents=True)
        (self.zone / "orders" / "dataset.toml").write_text(TOML)
        for day in days(FIRST, LAST):
            land(self.zone, day, rows_of(day))

    def store(self, environment: str = "staging") -> ArtifactStore:
        return ArtifactStore(str(self.place / environment))

    @property
    def workspace(self) -> Workspace:
        """Staging, where everything is made anew."""
        sources = {"shop": str(self.zone)}
        return Workspace(
            pipeline=tabular,
            store=self.store(),
            environment="staging",
            sources=sources,
            reuse=False,
        )

    def train(self, parameters: TrainingParameters = PARAMETERS, as_of: dt.date = AS_OF) -> str:
        """The run_id of a model that is trained in staging from the rows that are landed now."""
        done = attempt(parameters, as_of, workspace=self.workspace)
        assert done.error is None, done.error
        return key_of("model", parameters, as_of).run_id

    def request(self, run_id: str, *, through: dt.date = THROUGH, **own) -> Promotion:
        checked = check_promotion({"model": run_id, "through": str(through), **own})
        return promotion_of(checked, now=lambda: NOW)

    def promote(self, run_id: str, *, through: dt.date = THROUGH, **own):
        return promote(self.request(run_id, through=through, **own))

    def serve(self, run_id: str) -> None:
        """Promote the first model, and let it serve."""
        assert self.promote(run_id, to="blue").entry
        switch(ORDERS, to="blue", by="ada", settings=load_settings())

    @property
    def log(self):
        return release_log(load_settings(), ORDERS)
