"""Rows in an order that their content decides; they are sorted no more than it takes."""

from collections.abc import Sequence

import polars as pl


def in_order(rows: pl.DataFrame, columns: Sequence[str], *, first: int) -> pl.DataFrame:
    """`rows.sort(columns)`, but by the first so many alone where no two rows are the same in all these.

    Rows that lie so already, as those of a day that was landed in order, are only looked at.
    """
    keys = columns[:first]
    if _increasing(rows, keys):
        return rows
    ordered = rows.sort(keys)
    if len(keys) == len(columns):
        return ordered
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in keys)
    return rows.sort(columns) if ordered.select(same.any()).item() else ordered


def _increasing(rows: pl.DataFrame, columns: Sequence[str]) -> bool:
    """Whether each row is greater than the one before it by these columns; where that hangs on a null, it is not said."""
    undecided = pl.repeat(value=True, n=max(rows.height - 1, 0), eager=True)
    for name in columns:
        column = rows[name].rechunk()
        before, after = column[:-1], column[1:]
        same = before == after
        if not ((after > before) | same | ~undecided).fill_null(value=False).all():
            return False
        undecided &= same
        if not undecided.any():
            return True
    return False
