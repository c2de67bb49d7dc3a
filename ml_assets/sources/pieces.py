"""Rows of many files, day by day: of each day those whose hash may be among the smallest, and counts of all."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.point_in_time import DAY
from ml_assets.core.row_choice import HASH, Piece, below, in_their_order, piece_of
from ml_assets.core.stable_hash import hash_rows
from ml_assets.core.tally import key_columns, tally
from ml_assets.sources.day_listing import LandedFile
from ml_assets.sources.normalise import Decision, check, normalise, values
from ml_assets.sources.roles import Part
from ml_assets.sources.rows_cache import RowsCache, key_of, state_of, told

_AT_ONCE = 4  # days


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the files of a range are read.

    Attributes:
        read: the rows of some files, as they lie there.
        contract: what the columns are for.
        decision: what they hold.
        zeros: with how many zero bits the hash of a row begins that is kept.
        remote: whether the files are in a bucket.
        cache: where pieces are kept; None for nowhere.
    """

    read: Callable[[Sequence[LandedFile]], list[Part]]
    contract: DatasetContract
    decision: Decision
    zeros: int
    remote: bool = False
    cache: RowsCache | None = None


def pieces_of(files: Sequence[LandedFile], reading: Reading) -> Iterator[Piece]:
    """A piece for each day, in order; without any files one that is empty."""
    days = [list(day) for _, day in groupby(files, key=lambda file: file.day)]
    if not days:
        yield piece_of(normalise([], reading.decision).collect(), reading.contract, zeros=reading.zeros)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda day: _kept_day(day, reading), days)
    if reading.cache:
        reading.cache.trim()


def _kept_day(files: Sequence[LandedFile], reading: Reading) -> Piece:
    """The piece of a day, of the cache where its files have not changed since."""
    key = _key(files, reading) if reading.cache else None
    if reading.cache is None or key is None:
        return _read_day(files, reading)
    if (kept := reading.cache.get(key)) is not None:
        return kept
    piece = _read_day(files, reading)
    if key == _key(files, reading):  # else one of them has changed meanwhile
        reading.cache.put(key, piece)
    return piece


def _key(files: Sequence[LandedFile], reading: Reading) -> str | None:
    states = [state_of(file, remote=reading.remote) for file in files]
    known = [state for state in states if state is not None]
    if len(known) < len(files):
        return None
    return key_of(known, contract=reading.contract, decision=told(reading.decision), zeros=reading.zeros)


def _read_day(files: Sequence[LandedFile], reading: Reading) -> Piece:
    """The rows of the files of one day. Raises SourceError where they cannot be used."""
    pieces = [_piece(part, files[0], reading) for part in reading.read(files)]
    if not pieces:
        return piece_of(normalise([], reading.decision).collect(), reading.contract, zeros=reading.zeros)
    rows = in_their_order(pl.concat([piece.rows for piece in pieces]), reading.contract.ids)
    return Piece(rows=rows, tally=pl.concat([piece.tally for piece in pieces]))


def _piece(part: Part, file: LandedFile, reading: Reading) -> Piece:
    """The other columns are made only of rows that are kept; what they may hold is checked of all."""
    contract, columns = reading.contract, values(part, reading.decision)
    check(part, reading.decision)
    day = pl.lit(file.day).alias(DAY)
    names = [
        name for name in contract.ids if part.dtype(name).is_signed_integer()
    ]  # as text, they hash alike
    chosen = {*contract.ids, *key_columns(contract)} if contract.ids else {*contract.columns}
    keys = part.table.select(
        day,
        *(pl.col(name).cast(pl.Int64) for name in names),
        *(value for value in columns if value.meta.output_name() in chosen.difference(names)),
    )
    if contract.ids and keys.select(pl.all_horizontal(pl.col(contract.ids).is_null()).any()).item():
        keys = part.table.select(day, *columns)
    hashes = hash_rows(keys, ids=contract.ids, content=[DAY, *contract.columns])
    kept = below(hashes, reading.zeros)
    rows = part.table.filter(kept).select(day, *columns)
    return Piece(rows=rows.with_columns(pl.Series(HASH, hashes).filter(kept)), tally=tally(keys, contract))
