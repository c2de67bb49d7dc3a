"""A small project of pipelines, written into a folder and imported from there, and what an edit makes of its assets."""

import contextlib
import importlib
import sys
from types import MappingProxyType

from ml_assets.core.pipeline import Declared
from ml_assets.pipeline.code import code_of

PROJECT = {
    "shop/__init__.py": "",
    "shop/demand.py": '''\
import datetime as dt
from typing import TYPE_CHECKING

from ml_assets import Field, Frame, Parameters, Pipeline

from shop import models
from shop.amounts import rounded, scaled

DAYS = 7


class Series(Parameters):
    """What decides the history."""

    weeks: int = Field(52, ge=8, le=520, description="Weeks of history")

    @property
    def days(self) -> int:
        return self.weeks * 7

    @property
    def unused(self) -> int:
        return 0


class Forecast(Series):
    """What decides a forecast."""

    season: int = Field(7, ge=2, le=366, description="Days of a season")


demand = Pipeline("demand", Forecast)


@demand.asset
def history(params: Series, as_of: dt.date) -> Frame:
    """Sums of each day."""
    return scaled(params.days, DAYS)


@demand.asset
def forecast(params: Forecast, history: Frame) -> Frame:
    """The next days."""
    return models.fitted(rounded(history), params.season)


@demand.asset
def report(forecast: Frame) -> Frame:
    """A few words."""
    return forecast
''',
    "shop/amounts.py": '''\
"""Numbers."""


def scaled(value, by):
    """So many times more."""
    return value * by


def rounded(value):
    return round(value, DIGITS)


DIGITS = 2
''',
    "shop/models.py": """\
MODELS = {}


def register(name):
    def entered(function):
        MODELS[name] = function
        return function

    return entered


def fitted(values, season):
    return MODELS["naive"](values, season)


@register("naive")
def naive(values, season):
    return values[-season:]
""",
}
ASSETS = {"history", "forecast", "report"}


def written(folder, files):
    """Write files of Python into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@contextlib.contextmanager
def importable(folder):
    """What lies in a folder can be imported, and is forgotten afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(folder) in str(getattr(sys.modules[name], "__spec__", "")):
                del sys.modules[name]


def codes(folder, files, values=MappingProxyType({}), module="shop.demand"):
    """The code of each asset, with these values, of the pipelines that a module of these files defines."""
    written(folder, files)
    with importable(folder):
        pipelines = [
            value for value in vars(importlib.import_module(module)).values() if isinstance(value, Declared)
        ]
        return {
            name: code_of(asset, values) for pipeline in pipelines for name, asset in pipeline.assets.items()
        }


class Edits:
    """Edits of the project, each in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def codes(self, *edits, **values):
        """The codes after edits `(file, was, becomes)`, where an empty `was` appends, with these values."""
        texts = dict(PROJECT)
        for name, was, becomes in edits:
            text = texts.get(name, "")
            assert was in text, was
            texts[name] = text.replace(was, becomes, 1) if was else text + becomes
        self.count += 1
        return codes(self.folder / str(self.count), texts, values)

    def stale(self, *edits, before=(), **values):
        """The assets whose code is another one after the edits, compared with what it is after those `before`."""
        was, now = self.codes(*before, **values), self.codes(*before, *edits, **values)
        return {name for name in was if was[name].version != now[name].version}
