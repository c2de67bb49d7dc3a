"""The rows of a training set: those whose outcome was known at the end of as_of, and no others."""

import datetime as dt
import math
from typing import Any

import polars as pl

from ml_assets.core.contract import LARGEST, DatasetContract
from ml_assets.core.entities import entity_name
from ml_assets.core.point_in_time import DAY, kept, known_at_end_of
from ml_assets.core.product import Product
from ml_assets.core.row_order import in_order
from ml_assets.core.tally import by_day, tally
from ml_assets.errors import SourceError
from ml_assets.pipelines.tabular.folds import (
    FOLD,
    HOLDOUT,
    TRAIN,
    Window,
    check_folds,
    refuse_unknown_outcomes,
    rows_of,
    with_folds,
)
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.sound_rows import all_differ, impossible_rows, refuse_repeated_across_folds
from ml_assets.text import count


def training_set(
    rows: pl.LazyFrame,
    *,
    days: pl.DataFrame | None = None,
    contract: DatasetContract,
    parameters: DatasetParameters,
    as_of: dt.date,
    origin: str,
) -> Product[Any]:
    """The training set of `as_of`: a DataFrame, one row an eligible row, in an order its content decides.

    Eligible are rows whose day is in (as_of - lookback_days, as_of], whose event was before the end of as_of, and
    whose outcome is known and its window closed by the end of as_of. Columns: `day`, `fold` (`train`, `purged` or
    `holdout`; see `folds`), ids, event time, known_at where the contract names it, label_closes_at, label, features.

    Args:
        rows: as `Source.scan` gives them; more rows than are eligible, and more days, do no harm.
        days: how many rows there are of each day, as `Rows.daily` tells it; by default those of `rows`.
        contract: what the columns are for.
        parameters: dataset, lookback_days, holdout_days, purged.
        as_of: the day up to whose end (UTC) things are known.
        origin: where the rows are from, for error messages: `<uri>/<dataset>`.

    Raises:
        SourceError: no rows in the window, an event without a time, a label that is no outcome of the contract's task,
            an infinity, a row that is in train and again in the holdout.
        TrainingError: no closed outcome, nothing left to train on, one class or number only.
    """
    first = as_of - dt.timedelta(days=parameters.lookback_days - 1)
    window = Window(first=first, last=as_of, origin=origin, contract=contract)
    if days is None:
        days = by_day([tally(_inside(rows, window), contract)], as_of=as_of, closed=True)
    _check_rows(days, window)
    eligible = _inside(rows, window, known_at_end_of(as_of, contract))
    if eligible.is_empty():
        refuse_unknown_outcomes(days, window, parameters=parameters)
    _check_labels(eligible, window)
    _check_finite(eligible, window)
    table = _sorted(with_folds(eligible, contract, parameters), contract)
    check_folds(table, window, parameters=parameters)
    refuse_repeated_across_folds(table, contract, origin=origin)
    facts = _facts(table, days, window)
    if parameters.max_rows:
        facts["known_rows"] = int(days["known"].sum())
    return Product(value=table, facts=facts)


def _inside(rows: pl.LazyFrame, window: Window, *which: pl.Expr) -> pl.DataFrame:
    """The rows of the window's days for which all of that is true, with the columns of the contract."""
    table = rows.select(DAY, *window.contract.columns).collect()
    return kept(table, pl.all_horizontal(pl.col(DAY).is_between(window.first, window.last), *which))


def _sorted(table: pl.DataFrame, contract: DatasetContract) -> pl.DataFrame:
    """By day, ids and times; only where these leave two rows the same do the label and the many features decide."""
    times = dict.fromkeys(filter(None, (contract.event_time, contract.known_at, contract.label_closes_at)))
    told = (*contract.ids, *times, contract.label, *contract.features)
    first = 1 + len(contract.ids) + len(times)
    return in_order(table.select(DAY, FOLD, *told), [DAY, *told], first=first).rechunk()


def _facts(table: pl.DataFrame, days: pl.DataFrame, window: Window) -> dict[str, Any]:
    contract = window.contract
    train, holdout = (rows_of(table, fold, DAY, contract.label) for fold in (TRAIN, HOLDOUT))
    inside = int(days["rows"].sum())
    return {
        "rows": table.height,
        "train_rows": train.height,
        "purged_rows": table.height - train.height - holdout.height,
        "holdout_rows": holdout.height,
        **_outcomes(table, contract),
        **{f"train_{name}": value for name, value in _outcomes(train, contract).items()},
        **{f"holdout_{name}": value for name, value in _outcomes(holdout, contract).items()},
        **_entities(table, contract),
        **impossible_rows(table, contract),
        "rows_in_window": inside,
        "rows_not_yet_known": inside - int(days["known"].sum()),
        "first_day": str(table[DAY].min()),
        "last_day": str(table[DAY].max()),
        "holdout_from": str(holdout[DAY].min()),
        "days_with_rows": days.height,
        "days_without_rows": window.days - days.height,
        "schema": {name: _feature_kind(table[name].dtype) for name in contract.features},
    }


def _entities(table: pl.DataFrame, contract: DatasetContract) -> dict[str, Any]:
    """How many entities there are, counted as `core.entities` tells them apart."""
    name = entity_name(table, contract)

    of_folds = {f"{fold}_entities": (pl.col(FOLD) == fold).sum() for fold in (TRAIN, HOLDOUT)}
    counts = {"entities": pl.len(), **of_folds}
    if not name or all_differ(table.select(name).drop_nulls()):
        return {"entity": name, **table.select(**counts).row(0, named=True)}
    rows = table.select(name, FOLD).group_by(name).agg(**counts)
    many = pl.col(name).is_null()  # rows without one are one each
    found = rows.select(
        pl.when(many).then(pl.col(of)).otherwise(pl.col(of).clip(0, 1)).sum() for of in counts
    )
    return {"entity": name, **found.row(0, named=True)}


def _outcomes(table: pl.DataFrame, contract: DatasetContract) -> dict[str, Any]:
    """What the outcomes of rows are: the share of 1, the rows of each class, or their mean and standard deviation."""
    label = table[contract.label]
    if contract.task == "binary":
        return {"base_rate": round(int(label.cast(pl.Int64).sum()) / table.height, 6)}
    if contract.task == "multiclass":
        counts = label.value_counts(name="rows").sort(contract.label)
        return {"classes": dict(counts.iter_rows())}
    values = label.to_list()
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return {"mean": float(f"{mean:.10g}"), "deviation": float(f"{deviation:.10g}")}


def _feature_kind(dtype: pl.DataType) -> str:
    return "number" if dtype.is_numeric() else "category"


def _check_rows(days: pl.DataFrame, window: Window) -> None:
    if days.is_empty():
        raise SourceError(
            f"{window}: there are no rows. Choose an as_of that the source has rows for, a larger lookback_days, or "
            f"land the missing days."
        )
    event_time = window.contract.event_time
    untimed = days.filter(pl.col("untimed") > 0)
    if untimed.height:
        raise SourceError(
            f"{window.origin}: column `{event_time}` is empty in {count(int(untimed['untimed'].sum()), 'row')}, first on "
            f"date={untimed[DAY].min()!s}. Give every row the time of its event."
        )


def _check_labels(eligible: pl.DataFrame, window: Window) -> None:
    contract = window.contract
    wrong = (
        eligible.filter(~pl.col(contract.label).is_in([0, 1])) if contract.task == "binary" else eligible[:0]
    )
    if wrong.height:
        raise SourceError(
            f"{window.origin}: column `{contract.label}` holds something else than 0 and 1 in {_rows(wrong)}. "
            f"Write 0 or 1, and nothing where the outcome is not known."
        )
    if contract.task == "regression":
        large = eligible.filter(pl.col(contract.label).abs() > LARGEST)
        if large.height:
            raise SourceError(
                f"{window.origin}: column `{contract.label}` holds numbers beyond {LARGEST:g} in {_rows(large)}. "
                f"Mend them, or write nothing where the outcome is not known."
            )


def _check_finite(eligible: pl.DataFrame, window: Window) -> None:
    floats = [name for name in window.contract.features if eligible[name].dtype.is_float()]
    infinite = eligible.select(pl.col(floats).is_infinite().any())
    for name in infinite.columns:
        if infinite[name].item():
            raise SourceError(
                f"{window.origin}: column `{name}` is infinite in {_rows(eligible.filter(pl.col(name).is_infinite()))}. "
                f"Write a number, or nothing where it is not known."
            )


def _rows(wrong: pl.DataFrame) -> str:
    return f"{count(wrong.height, 'row')}, first on date={wrong[DAY].min()!s}"
