"""Which rows a model learns from, and which it is evaluated on: the holdout is taken as if it were still to come."""

import datetime as dt
import math
from dataclasses import dataclass

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.point_in_time import DAY, known_at_end_of
from ml_assets.errors import TrainingError
from ml_assets.pipelines.tabular.parameters import LONGEST_LOOKBACK, DatasetParameters

FOLD = "fold"
TRAIN = "train"
PURGED = "purged"
HOLDOUT = "holdout"
_A_DAY = dt.timedelta(days=1)
_NEEDED = {"binary": "both 0 and 1", "multiclass": "several classes", "regression": "numbers that differ"}


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


def with_folds(
    eligible: pl.DataFrame, contract: DatasetContract, parameters: DatasetParameters
) -> pl.DataFrame:
    """Rows with the column `fold`: `holdout` of the latest `holdout_days` days, `train` or `purged` of those before.

    Purged are rows that were not known, or whose outcome was not, at the midnight that begins the first day of the
    holdout that has rows: a model that is made on that day cannot have learned from them.

    Args:
        eligible: rows that are known at the end of as_of; at least one.
        contract: what the columns are for.
        parameters: `holdout_days` and `purged`.
    """
    held = pl.col(DAY) > pl.col(DAY).max() - pl.duration(days=parameters.holdout_days)
    begins: dt.date = eligible.filter(held)[DAY].min()  # type: ignore[assignment]
    kept = known_at_end_of(begins - _A_DAY, contract) if parameters.purged else pl.lit(value=True)
    before = pl.when(kept).then(pl.lit(TRAIN)).otherwise(pl.lit(PURGED))
    return eligible.with_columns(pl.when(held).then(pl.lit(HOLDOUT)).otherwise(before).alias(FOLD))


def rows_of(table: pl.DataFrame, fold: str, *columns: str) -> pl.DataFrame:
    """The rows of one fold with these columns, or with all: what is kept of them is in memory once more."""
    return (table.select(columns) if columns else table).filter(table[FOLD] == fold)


def check_folds(table: pl.DataFrame, window: Window, *, parameters: DatasetParameters) -> None:
    """Refuse a training set with nothing to train on, or with one outcome only in train or holdout.

    Raises:
        TrainingError: it names the `lookback_days` that would do.
    """
    train, holdout = (rows_of(table, fold, DAY, window.contract.label) for fold in (TRAIN, HOLDOUT))
    begins: dt.date = holdout[DAY].min()  # type: ignore[assignment]
    closing = pl.col(window.contract.label_closes_at) - pl.col(DAY).cast(pl.Datetime("us"))
    days = table.group_by(DAY).agg(closing.max().alias("closing"))
    remedy = _remedy(days, window, begins=begins, parameters=parameters)
    if train.is_empty():
        raise TrainingError(
            f"{window}: {_nothing_left(table.height - holdout.height, begins, parameters)}; known outcomes are of "
            f"{_span(table)}. {remedy}"
        )
    _check_differ(train, window, name=TRAIN, remedy=remedy)
    _check_differ(holdout, window, name=HOLDOUT, remedy="Use a larger lookback_days or holdout_days")


def refuse_unknown_outcomes(days: pl.DataFrame, window: Window, *, parameters: DatasetParameters) -> None:
    """Refuse a window in which no outcome is known yet; `days` are its days, as `Rows.daily` tells them.

    Raises:
        TrainingError: always; it names the `lookback_days` that would do, where rows say when their outcomes close.
    """
    contract = window.contract
    last = window.last - dt.timedelta(days=_days_to_close(days) - 1)
    begins = last - dt.timedelta(days=parameters.holdout_days - 1)
    raise TrainingError(
        f"{window}: there are rows, but no outcome is known yet. A row counts once its `{contract.label}` is there "
        f"and `{contract.label_closes_at}` is not after the end of as_of. "
        f"{_remedy(days, window, begins=begins, parameters=parameters)}, or an earlier as_of of a source that ends there."
    )


def _check_differ(fold: pl.DataFrame, window: Window, *, name: str, remedy: str) -> None:
    label = window.contract.label
    if fold[label].n_unique() == 1:
        raise TrainingError(
            f"{window}: column `{label}` is {fold[label].item(0)} in all {fold.height} rows of {name}, "
            f"{_span(fold)}. A model and its evaluation need {_NEEDED[window.contract.task]}. {remedy}, or look at how the "
            "label is made."
        )


def _nothing_left(before: int, begins: dt.date, parameters: DatasetParameters) -> str:
    left = f"the {parameters.holdout_days} days of the holdout leave no row to train on"
    if not before:
        return left
    return f"{left}: of the {before} rows before it no outcome was known when it began, on {begins}"


def _remedy(days: pl.DataFrame, window: Window, *, begins: dt.date, parameters: DatasetParameters) -> str:
    """What to do for as many days of training as the holdout has, of which `begins` is the first; without a full stop."""
    closing = _days_to_close(days) if parameters.purged else 0
    needed = (window.last - begins).days + closing + parameters.holdout_days
    if needed > LONGEST_LOOKBACK:
        return f"Use a smaller holdout_days: no lookback_days up to {LONGEST_LOOKBACK} would do"
    begin: dt.date = days[DAY].min()  # type: ignore[assignment]
    if needed <= window.days:
        shorter = f"Use a smaller holdout_days or a later as_of: rows begin on {begin}"
        return shorter if begin > window.first else "Use a larger lookback_days"
    first = window.last - dt.timedelta(days=needed - 1)
    return f"Use lookback_days={needed} or more, if the source has rows from {first} on"


def _days_to_close(days: pl.DataFrame) -> int:
    """Days from the beginning of a row's day until its outcome is known, of the row for which it takes longest."""
    longest: dt.timedelta | None = days["closing"].max()  # type: ignore[assignment]
    return max(1, math.ceil(longest / _A_DAY)) if longest else 1


def _span(table: pl.DataFrame) -> str:
    return f"{table[DAY].min()!s} to {table[DAY].max()!s}"
