"""The bins of a column: what is counted in the reference (then) and in the latest days (now).

Where nothing has changed, the stability index is chi-squared only as long as each bin expects a few rows in either sample.
So levels that expect fewer than five in the smaller of both share one bin. Which levels are frequent is judged by both
samples: by the reference alone, those would be chosen that it happens to have more often, and each would seem to have
fallen.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from ml_assets.core.report.record import Part

BINS = 10
MOST_LEVELS = 20
FEWEST_EXPECTED = 5  # rows in a bin, in the smaller sample; the usual rule for chi-squared (Cochran 1954)
MISSING, RARE = "(missing)", "(rare or unseen)"


class Bin(Part):
    """One bin: its name, and how many rows of the reference and of now are in it."""

    label: str
    then: int
    now: int


def bins(then: pl.Series, now: pl.Series) -> tuple[Bin, ...]:
    """The bins of a column with rows in either, each row in one of them.

    Texts, and numbers with at most ten values in the reference, have a bin a value: of those that expect five rows in the
    smaller sample, the new ones and the most frequent, twenty in all. All others share one, be they rare or unseen. Other numbers have deciles
    of the reference, or fewer and wider bins where these would expect fewer than five rows; beyond them all, a
    number is in the first or the last. Values that are missing have a bin of their own.

    Args:
        then: the reference, numbers or texts; one row at least.
        now: the same column of other rows.
    """
    by_value = then.dtype == pl.String or then.drop_nulls().n_unique() <= BINS
    found = _levels(then, now) if by_value else _quantiles(then, now)
    return tuple(item for item in found if item.then or item.now)


def _levels(then: pl.Series, now: pl.Series) -> Iterator[Bin]:
    """Of a level that the reference has, rows of both samples count; of a new one, which few rows cannot hide, shares."""
    levels = _counts(then, now)
    of_rows = (pl.col("then") + pl.col("now")) / (len(then) + len(now))
    share = pl.when(pl.col("then") > 0).then(of_rows).otherwise(pl.col("now") / len(now) / 2)
    own = levels.filter(share * min(len(then), len(now)) >= FEWEST_EXPECTED)[:MOST_LEVELS]
    for level, before, later in own.iter_rows():
        yield Bin(label=_label(level), then=before, now=later)
    rest = levels.select(pl.col("then", "now").sum()) - own.select(pl.col("then", "now").sum())
    yield Bin(label=RARE, then=rest["then"].item(), now=rest["now"].item())
    yield _missing(then, now)


def _counts(then: pl.Series, now: pl.Series) -> pl.DataFrame:
    """Each `level` and its rows `then` and `now`: new ones first, then by rows in both, equal ones by name."""
    old, new = (
        pl.DataFrame({"level": of.drop_nulls()}).group_by("level").agg(pl.len().cast(pl.Int64).alias(name))
        for name, of in (("then", then), ("now", now))
    )
    both = old.join(new, on="level", how="full", coalesce=True)
    counts = both.with_columns(pl.col("then", "now").fill_null(0))
    rows = pl.col("then") + pl.col("now")
    return counts.sort(pl.col("then") > 0, -rows, "level")


def _quantiles(then: pl.Series, now: pl.Series) -> Iterator[Bin]:
    import numpy as np

    known, after = then.drop_nulls().to_numpy(), now.drop_nulls().to_numpy()
    many = max(1, min(BINS, min(len(known), len(after)) // FEWEST_EXPECTED))
    edges = np.unique(np.quantile(known, np.linspace(0, 1, many + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1) for values in (known, after)
    ]
    for label, before, later in zip(_labels([float(edge) for edge in edges]), *counts, strict=True):
        yield Bin(label=label, then=int(before), now=int(later))
    yield _missing(then, now)


def _labels(edges: Sequence[float]) -> list[str]:
    texts = [_label(edge) for edge in edges]
    return [*(f"to {text}" for text in texts), f"above {texts[-1]}" if texts else "any number"]


def _missing(then: pl.Series, now: pl.Series) -> Bin:
    return Bin(label=MISSING, then=then.null_count(), now=now.null_count())


def _label(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
