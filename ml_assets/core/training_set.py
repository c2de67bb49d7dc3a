"""The rows of a training set: those whose outcome was known at the end of as_of, and no others."""

import datetime as dt
import functools
import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import SourceDay
from ml_assets.core.parameters import DatasetParameters
from ml_assets.core.product import Product
from ml_assets.errors import SourceError, TrainingError

DAY = "day"
FOLD = "fold"
TRAIN = "train"
HOLDOUT = "holdout"
_FINGERPRINT_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class Window:
    """The days of one training set, `first` to `last`, both included, and the words for its errors."""

    first: dt.date
    last: dt.date
    origin: str
    contract: DatasetContract

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.origin}, {self.first} to {self.last}"


def training_set(
    rows: pl.LazyFrame,
    *,
    contract: DatasetContract,
    parameters: DatasetParameters,
    as_of: dt.date,
    origin: str,
) -> Product:
    """The training set of `as_of`: a DataFrame, one row an eligible row, in an order its content decides.

    Eligible are rows whose day is in (as_of - lookback_days, as_of], whose event was before the end of as_of, and
    whose outcome is known and its window closed by the end of as_of. Columns: `day`, `fold` (train or
    holdout), ids, event time, label_closes_at, label, features.

    Args:
        rows: as `Source.scan` gives them; more days than needed do no harm.
        contract: what the columns are for.
        parameters: dataset, lookback_days, holdout_days.
        as_of: the day up to whose end (UTC) things are known.
        origin: where the rows are from, for error messages: `<uri>/<dataset>`.

    Raises:
        SourceError: no rows in the window, an event without a time, a label that is not 0 or 1, an infinity.
        TrainingError: no closed outcome, nothing left to train on, one class only.
    """
    first = as_of - dt.timedelta(days=parameters.lookback_days - 1)
    window = Window(first=first, last=as_of, origin=origin, contract=contract)
    inside = rows.filter(pl.col(DAY).is_between(first, as_of)).select(DAY, *contract.columns).collect()
    _check_rows(inside, window)
    eligible = inside.filter(known_at_end_of(as_of, contract))
    _check_labels(eligible, window)
    _check_finite(eligible, window)
    table = _in_order(_with_folds(eligible, parameters.holdout_days), contract)
    _check_classes(table, window, holdout_days=parameters.holdout_days)
    return Product(value=table, facts=_facts(table, inside, window))


def known_at_end_of(as_of: dt.date, contract: DatasetContract) -> pl.Expr:
    """Whether a row and its outcome are known at the midnight after `as_of`, UTC: true or false of each row.

    Its event is before that instant, its outcome is there, and the outcome's window is over, at that instant at the latest.
    """
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time())
    known = (
        (pl.col(contract.event_time) < end)
        & pl.col(contract.label).is_not_null()
        & (pl.col(contract.label_closes_at) <= end)
    )
    return known.fill_null(value=False)  # a time that is not there


def source_days(table: pl.DataFrame) -> tuple[SourceDay, ...]:
    """Count and fingerprint the rows of each day of a training set, by day.

    The fingerprint covers every value of the day except the fold. The order of rows and columns does not matter,
    nor does the version of polars: numbers are hashed as their bits, text as UTF-8.
    """
    columns = sorted(set(table.columns) - {DAY, FOLD})
    ordered = table.select(DAY, *columns).sort(DAY, *columns)
    header = json.dumps([[name, _kind(ordered.schema[name])] for name in columns]).encode()
    encoders = [_encoder(ordered[name]) for name in columns]
    days = ordered.group_by(DAY, maintain_order=True).len()
    found, start = [], 0
    for day, count in days.iter_rows():
        digest = hashlib.sha256(header)
        for encode in encoders:
            digest.update(encode(start, start + count))
        found.append(SourceDay(date=day, rows=count, fingerprint=digest.hexdigest()[:_FINGERPRINT_LENGTH]))
        start += count
    return tuple(found)


def _with_folds(eligible: pl.DataFrame, holdout_days: int) -> pl.DataFrame:
    held = pl.col(DAY) > pl.col(DAY).max() - pl.duration(days=holdout_days)
    return eligible.with_columns(pl.when(held).then(pl.lit(HOLDOUT)).otherwise(pl.lit(TRAIN)).alias(FOLD))


def _in_order(table: pl.DataFrame, contract: DatasetContract) -> pl.DataFrame:
    told = (*contract.ids, contract.event_time, contract.label_closes_at, contract.label, *contract.features)
    return table.sort(DAY, *told).select(DAY, FOLD, *told).rechunk()


def _facts(table: pl.DataFrame, inside: pl.DataFrame, window: Window) -> dict[str, Any]:
    contract = window.contract
    train, holdout = _fold(table, TRAIN), _fold(table, HOLDOUT)
    with_rows = inside[DAY].n_unique()
    return {
        "rows": table.height,
        "train_rows": train.height,
        "holdout_rows": holdout.height,
        "base_rate": _rate(table, contract),
        "train_base_rate": _rate(train, contract),
        "rows_in_window": inside.height,
        "rows_not_yet_known": inside.height - table.height,
        "first_day": str(table[DAY].min()),
        "last_day": str(table[DAY].max()),
        "holdout_from": str(holdout[DAY].min()),
        "days_with_rows": with_rows,
        "days_without_rows": window.days - with_rows,
        "schema": {name: _feature_kind(table.schema[name]) for name in contract.features},
    }


def _fold(table: pl.DataFrame, fold: str) -> pl.DataFrame:
    return table.filter(pl.col(FOLD) == fold)


def _rate(table: pl.DataFrame, contract: DatasetContract) -> float:
    return round(int(table[contract.label].cast(pl.Int64).sum()) / table.height, 6)


def _feature_kind(dtype: pl.DataType) -> str:
    return "number" if dtype.is_numeric() else "category"


def _check_rows(inside: pl.DataFrame, window: Window) -> None:
    if inside.is_empty():
        raise SourceError(
            f"{window}: there are no rows. Choose an as_of that the source has rows for, a larger lookback_days, or "
            f"land the missing days."
        )
    event_time = window.contract.event_time
    untimed = inside.filter(pl.col(event_time).is_null())
    if untimed.height:
        raise SourceError(
            f"{window.origin}: column `{event_time}` is empty in {_rows(untimed)}. Give every row the time of its event."
        )


def _check_labels(eligible: pl.DataFrame, window: Window) -> None:
    contract = window.contract
    if eligible.is_empty():
        raise TrainingError(
            f"{window}: there are rows, but no outcome is known yet. A row counts once its `{contract.label}` is there "
            f"and `{contract.label_closes_at}` is not after the end of as_of. Use a lookback_days larger than the outcome's "
            f"window, or an earlier as_of of a source that ends there."
        )
    wrong = eligible.filter(~pl.col(contract.label).is_in([0, 1]))
    if wrong.height:
        raise SourceError(
            f"{window.origin}: column `{contract.label}` holds something else than 0 and 1 in {_rows(wrong)}. "
            f"Write 0 or 1, and nothing where the outcome is not known."
        )


def _check_finite(eligible: pl.DataFrame, window: Window) -> None:
    for name in window.contract.features:
        if eligible.schema[name].is_float():
            infinite = eligible.filter(pl.col(name).is_infinite())
            if infinite.height:
                raise SourceError(
                    f"{window.origin}: column `{name}` is infinite in {_rows(infinite)}. "
                    f"Write a number, or nothing where it is not known."
                )


def _check_classes(table: pl.DataFrame, window: Window, *, holdout_days: int) -> None:
    label = window.contract.label
    for name in (TRAIN, HOLDOUT):
        fold = _fold(table, name)
        if fold.is_empty():
            raise TrainingError(
                f"{window}: the {holdout_days} days of the holdout leave no row to train on; known outcomes are of "
                f"{_span(table)}. Use a larger lookback_days or a smaller holdout_days."
            )
        if fold[label].n_unique() == 1:
            raise TrainingError(
                f"{window}: column `{label}` is {fold[label].item(0)} in all {fold.height} rows of {name}, "
                f"{_span(fold)}. A model and its evaluation need both 0 and 1: use a larger "
                f"lookback_days{' or holdout_days' if name == HOLDOUT else ''}, or look at how the label is made."
            )


def _rows(wrong: pl.DataFrame) -> str:
    count = "1 row" if wrong.height == 1 else f"{wrong.height} rows"
    return f"{count}, first on date={wrong[DAY].min()!s}"


def _span(table: pl.DataFrame) -> str:
    return f"{table[DAY].min()!s} to {table[DAY].max()!s}"


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
