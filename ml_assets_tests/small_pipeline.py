"""A pipeline that a test writes in a folder of its own, as a user would: parameters, functions and one asset beside it."""

import importlib
import sys

SOURCE = '''
import datetime as dt
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from ml_assets import Metric, Parameters, Pipeline, Product, Verdict
from ml_assets.errors import TrainingError

CALLS = []


class Series(Parameters):
    """What decides the history."""

    shop: Literal["north", "south"] = Field("north", description="Which shop")
    days: int = Field(7, ge=1, le=60, description="Days of history")


class Forecast(Series):
    """What decides a forecast."""

    level: float = Field(0.5, ge=0, le=1, description="How much of the last day")
    bad_day: int = Field(0, ge=0, le=31, description="The day of the month on which it fails; 0 for none")


small = Pipeline("small", Forecast, path=("shop",), promotes="forecast", metrics=[Metric("mae", better="smaller")])


@small.asset
def history(params: Series, as_of: dt.date) -> dict[str, Any]:
    """Pieces of each day."""
    CALLS.append(("history", str(as_of)))
    first = as_of.toordinal() - params.days + 1
    return {"pieces": [n % 7 for n in range(first, as_of.toordinal() + 1)]}


@small.asset
def forecast(params: Forecast, history: dict[str, Any], as_of: dt.date) -> Product[dict[str, Any]]:
    """The next day."""
    CALLS.append(("forecast", str(as_of)))
    if as_of.day == params.bad_day:
        raise TrainingError("the shop was closed")
    last = history["pieces"][-1]
    return Product({"next": params.level * last}, metrics={"mae": abs(params.level - 0.5)})


@small.check
def not_negative(forecast: dict[str, Any]) -> Verdict:
    """No day has fewer than no pieces."""
    return Verdict(forecast["next"] >= 0, f"{forecast['next']} pieces")


class AlertConfig(dg.Config):
    """When to tell."""

    threshold: float = 0.5


@small.dagster_asset(group_name="alerts")
def alert(params: Series, history: dict[str, Any], config: AlertConfig, as_of: dt.date) -> dict[str, Any]:
    """Whether the last day was above a threshold."""
    CALLS.append(("alert", str(as_of)))
    if as_of.day == 13:
        raise TrainingError("no alert on the 13th")
    return {"above": history["pieces"][-1] > config.threshold}


defs = small.definitions(assets=[alert])
'''


def load(folder, monkeypatch, *, name="small_shop", source=SOURCE):
    """The module of the pipeline, found by name here and in the processes of a batch."""
    (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=":")
    sys.modules.pop(name, None)
    importlib.invalidate_caches()
    return importlib.import_module(name)
