"""A pipeline that a test invents: any text, a list, a table and a metric with an interval, made of nothing else."""

import datetime as dt
from typing import Annotated, Any

from ml_assets import Field, Metric, Parameters, Pipeline, Product, used_when
from ml_assets.pages.runs import StoredRuns, links_of, runs_document
from ml_assets.pipeline.run import make, resolve
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore


class Words(Parameters):
    """What decides the words."""

    note: str = Field("plain", pattern=r"^[^\x00]{0,200}$", description="Any text")
    count: int = Field(3, ge=0, le=10**9, description="How many")


class Noted(Words):
    """What decides a note."""

    rate: float = Field(0.5, ge=0, le=10, description="How fast")
    loud: bool = Field(False, description="Whether it is loud")
    pitch: Annotated[float, used_when(loud=True)] = Field(1.0, ge=0, le=10, description="How high")
    steps: list[Annotated[int, Field(ge=0, le=99)]] = Field([], description="One after the other")
    weights: dict[str, Annotated[float, Field(ge=0, le=9)]] = Field({}, description="By name")


noted = Pipeline(
    "noted",
    Noted,
    path=("note",),
    metrics=[
        Metric("gain", better="larger", margin=0.05, interval=("gain_low", "gain_high")),
        Metric("loss", better="smaller"),
    ],
)


@noted.asset
def words(params: Words) -> list[str]:
    """The note, some times."""
    return [params.note] * min(params.count, 3)


@noted.asset
def score(params: Noted, words: list[str], as_of: dt.date) -> Product[dict[str, Any]]:
    """How good it is; on the 13th nobody knows the loss."""
    gain = params.rate / 10 + as_of.day / 100
    metrics = {"gain": gain, "gain_low": gain - 0.1, "gain_high": gain + 0.1, "unasked": float(len(words))}
    return Product({"gain": gain}, metrics=metrics | ({} if as_of.day == 13 else {"loss": 1 - gain}))


def stored(store: ArtifactStore, *parameters: dict[str, Any], days: int = 1) -> StoredRuns:
    """These runs on the first days of a December, made."""
    for values in parameters:
        for day in range(1, days + 1):
            make(resolve(noted, values, as_of=dt.date(2025, 12, day)), store=store)
    return StoredRuns(store, pipeline=noted)


def document(runs: StoredRuns, **texts: str) -> dict[str, Any]:
    """A page of them."""
    return runs_document(runs, texts, links=links_of(runs.pipeline, load_settings()))
