"""A fingerprint of the rows of each day: it tells one state of what was read from another."""

import functools
import hashlib
import json
import struct
from collections.abc import Callable

import polars as pl

from ml_assets.core.manifest import SourceDay
from ml_assets.core.point_in_time import DAY

_LENGTH = 16
_NOT_HASHED = frozenset({DAY, "fold"})


def source_days(table: pl.DataFrame) -> tuple[SourceDay, ...]:
    """Count and fingerprint the rows of each day of a table, by day.

    The fingerprint covers every value of the day except a column `fold`. The order of rows and columns does not matter,
    nor does the version of polars: numbers are hashed as their bits, text as UTF-8.
    """
    columns = sorted(set(table.columns) - _NOT_HASHED)
    ordered = table.select(DAY, *columns).sort(DAY, *columns)
    header = json.dumps([[name, _kind(ordered[name].dtype)] for name in columns]).encode()
    encoders = [_encoder(ordered[name]) for name in columns]
    days = ordered.group_by(DAY, maintain_order=True).len()
    found, start = [], 0
    for day, count in days.iter_rows():
        digest = hashlib.sha256(header)
        for encode in encoders:
            digest.update(encode(start, start + count))
        found.append(SourceDay(date=day, rows=count, fingerprint=digest.hexdigest()[:_LENGTH]))
        start += count
    return tuple(found)


def _kind(dtype: pl.DataType) -> str:
    if dtype == pl.String:
        return "text"
    return "float" if dtype.is_float() else "integer"


def _encoder(column: pl.Series) -> Callable[[int, int], bytes]:
    """A function from a slice of the column to bytes that only equal values share; null is not zero or empty."""
    if column.dtype == pl.String:
        cells = list(map(_text_bytes, column.to_list()))
        return lambda start, stop: b"".join(cells[start:stop])
    wide = column.cast(pl.Float64 if column.dtype.is_float() else pl.Int64)
    known = column.is_not_null().cast(pl.UInt8).to_numpy()
    values = wide.fill_null(0).to_numpy().astype("<f8" if column.dtype.is_float() else "<i8")
    return lambda start, stop: known[start:stop].tobytes() + values[start:stop].tobytes()


@functools.lru_cache(maxsize=2**17)  # windows of neighbouring days hold mostly the same texts
def _text_bytes(value: str | None) -> bytes:
    if value is None:
        return struct.pack("<i", -1)
    data = value.encode()
    return struct.pack("<i", len(data)) + data
