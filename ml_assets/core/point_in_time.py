"""What was known of rows at the end of a day, and nothing that came later."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from ml_assets.core.contract import DatasetContract

DAY = "day"
_A_DAY = dt.timedelta(days=1)


def end_of(day: dt.date, *, timezone: str = "UTC") -> dt.datetime:
    """The midnight after a day of a time zone, as a naive time in UTC."""
    midnight = dt.datetime.combine(day + _A_DAY, dt.time())
    if timezone == "UTC":
        return midnight
    return midnight.replace(tzinfo=ZoneInfo(timezone)).astimezone(dt.timezone.utc).replace(tzinfo=None)


def known_at_end_of(as_of: dt.date, contract: DatasetContract) -> pl.Expr:
    """Whether a row and its outcome are known at the midnight after `as_of`: true or false of each row.

    Its event is before that instant, its outcome is there, and at that instant at the latest the outcome's window is
    over and, where the contract says when rows arrive, the row is there.
    """
    known = (
        _happened(as_of, contract)
        & pl.col(contract.label).is_not_null()
        & (pl.col(contract.label_closes_at) <= _end(as_of, contract))
    )
    return known.fill_null(value=False)  # a time that is not there


def kept(rows: pl.DataFrame, which: pl.Expr) -> pl.DataFrame:
    """`rows.filter(which)`, of which the rows before the first that is left out are not in memory once more.

    Rows come by day, and those of all but the last days are mostly known.
    """
    is_kept = rows.select(which.fill_null(value=False).alias("kept"))["kept"]
    if is_kept.all():
        return rows
    begin = int(is_kept.arg_min() or 0)
    return pl.concat([rows[:begin], rows[begin:].filter(is_kept[begin:])], rechunk=False)


def seen_at_end_of(as_of: dt.date, contract: DatasetContract) -> pl.Expr:
    """Whether a row is known at the midnight after `as_of`, whatever becomes of it: true or false of each row."""
    return _happened(as_of, contract).fill_null(value=False)


def open_labels_hidden(rows: pl.DataFrame, contract: DatasetContract, *, as_of: dt.date) -> pl.DataFrame:
    """Rows whose label is null where its window was not over at the midnight after `as_of`."""
    if not contract.label:
        return rows
    closed = pl.col(contract.label_closes_at) <= _end(as_of, contract)
    return rows.with_columns(pl.when(closed).then(pl.col(contract.label)).alias(contract.label))


def _happened(as_of: dt.date, contract: DatasetContract) -> pl.Expr:
    end = _end(as_of, contract)
    happened = pl.col(contract.event_time) < end
    return happened & (pl.col(contract.known_at) <= end) if contract.known_at else happened


def _end(as_of: dt.date, contract: DatasetContract) -> dt.datetime:
    return end_of(as_of, timezone=contract.timezone)
