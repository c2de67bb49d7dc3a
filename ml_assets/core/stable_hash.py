"""A number of 64 bits for each row: the same in every process, on every machine and with every version of polars.

Numbers are mixed as SplitMix64 mixes its state; text goes in by its UTF-8 bytes, eight at a time.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes: TypeAlias = NDArray[np.uint64]

_SEED = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_NULL = np.uint64(0x6E6F7468696E6721)
_WORD = 8  # bytes
_LONGEST = 64  # bytes of text that is mixed here; longer ones are digested first
_WHOLE = r"^(?:0|-?[1-9][0-9]{0,17})$"  # a text that is the one spelling of a whole number
_LARGEST_WHOLE = 10**18


def hash_rows(table: pl.DataFrame, *, ids: Sequence[str], content: Sequence[str]) -> "Hashes":
    """A hash for each row: of its ids where any of them is known, else of its content.

    A whole number and the text that spells it have one hash, so it does not matter as what a file keeps its ids.

    Args:
        table: the rows; columns are String, Int64 or another integer, Float64, Boolean, Date, Datetime("us") or Null.
        ids: the columns that name a row.
        content: the columns that tell rows without ids apart.
    """
    if not ids:
        return _of_columns(table, sorted(content))
    found = _of_columns(table, ids)
    nameless = table.select(pl.all_horizontal(pl.col(list(ids)).is_null())).to_series()
    if nameless.any():
        found[nameless.to_numpy()] = _of_columns(table.filter(nameless), sorted(content))
    return found


def _of_columns(table: pl.DataFrame, names: Sequence[str]) -> "Hashes":
    state = np.full(table.height, _SEED, dtype=np.uint64)
    for name in names:
        state ^= _values(table[name])
        _mix(state)
    return state


def _mix(state: "Hashes") -> None:
    """The finalizer of SplitMix64, in place; sums and products wrap."""
    state += _SEED
    state ^= state >> np.uint64(30)
    state *= _FIRST
    state ^= state >> np.uint64(27)
    state *= _SECOND
    state ^= state >> np.uint64(31)


def _values(column: pl.Series) -> "Hashes":
    """What goes into the hash of a value: a whole number itself, the bits of a float, a hash of text."""
    if column.dtype == pl.String:
        values = _of_text(column)
    elif column.dtype.is_float():
        values = column.cast(pl.Float64).fill_null(0.0).to_numpy().view(np.uint64).copy()
    elif column.dtype == pl.Null:
        values = np.zeros(len(column), dtype=np.uint64)
    else:
        values = _of_integers(column.cast(pl.Int64))
    if column.null_count():
        values[column.is_null().to_numpy()] = _NULL
    return values


def _of_integers(column: pl.Series) -> "Hashes":
    filled = column.fill_null(0)
    values: Hashes = filled.to_numpy().view(np.uint64).copy()
    large = filled.is_between(-_LARGEST_WHOLE, _LARGEST_WHOLE, closed="none").not_()
    if large.any():  # its text may have other digits behind the 18 that are looked at
        values[large.to_numpy()] = _of_words(filled.filter(large).cast(pl.String))
    return values


def _of_text(column: pl.Series) -> "Hashes":
    filled = column.fill_null("0")
    whole = filled.str.contains(_WHOLE)
    if whole.all():
        return _of_integers(filled.cast(pl.Int64))
    values = np.empty(len(filled), dtype=np.uint64)
    values[whole.to_numpy()] = filled.filter(whole).cast(pl.Int64).to_numpy().view(np.uint64)
    values[~whole.to_numpy()] = _of_words(filled.filter(~whole))
    return values


def _of_words(text: pl.Series) -> "Hashes":
    """A hash of text by its length and its bytes, eight at a time, the last filled up with zeros."""
    sizes = text.str.len_bytes()
    state = sizes.to_numpy().astype(np.uint64)
    long = (sizes > _LONGEST).to_numpy()
    if long.any():
        state[long] = [_digest(value) for value in text.filter(pl.Series(long))]
        sizes, text = (
            sizes.zip_with(~pl.Series(long), pl.zeros(len(sizes), sizes.dtype, eager=True)),
            (text.zip_with(~pl.Series(long), pl.Series([""]).new_from_index(0, len(text)))),
        )
    words = -(-int(sizes.to_numpy().max(initial=0)) // _WORD)
    padded = (text + "\0" * (words * _WORD)).cast(pl.Binary)
    for word in range(words):
        part = padded.bin.slice(word * _WORD, _WORD).bin.reinterpret(dtype=pl.UInt64).to_numpy()
        there = (sizes > word * _WORD).to_numpy()
        mixed = state ^ part
        _mix(mixed)
        np.copyto(state, mixed, where=there)
    return state


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=_WORD).digest(), "little")
