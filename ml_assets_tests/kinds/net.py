"""A small net that draws the demand for bikes: its weights are arrays, and it is fitted by plain numpy."""

import datetime as dt
import itertools
import zlib
from typing import Annotated, Any, Literal

import numpy as np
import polars as pl

from ml_assets import Field, Metric, Parameters, Pipeline, Product, Rows, used_when

HOURS = 24


class Rides(Parameters):
    """What decides the rides that a net learns from."""

    source: str = Field("sample", pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Where rows come from")
    days: int = Field(20, ge=5, le=365, description="Days of rides")


class Net(Rides):
    """What decides a net."""

    hidden: list[Annotated[int, Field(ge=1, le=64)]] = Field(
        [6], min_length=1, max_length=3, description="Units of each layer"
    )
    activation: Literal["tanh", "relu"] = Field("tanh", description="What a unit does")
    epochs: int = Field(30, ge=1, le=1000, description="Times that all rides are looked at")
    rate: float = Field(0.05, gt=0, le=1, description="Learning rate")
    momentum: Annotated[float, used_when(activation="relu")] = Field(
        0.5, ge=0, lt=1, description="How much of the last step goes on"
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of the weights that it begins with")


bikes = Pipeline(
    "bikes",
    Net,
    path=("activation",),
    promotes="weights",
    metrics=[Metric("mae", better="smaller", margin=0.01)],
)


@bikes.sample(types={"hour": "integer", "rides": "integer"})
def rides(first: dt.date, last: dt.date) -> pl.DataFrame:
    """More rides by day than by night."""
    rows = [
        (
            day,
            hour,
            max(0, 10 - abs(hour - 14)) * (2 if day.weekday() < 5 else 1)
            + zlib.crc32(f"{day}{hour}".encode()) % 3,
        )
        for day in (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
        for hour in range(HOURS)
    ]
    return pl.DataFrame(rows, {"day": pl.Date, "hour": pl.Int64, "rides": pl.Int64}, orient="row")


@bikes.asset
def features(params: Rides, rows: Rows, as_of: dt.date) -> dict[str, np.ndarray]:
    """Hours and days of the week as waves, and what is to be drawn; one row an hour."""
    first = as_of - dt.timedelta(days=params.days - 1)
    table = rows.scan("rides", source=params.source, first=first, last=as_of).sort("day", "hour").collect()
    hour = 2 * np.pi * table["hour"].to_numpy() / HOURS
    weekend = (table["day"].dt.weekday().to_numpy() > 5).astype(float)
    waves = np.stack([np.sin(hour), np.cos(hour), weekend])  # a row a wave: stored as it lies, turned round
    return {"x": waves.T, "y": table["rides"].to_numpy().astype(float) / 20}


@bikes.asset
def weights(params: Net, features: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The fitted net."""
    dice = np.random.default_rng(params.seed)
    sizes = [features["x"].shape[1], *params.hidden, 1]
    net = [dice.normal(scale=0.5, size=pair) for pair in itertools.pairwise(sizes)]
    last = [np.zeros_like(layer) for layer in net]
    momentum = params.momentum if params.activation == "relu" else 0.0
    for _ in range(params.epochs):
        for number, step in enumerate(_steps(net, features, params)):
            last[number] = momentum * last[number] - params.rate * step
            net[number] = net[number] + last[number]
    return {f"layer{number}": layer for number, layer in enumerate(net)}


@bikes.asset
def score(
    params: Net, features: dict[str, np.ndarray], weights: dict[str, np.ndarray]
) -> Product[dict[str, Any]]:
    """How far off it is in the mean, and at each hour."""
    net = [weights[name] for name in sorted(weights)]
    drawn = _layers(net, features["x"], params)[-1][:, 0]
    off = np.abs(drawn - features["y"]) * 20
    by_hour = [round(float(off[hour::HOURS].mean()), 6) for hour in range(HOURS)]
    return Product(
        {"by_hour": by_hour}, metrics={"mae": round(float(off.mean()), 6), "mae.night": by_hour[3]}
    )


def _layers(net: list[np.ndarray], x: np.ndarray, params: Net) -> list[np.ndarray]:
    found = [x]
    for number, layer in enumerate(net):
        z = found[-1] @ layer
        act = np.tanh if params.activation == "tanh" else lambda z: np.maximum(z, 0.0)
        found.append(z if number == len(net) - 1 else act(z))
    return found


def _steps(net: list[np.ndarray], features: dict[str, np.ndarray], params: Net) -> list[np.ndarray]:
    layers, steps = _layers(net, features["x"], params), []
    error = (layers[-1] - features["y"][:, None]) / len(features["y"])
    for number in reversed(range(len(net))):
        steps.append(layers[number].T @ error)
        slope = 1 - layers[number] ** 2 if params.activation == "tanh" else (layers[number] > 0).astype(float)
        error = (error @ net[number].T) * slope
    return steps[::-1]
