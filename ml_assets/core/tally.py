"""How many rows each day has, and from which day on they are known: counted without keeping them."""

import datetime as dt
from collections.abc import Iterable

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.point_in_time import DAY

_INSTANT = pl.duration(microseconds=1)
_TOLD = (DAY, "seen", "closed", "untimed")
_SCHEMA = {
    DAY: pl.Date(),
    "seen": pl.Date(),
    "closed": pl.Date(),
    "untimed": pl.Boolean(),
    "rows": pl.Int64(),
    "closing": pl.Duration("us"),
}


def key_columns(contract: DatasetContract) -> tuple[str, ...]:
    """The columns that decide when a row is known."""
    names = (contract.event_time, contract.known_at, contract.label, contract.label_closes_at)
    return tuple(dict.fromkeys(filter(None, names)))


def tally(rows: pl.DataFrame, contract: DatasetContract) -> pl.DataFrame:
    """Count rows by their day and the days at whose end they are first known; it holds for every as_of.

    Args:
        rows: `day` and the columns of `key_columns`.
        contract: what the columns are for.

    Returns:
        One row for each `day`, `seen` and `closed` (the first as_of at which a row, and its outcome too, is known; null
        for never): `rows` of them, whether they are `untimed`, and the longest `closing`, the time from the beginning of
        their day until their outcome is closed.
    """
    counted = rows.select(*dict.fromkeys((DAY, *key_columns(contract))))
    if contract.timezone == "UTC" and counted.height and not sum(counted.null_count().row(0)):
        ends = _known_from(pl.concat([counted.min(), counted.max()]), contract)
        if ends.select(_TOLD).n_unique() == 1:  # and so it is of all between, as of most days that are landed
            return ends[1:].select(*_TOLD, pl.lit(counted.height).cast(pl.Int64).alias("rows"), "closing")
    groups = _known_from(counted, contract).group_by(_TOLD)
    return groups.agg(pl.len().cast(pl.Int64).alias("rows"), pl.col("closing").max()).select(*_SCHEMA)


def _known_from(rows: pl.DataFrame, contract: DatasetContract) -> pl.DataFrame:
    """For each row the days that `tally` tells: in UTC they never go back where its values grow."""
    event = pl.col(contract.event_time)
    seen, closes = _local_date(event, contract), pl.lit(None, dtype=pl.Datetime("us"))
    if contract.known_at:
        seen = _later(seen, _local_date(pl.col(contract.known_at) - _INSTANT, contract))
    closed = pl.lit(None, dtype=pl.Date)
    if contract.label:
        closes = pl.col(contract.label_closes_at)
        whole = pl.col(contract.label).is_not_null()
        closed = pl.when(whole).then(_later(seen, _local_date(closes - _INSTANT, contract)))
    return rows.select(
        DAY,
        seen.alias("seen"),
        closed.alias("closed"),
        event.is_null().alias("untimed"),
        (closes - pl.col(DAY).cast(pl.Datetime("us"))).alias("closing"),
    )


def by_day(tallies: Iterable[pl.DataFrame], *, as_of: dt.date, closed: bool) -> pl.DataFrame:
    """One row for each day that has rows, in order: `day`, `rows`, those `known` at the end of as_of, `untimed` and `closing`."""
    known = (pl.col("closed" if closed else "seen") <= as_of).fill_null(value=False)
    counts = pl.col("rows")
    return (
        pl.concat([pl.DataFrame(schema=_SCHEMA), *tallies])
        .group_by(DAY)
        .agg(
            counts.sum(),
            counts.filter(known).sum().alias("known"),
            counts.filter("untimed").sum().alias("untimed"),
            pl.col("closing").max(),
        )
        .sort(DAY)
    )


def _local_date(time: pl.Expr, contract: DatasetContract) -> pl.Expr:
    if contract.timezone == "UTC":
        return time.dt.date()
    return time.dt.replace_time_zone("UTC").dt.convert_time_zone(contract.timezone).dt.date()


def _later(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """The later of two days; null where either is, for what is not known is never past."""
    return pl.when(one.is_not_null() & other.is_not_null()).then(pl.max_horizontal(one, other))
