"""A fingerprint of the rows of each day: it tells one state of what was read from another."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import polars as pl

from ml_assets.core.manifest import SourceDay
from ml_assets.core.point_in_time import DAY
from ml_assets.core.row_order import in_order

_LENGTH = 16
_NOT_HASHED = frozenset({DAY, "fold"})
_ROWS_AT_ONCE = 2**16  # of whole days, about
_PARTS_AT_ONCE = 4  # what they become is in memory once more
_FIRST_KEYS = 12  # columns by which rows are ordered where these tell them apart
_WIDE = {"float": pl.Float64, "integer": pl.Int64}  # as what numbers are hashed
_PREFIX = 4  # bytes before each text: its length, or -1 of nothing

_Encoder = Callable[[int, int], tuple[Any, ...]]


def source_days(table: pl.DataFrame) -> tuple[SourceDay, ...]:
    """Count and fingerprint the rows of each day of a table, by day.

    The fingerprint covers every value of the day except a column `fold`. The order of rows and columns does not matter,
    nor does the version of polars: numbers are hashed as their bits, text as UTF-8.
    """
    columns = sorted(set(table.columns) - _NOT_HASHED)
    by_day = table.select(DAY, *columns)
    by_day = by_day if by_day[DAY].is_sorted() else by_day.sort(DAY, maintain_order=True)
    schema = by_day.schema
    header = json.dumps([[name, _kind(schema[name])] for name in columns]).encode()
    with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
        found = pool.map(lambda rows: _fingerprints(rows, columns, header), _whole_days(by_day))
        return tuple(chain.from_iterable(found))


def _whole_days(by_day: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Parts of rows in the order of their days, each of whole days and of about as many rows as are taken at once."""
    start = stop = 0
    for count in by_day.group_by(DAY, maintain_order=True).len()["len"]:
        stop += count
        if stop - start >= _ROWS_AT_ONCE:
            yield by_day.slice(start, stop - start)
            start = stop
    if stop > start:
        yield by_day.slice(start, stop - start)


def _fingerprints(rows: pl.DataFrame, columns: Sequence[str], header: bytes) -> list[SourceDay]:
    ordered = in_order(rows, [DAY, *columns], first=1 + _FIRST_KEYS)
    encoders = _encoders(ordered.select(columns))
    start, found = 0, list[SourceDay]()
    for day, count in ordered.group_by(DAY, maintain_order=True).len().iter_rows():
        digest = hashlib.sha256(header)
        for encode in encoders:
            for piece in encode(start, start + count):
                digest.update(piece)
        found.append(SourceDay(date=day, rows=count, fingerprint=digest.hexdigest()[:_LENGTH]))
        start += count
    return found


def _kind(dtype: pl.DataType) -> str:
    if dtype == pl.String:
        return "text"
    return "float" if dtype.is_float() else "integer"


def _encoders(table: pl.DataFrame) -> list[_Encoder]:
    """For each column a function from a slice of it to bytes that only equal values share; null is not zero or empty."""
    kinds = {name: _kind(dtype) for name, dtype in table.schema.items()}
    numbers = {name: _WIDE[kind] for name, kind in kinds.items() if kind in _WIDE}
    known = table.select(pl.col(list(numbers)).is_not_null().cast(pl.UInt8))
    wide = table.select(pl.col(name).cast(dtype).fill_null(0) for name, dtype in numbers.items())
    return [
        _texts(table[name]) if kind == "text" else _numbers(known[name], wide[name])
        for name, kind in kinds.items()
    ]


def _numbers(known: pl.Series, wide: pl.Series) -> _Encoder:
    kind = "<f8" if wide.dtype.is_float() else "<i8"
    is_known, values = known.to_numpy(), wide.to_numpy().astype(kind, copy=False)
    return lambda start, stop: (is_known[start:stop], values[start:stop])


def _texts(column: pl.Series) -> _Encoder:
    """Each text behind the number of its bytes, of 32 bits."""
    lengths = column.str.len_bytes().cast(pl.Int32).fill_null(-1)
    different = lengths.unique()
    prefixes = [length.to_bytes(_PREFIX, "little", signed=True) for length in different]
    cells = lengths.replace_strict(different, prefixes, return_dtype=pl.Binary)
    cells += column.fill_null("").cast(pl.Binary)
    return lambda start, stop: tuple(
        cells[place : min(place + _ROWS_AT_ONCE, stop)].cast(pl.List(pl.UInt8)).explode().to_numpy()
        for place in range(start, stop, _ROWS_AT_ONCE)  # polars counts the items of lists with 32 bits
    )
