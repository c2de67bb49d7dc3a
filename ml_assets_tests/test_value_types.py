"""How a value is stored follows from its annotation, by a closed table that can be opened."""

import datetime as dt
import os
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import numpy as np
import polars as pl
import pytest
from pydantic import BaseModel, RootModel
from sklearn.base import BaseEstimator
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

import ml_assets
from ml_assets.core import value_types
from ml_assets.core.value_types import Estimator, Frame, format_of, register_type
from ml_assets.errors import RefusedError
from ml_assets_tests.foreign_estimator import Booster, Leaves

HOME = str(Path(ml_assets.__file__).parents[1])


class Day(BaseModel):
    low: float


class Days(RootModel[list[Day]]):
    pass


class Row(TypedDict):
    low: float
    name: str | None


class Colour(str, Enum):
    RED = "red"


class OwnFrame(pl.DataFrame):
    pass


STORED = [
    (pl.DataFrame, "parquet"),
    (Frame, "parquet"),
    (dict[str, Any], "json"),
    (dict[str, float | None], "json"),
    (dict[str, list[dict[str, int]]], "json"),
    (list[Any], "json"),
    (list[tuple[str, ...]], "json"),
    (list[Literal["a", "b"]], "json"),
    (dict[str, Colour], "json"),
    (Annotated[dict[str, Any], "of the shop"], "json"),
    (Row, "json"),
    (list[Row], "json"),
    (Day, "json"),
    (Days, "json"),
    (list[Day], "json"),
    (dict[str, Day], "json"),
    (str, "md"),
    (BaseEstimator, "skops"),
    (RandomForestClassifier, "skops"),
    (Pipeline, "skops"),
    (Leaves, "skops"),
    (Estimator, "skops"),
    (dict[str, BaseEstimator], "skops"),
    (dict[str, RandomForestClassifier], "skops"),
    (dict[str, Estimator], "skops"),
    (np.ndarray, "safetensors"),
    (dict[str, np.ndarray], "safetensors"),
    (bytes, "file"),
    (Path, "file"),
]
NOT_STORED = [
    dict,
    list,
    Any,
    None,
    object,
    type,
    int,
    bool,
    Colour,
    str | None,
    pl.DataFrame | None,
    pl.LazyFrame,
    pl.Series,
    OwnFrame,
    dict[int, str],
    dict[str, dt.date],
    dict[str, pl.DataFrame],
    dict[str, dict[str, np.ndarray]],
    dict[str, Frame],
    list[Frame],
    list[BaseEstimator],
    list[np.ndarray],
    list[bytes],
    list[set[str]],
    set[str],
    tuple[int, ...],
    Booster,
    "dict[str, Any]",
]


@pytest.mark.parametrize(("annotation", "stored_as"), STORED, ids=str)
def test_a_type_says_how_it_is_stored(annotation, stored_as):
    assert format_of(annotation) == stored_as


@pytest.mark.parametrize("annotation", NOT_STORED, ids=str)
def test_a_type_that_does_not_say_what_is_in_it_is_stored_in_no_way(annotation):
    assert format_of(annotation) == ""


def test_a_parameterized_array_is_an_array():
    assert format_of(np.ndarray[Any, np.dtype[np.float64]]) == "safetensors"
    assert format_of(dict[str, np.ndarray[Any, Any]]) == "safetensors"


def test_a_registered_type_and_its_subclasses_are_stored(monkeypatch):
    monkeypatch.setattr(value_types, "_registered", {})

    class Small(Booster):
        pass

    register_type(Booster, "skops")
    register_type("lightgbm.basic.Booster", "skops")

    assert format_of(Booster) == format_of(Small) == format_of(dict[str, Booster]) == "skops"
    assert value_types.registered_types("skops") == (
        "ml_assets_tests.foreign_estimator.Booster",
        "lightgbm.basic.Booster",
    )


def test_a_type_that_another_process_cannot_find_is_refused():
    class Local:
        pass

    for named in (Local, "__main__.Booster", "Booster"):
        with pytest.raises(RefusedError, match="cannot be found again by another process"):
            register_type(named, "skops")


def test_a_type_has_one_format(monkeypatch):
    monkeypatch.setattr(value_types, "_registered", {})
    register_type(Booster, "skops")
    register_type(Booster, "skops")

    with pytest.raises(RefusedError, match="Booster: is stored as skops already, so not as json"):
        register_type(Booster, "json")
    with pytest.raises(RefusedError, match="is stored as parquet already"):
        register_type(pl.DataFrame, "json")


def test_asking_for_a_format_loads_nothing_heavy():
    script = """
import sys
from ml_assets.core.value_types import Estimator, Frame, format_of
print(format_of(Frame), format_of(Estimator), sorted({"sklearn", "polars", "numpy"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", script]
    environment = os.environ | {"PYTHONPATH": HOME}
    out = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert out.strip() == "parquet skops []"
