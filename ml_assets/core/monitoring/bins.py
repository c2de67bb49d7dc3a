"""The bins of a column: what is counted then and now. The reference alone decides where they are."""

from collections.abc import Iterator

import polars as pl

from ml_assets.core.report.record import Part

BINS = 10
MOST_LEVELS = 20
MISSING, UNSEEN, RARE = "(missing)", "(unseen)", "(rare)"


class Bin(Part):
    """One bin: its name, and how many rows of the reference and of now are in it."""

    label: str
    then: int
    now: int


def bins(then: pl.Series, now: pl.Series) -> tuple[Bin, ...]:
    """The bins of a column with rows in either, each row in one of them.

    Texts, and numbers with at most ten values in the reference, have a bin a value; levels beyond the twenty most
    frequent share one. Other numbers have deciles of the reference. Values that are missing, and those that the
    reference never had, have a bin of their own; beyond all deciles, a number is in the first or the last.

    Args:
        then: the reference, numbers or texts; one row at least.
        now: the same column of other rows.
    """
    by_value = then.dtype == pl.String or then.drop_nulls().n_unique() <= BINS
    found = _levels(then, now) if by_value else _deciles(then, now)
    return tuple(item for item in found if item.then or item.now)


def _levels(then: pl.Series, now: pl.Series) -> Iterator[Bin]:
    counts = then.drop_nulls().alias("level").value_counts(name="rows")
    levels = counts.sort("rows", "level", descending=[True, False])["level"].to_list()
    kept, rare = levels[:MOST_LEVELS], levels[MOST_LEVELS:]
    for level in kept:
        yield Bin(label=_told(level), then=_count(then == level), now=_count(now == level))
    yield Bin(label=RARE, then=_count(_in(then, rare)), now=_count(_in(now, rare)))
    yield Bin(label=UNSEEN, then=0, now=_count(~_in(now, levels)))
    yield _missing(then, now)


def _deciles(then: pl.Series, now: pl.Series) -> Iterator[Bin]:
    import numpy as np

    known, after = then.drop_nulls().to_numpy(), now.drop_nulls().to_numpy()
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1) for values in (known, after)
    ]
    texts = [_told(float(edge)) for edge in edges]
    labels = [f"to {texts[0]}", *(f"to {text}" for text in texts[1:]), f"above {texts[-1]}"]
    for label, before, later in zip(labels, *counts, strict=True):
        yield Bin(label=label, then=int(before), now=int(later))
    yield _missing(then, now)


def _missing(then: pl.Series, now: pl.Series) -> Bin:
    return Bin(label=MISSING, then=then.null_count(), now=now.null_count())


def _in(column: pl.Series, levels: list[object]) -> pl.Series:
    return column.drop_nulls().is_in(pl.Series(levels, dtype=column.dtype).implode())


def _count(holds: pl.Series) -> int:
    return int(holds.sum() or 0)


def _told(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
