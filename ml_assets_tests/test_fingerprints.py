"""Fingerprints of the rows of each day: the same however the rows lie, and however many are looked at at once."""

import datetime as dt
import hashlib
import json
import struct

import polars as pl
import pytest

from ml_assets.core import fingerprints
from ml_assets.core.fingerprints import source_days

WIDE = 20  # columns of which all but the last are equal, more than rows are ordered by at first


def table(rows: int) -> pl.DataFrame:
    """Rows of three days with text, gaps, and numbers that tell them apart in the last column only."""
    texts = [None, "", "a", "é€", "text that is longer than a view of polars holds"]
    same = {f"c{place:02}": pl.Series([1.5] * rows) for place in range(WIDE)}
    return pl.DataFrame(
        {
            "day": [dt.date(2025, 1, 1 + place % 3) for place in range(rows)],
            **same,
            "seen": [place % 2 == 0 if place % 5 else None for place in range(rows)],
            "text": [texts[place % len(texts)] for place in range(rows)],
            "z": pl.Series(range(rows)),
        }
    )


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_a_fingerprint_hangs_on_neither_the_order_of_rows_nor_how_many_are_taken_at_once(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table(50)
    known = source_days(rows)
    monkeypatch.setattr(fingerprints, "_ROWS_AT_ONCE", at_once)

    assert source_days(rows) == known
    assert source_days(rows.sample(fraction=1, shuffle=True, seed=1)) == known
    assert source_days(rows.with_columns(z=pl.col("z") + (pl.col("z") == 1))) != known


def test_a_fingerprint_is_of_the_bits_of_numbers_and_the_bytes_of_texts_behind_their_length() -> None:
    day = dt.date(2025, 1, 1)
    rows = pl.DataFrame({"day": [day] * 3, "n": [2.5, None, 1.0], "t": ["é", None, ""]})
    header = json.dumps([["n", "float"], ["t", "text"]]).encode()
    numbers = bytes([0, 1, 1]) + struct.pack("<3d", 0.0, 1.0, 2.5)
    texts = struct.pack("<i", -1) + struct.pack("<i", 0) + struct.pack("<i", 2) + "é".encode()

    (found,) = source_days(rows)

    assert found.fingerprint == hashlib.sha256(header + numbers + texts).hexdigest()[:16]
    assert (found.date, found.rows) == (day, 3)
