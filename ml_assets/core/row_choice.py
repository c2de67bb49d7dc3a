"""A sample of rows by a hash of their ids: the same ones in whatever order, and in however many pieces, rows come."""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.point_in_time import DAY, kept, known_at_end_of, seen_at_end_of
from ml_assets.core.row_order import in_order
from ml_assets.core.stable_hash import hash_rows
from ml_assets.core.tally import by_day, tally

HASH = "__hash"
_SPARE = 1.5  # times the rows that are wanted: so many are looked at first, for not all will be known
_BITS = 64
_TRIES = 3  # the last one takes every row


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some of the rows of a range.

    Attributes:
        rows: `day`, the contract's columns and HASH, of the rows whose hash is below the bound; in any order, but the
            sooner they are chosen from if by `in_their_order`.
        tally: of all rows; see `core.tally`.
    """

    rows: pl.DataFrame
    tally: pl.DataFrame


class InPieces(Protocol):
    """Gives the rows of a range whose hash begins with so many zero bits; how many, it asks with the number of all rows."""

    def __call__(self, zeros: Callable[[int], int]) -> Iterator[Piece]:
        """One piece at least. Raises SourceError where rows cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen.

    Attributes:
        rows: by day and ids, and by all other columns where these leave some rows equal.
        days: one row a day, as `core.tally.by_day` tells it.
    """

    rows: pl.DataFrame
    days: pl.DataFrame

    @property
    def known(self) -> int:
        """How many rows it was chosen from."""
        return int(self.days["known"].sum())


def choose(
    pieces: InPieces, contract: DatasetContract, *, max_rows: int, as_of: dt.date, closed: bool
) -> Choice:
    """Those `max_rows` rows known at the end of as_of whose hash is smallest; among equal ones content decides.

    Where fewer are known, all of them. How many zeros a hash must begin with is guessed from the number of rows; where
    that leaves too few, they are read once more.
    """
    known = known_at_end_of(as_of, contract) if closed else seen_at_end_of(as_of, contract)
    zeros = _Zeros(max_rows=max_rows)
    for _ in range(_TRIES):
        smallest, tallies = _Smallest(limit=max_rows, ids=contract.ids), []
        for piece in pieces(zeros):
            tallies.append(piece.tally)
            smallest.add(kept(piece.rows, known))
        days = by_day(tallies, as_of=as_of, closed=closed)
        if smallest.count >= min(max_rows, all_known := int(days["known"].sum())):
            break
        zeros.fewer(all_known)
    return Choice(rows=smallest.rows(), days=days)


@dataclass(kw_only=True)
class _Zeros:
    """How many zero bits are asked for: guessed from all rows first, then from those that were known, then none."""

    max_rows: int
    tried: int | None = None
    _next: int | None = None

    def __call__(self, total: int) -> int:
        self.tried = leading_zeros(total, self.max_rows) if self._next is None else self._next
        return self.tried

    def fewer(self, known: int) -> None:
        """Ask for fewer, since that many rows are known and too few were among those that were given."""
        first = self._next is None
        self._next = max(min(leading_zeros(known, self.max_rows), (self.tried or 0) - 2), 0) if first else 0


def leading_zeros(total: int, max_rows: int) -> int:
    """With how many zero bits a hash begins that may be among the `max_rows` smallest of `total`, with some to spare."""
    share = total / (max_rows * _SPARE)
    return min(int(math.log2(share)), _BITS - 1) if share > 1 else 0


def below(hashes: "np.ndarray[tuple[int], np.dtype[np.uint64]]", zeros: int) -> pl.Series:
    """Which hashes begin with so many zero bits."""
    return pl.Series(hashes < np.uint64(1 << (_BITS - zeros)) if zeros else np.ones(len(hashes), dtype=bool))


def in_their_order(rows: pl.DataFrame, ids: Sequence[str]) -> pl.DataFrame:
    """By day and ids, and by all other columns where these leave some rows equal."""
    keys = (DAY, *ids)
    columns = [*keys, *sorted(set(rows.columns).difference(keys))]
    return in_order(rows, columns, first=len(keys) if ids else len(columns))


def piece_of(rows: pl.DataFrame, contract: DatasetContract, *, zeros: int) -> Piece:
    """The piece that rows are, which are all in memory."""
    hashes = hash_rows(rows, ids=contract.ids, content=rows.columns)
    chosen = rows.with_columns(pl.Series(HASH, hashes)).filter(below(hashes, zeros))
    return Piece(rows=chosen, tally=tally(rows, contract))


@dataclass(kw_only=True)
class _Smallest:
    """The rows of the smallest hashes among those that were added: never many more than twice the limit."""

    limit: int
    ids: Sequence[str]
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _bound: int | None = None

    @property
    def count(self) -> int:
        return sum(frame.height for frame in self._frames)

    def add(self, rows: pl.DataFrame) -> None:
        """Rows with the column HASH."""
        if self._bound is not None:
            rows = rows.filter(pl.col(HASH) <= self._bound)
        if rows.height or not self._frames:  # without any, the columns are still told
            self._frames.append(rows)
        if self.count > 2 * self.limit:
            self._frames = [self._cut(pl.concat(self._frames))]

    def rows(self) -> pl.DataFrame:
        """In their order, without their hashes."""
        return in_their_order(self._cut(pl.concat(self._frames)).drop(HASH), self.ids)

    def _cut(self, table: pl.DataFrame) -> pl.DataFrame:
        """Those of the smallest hashes, in the order in which they came unless equal hashes must be told apart."""
        if table.height <= self.limit:
            return table
        hashes = table[HASH].to_numpy()
        self._bound = int(np.partition(hashes, self.limit - 1)[self.limit - 1])
        smallest = table.filter(pl.col(HASH) <= self._bound)
        if smallest.height == self.limit:
            return smallest
        sure = smallest.filter(pl.col(HASH) < self._bound)
        tied = smallest.filter(pl.col(HASH) == self._bound)
        return pl.concat([sure, tied.sort(sorted(tied.columns)).head(self.limit - sure.height)])
