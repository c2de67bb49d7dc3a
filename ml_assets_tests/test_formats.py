"""Formats: what is stored comes back, and equal values give equal bytes."""

import datetime as dt
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ml_assets
from ml_assets.errors import CorruptArtifactError
from ml_assets.storage.formats import FORMATS

HOME = str(Path(ml_assets.__file__).parents[1])
START = dt.datetime(2025, 1, 1, tzinfo=dt.timezone.utc)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def table() -> pl.DataFrame:
    n = 3000
    return pl.DataFrame(
        {
            "when": [START + dt.timedelta(hours=i) for i in range(n)],
            "country": [("NL", "BE", None)[i % 3] for i in range(n)],
            "split": pl.Series(["train" if i % 5 else "holdout" for i in range(n)], dtype=pl.Categorical),
            "value": [i * 0.1 for i in range(n)],
            "label": pl.Series([i % 2 for i in range(n)], dtype=pl.Int8),
        }
    )


def run_python(script: str, seed: str) -> str:
    environment = os.environ | {"PYTHONPATH": HOME, "PYTHONHASHSEED": seed, "POLARS_MAX_THREADS": seed}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_the_formats_are_these():
    assert {name: entry.extension for name, entry in FORMATS.items()} == {
        "parquet": "parquet",
        "skops": "skops",
        "json": "json",
        "md": "md",
        "png": "png",
        "safetensors": "safetensors",
        "file": "bin",
    }


def test_a_table_comes_back_with_its_types():
    frame = table()

    again = FORMATS["parquet"].decode(FORMATS["parquet"].encode(frame))

    assert again.equals(frame)
    assert again.schema == frame.schema


def test_a_table_without_rows_comes_back():
    frame = table().clear()

    assert FORMATS["parquet"].decode(FORMATS["parquet"].encode(frame)).schema == frame.schema


def test_how_a_table_was_put_together_does_not_change_its_bytes():
    frame = table()
    pieces = pl.concat([frame[:7], frame[7:1000], frame[1000:]], rechunk=False)

    assert pieces.n_chunks() > 1
    assert FORMATS["parquet"].encode(pieces) == FORMATS["parquet"].encode(frame)


def test_two_processes_give_one_table_the_same_bytes():
    script = """
import hashlib
from ml_assets_tests import test_formats
print(hashlib.sha256(test_formats.FORMATS["parquet"].encode(test_formats.table())).hexdigest())
"""
    here = hashlib.sha256(FORMATS["parquet"].encode(table())).hexdigest()

    assert {run_python(script, seed).strip() for seed in ("1", "2")} == {here}


@given(json_values)
@settings(max_examples=100)
def test_json_comes_back(value):
    data = FORMATS["json"].encode(value)

    assert FORMATS["json"].decode(data) == value
    assert FORMATS["json"].encode(FORMATS["json"].decode(data)) == data


def test_the_order_of_keys_does_not_change_json():
    assert FORMATS["json"].encode({"b": 1.0, "a": "é"}) == FORMATS["json"].encode({"a": "é", "b": 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_numbers_it_cannot_say(value):
    with pytest.raises(ValueError):
        FORMATS["json"].encode({"auc": value})


@pytest.mark.parametrize("text", ["# Card", "# Card\n", "# Card\n\n\n"])
def test_text_ends_with_one_newline(text):
    assert FORMATS["md"].encode(text) == b"# Card\n"


def test_a_picture_is_stored_as_it_is():
    assert FORMATS["png"].decode(FORMATS["png"].encode(b"\x89PNG")) == b"\x89PNG"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *(("parquet", data) for data in (b"", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1", b"text")),
        *(("json", data) for data in (b"", b"\xff\xfe", b"{", b"[" * 100_000, b"1" + b"0" * 400, b"NaN")),
        ("md", b"\xff\xfe"),
        *(("skops", data) for data in (b"", b"\xff\xfe", b"PK\x05\x06" + b"\0" * 18)),
    ],
)
def test_bytes_of_another_kind_are_refused_in_plain_words(name, data):
    with pytest.raises(CorruptArtifactError, match=r"These bytes are not|This is not a model"):
        FORMATS[name].decode(data)


def test_naming_formats_imports_nothing_heavy():
    script = """
import sys
import ml_assets.storage.artifact_store
print(sorted({"sklearn", "skops", "polars", "numpy", "dagster"} & set(sys.modules)))
"""

    assert run_python(script, "1").strip() == "[]"
