"""A product becomes files only where each comes back equal."""

import datetime as dt
import hashlib
import math
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure
from pydantic import BaseModel, Field, field_validator

from ml_assets.core.product import Product
from ml_assets.errors import StoreError
from ml_assets.pipeline.encode import encode, prepare
from ml_assets.storage.formats import FORMATS


class Rounded(BaseModel):
    """A model that does not keep what it was given."""

    low: float
    high: float = Field(1.0, exclude=True)

    @field_validator("low")
    @classmethod
    def rounded(cls, value: float) -> float:
        return round(value)


class Picky(BaseModel):
    low: float

    @field_validator("low")
    @classmethod
    def small(cls, value: float) -> float:
        if value > 1:
            raise ValueError("too large")
        return value


def prepared(value, format_name="json", annotation=Any, **more):
    return prepare(Product(value, **more), asset="forecast", format_name=format_name, annotation=annotation)


def refusal(*args, **more):
    with pytest.raises(StoreError) as error:
        prepared(*args, **more)
    return str(error.value)


def drawn(**more):
    figure = Figure(**more)
    figure.subplots().plot([1, 3, 2])
    return figure


def test_what_is_made_of_a_value_gets_it_as_it_was_stored():
    assert prepared({"a": (1.0, np.int64(2))}).value == {"a": [1, 2]}
    assert prepared("# Card", "md").value == "# Card\n"


def test_what_was_prepared_is_what_is_stored():
    product = Product({"a": 1}, attachments={"t.parquet": pl.DataFrame({"a": [1]}), "p.png": b"\x89PNG"})

    both = prepare(product, asset="forecast", format_name="json")

    assert (both.files, both.contents) == encode(product, asset="forecast", format_name="json")
    assert [file.name for file in both.files] == ["forecast.json", "t.parquet", "p.png"]


def test_a_value_that_its_format_cannot_take_is_told_with_asset_and_place():
    assert refusal({"days": [{}, {}, {}, {"low": math.nan}]}).startswith(
        "forecast.days[3].low: not a number. Leave it out, or store None. json takes text, numbers"
    )
    assert refusal(pl.LazyFrame(), "parquet") == (
        "forecast: not a polars DataFrame but LazyFrame. parquet takes a polars DataFrame. Nothing was written."
    )
    assert refusal({"words": np.array(["a"])}, "safetensors").startswith(
        "forecast.words: an array of str32. "
    )


def test_a_value_that_does_not_come_back_equal_is_refused_with_its_type_and_place():
    changed = Rounded.model_construct(low=0.75)
    hidden = Rounded(low=1.0, high=2.0)

    assert refusal([changed], annotation=list[Rounded]) == (
        "forecast[0].low: a value of type float came back as one of type int. A list stored as json would not come back equal. "
        "Nothing was written."
    )
    assert "forecast.high: a value of type float came back as another" in refusal(hidden, annotation=Rounded)


def test_a_value_that_cannot_be_loaded_as_its_annotation_is_refused():
    assert refusal(Picky.model_construct(low=2.0), annotation=Picky) == (
        "forecast: a Picky that cannot be loaded again as Picky (These bytes are not the JSON of Picky (low).). "
        "Nothing was written."
    )
    assert "forecast: a dict, where Picky is declared" in refusal({"high": 1}, annotation=Picky)


def test_whatever_a_writer_raises_is_told_in_plain_words(monkeypatch):
    def broken(value):
        raise KeyError("inside")

    monkeypatch.setattr("ml_assets.storage.canonical_skops._dumped", broken)

    assert refusal({"a": 1}, "skops").startswith(
        "forecast: a dict, which cannot be stored as skops (KeyError: 'inside'). skops takes an estimator"
    )


@pytest.mark.parametrize("end", ["png", "svg", "pdf"])
def test_a_figure_has_the_same_bytes_whatever_the_process_prefers(end, monkeypatch):
    def bytes_of(figure):
        stored = prepared({}, attachments={f"errors.{end}": figure})
        return stored.contents[stored.files[1].file]

    here = bytes_of(drawn())
    monkeypatch.setitem(plt.rcParams, "savefig.bbox", "tight")
    monkeypatch.setitem(plt.rcParams, "savefig.dpi", 7)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")

    assert bytes_of(drawn()) == here
    assert b"matplotlib" not in here[-2000:].lower()
    assert str(dt.datetime.now(tz=dt.timezone.utc).year).encode() + b"-" not in here


def test_a_figure_is_closed_once_it_is_stored():
    figure, axes = plt.subplots()
    axes.plot([1, 2])

    prepared({}, attachments={"a.png": figure, "a.svg": figure})

    assert plt.get_fignums() == []


def test_text_is_attached_as_it_is_and_markdown_ends_with_one_newline():
    stored = prepared({}, attachments={"a.txt": "é", "a.md": "# A", "a.json": '{"b": 1}', "a.csv": "a,b\n"})
    contents = {file.name: stored.contents[file.file] for file in stored.files}

    assert contents["a.txt"] == "é".encode()
    assert contents["a.md"] == b"# A\n"
    assert contents["a.json"] == b'{"b": 1}'
    assert contents["a.csv"] == b"a,b\n"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("plot.svg", {}, "attachments: plot.svg of forecast cannot be made of a dict. Attach bytes, text"),
        ("plot.parquet", drawn(), "attachments: plot.parquet of forecast cannot be made of a Figure"),
        (
            "note.png",
            "text",
            "attachments: note.png of forecast: not bytes but str. png takes bytes of a picture",
        ),
        ("rows.parquet", 7, "attachments: rows.parquet of forecast: not a polars DataFrame but int"),
        (
            "forecast.json",
            "{}",
            "attachments: forecast.json of forecast has the name of the file of its value. Give it another name.",
        ),
        ("more.json", {"a": [math.inf]}, "attachments: more.json of forecast.a[0]: an infinite number"),
    ],
)
def test_what_cannot_be_attached_is_told(name, value, told):
    assert refusal({}, attachments={name: value}).startswith(told)


def test_a_format_that_is_not_known_is_told():
    assert refusal({}, "pickle") == f"format: unknown. Known: {', '.join(FORMATS)}. Nothing was written."


def test_a_file_is_what_is_made_of_a_path(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"weights")

    stored = prepared(tmp_path / "net.onnx", "file", Path)

    assert stored.value.read_bytes() == b"weights"
    assert stored.files[0].name == "forecast.bin"
    assert stored.files[0].sha256 == hashlib.sha256(b"weights").hexdigest()


@pytest.mark.parametrize(
    ("value", "format_name", "annotation", "told"),
    [
        (None, "json", dict[str, Any], "forecast: None, where dict[str, Any] is declared."),
        ({}, "json", list[int], "forecast: a dict, where list[int] is declared."),
        ({}, "safetensors", np.ndarray, "forecast: a dict, where ndarray is declared."),
        (
            {1: 2},
            "skops",
            dict[str, Any],
            "forecast: a dict with a name that is no text, where dict[str, Any]",
        ),
    ],
)
def test_a_value_of_another_kind_than_is_declared_is_refused(value, format_name, annotation, told):
    assert refusal(value, format_name, annotation).startswith(told)
