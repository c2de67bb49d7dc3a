"""The holdout is taken as if it were still to come: nothing is learned from what was not known when it began."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.errors import TrainingError
from ml_assets.pipelines.tabular.folds import HOLDOUT, PURGED, TRAIN
from ml_assets_tests.builders import LAST, order_days
from ml_assets_tests.test_training_set import AS_OF, CONTRACT, ROWS, _make, _refusal

CLOSES = "returned_30d_closes_at"
BEGINS = dt.datetime(2025, 7, 5)  # noqa: DTZ001 - the first instant of the holdout


def _closing(day, at):
    """The rows with another end of the outcome's window on one day."""
    return ROWS.with_columns(pl.when(pl.col("day") == day).then(pl.lit(at)).otherwise(CLOSES).alias(CLOSES))


def _folds(product, day):
    return set(product.value.filter(day=day)["fold"])


def test_an_outcome_that_closes_at_the_instant_the_holdout_begins_is_trained_on():
    day = dt.date(2025, 6, 20)

    assert _folds(_make(_closing(day, BEGINS)), day) == {TRAIN}
    assert _folds(_make(_closing(day, BEGINS + dt.timedelta(microseconds=1))), day) == {PURGED}


def test_the_holdout_begins_with_its_first_day_that_has_rows():
    rows = ROWS.filter(~pl.col("day").is_between(dt.date(2025, 7, 4), dt.date(2025, 7, 6)))
    product = _make(rows)

    assert product.facts["holdout_from"] == "2025-07-07"
    assert _folds(product, dt.date(2025, 6, 6)) == {TRAIN}
    assert _folds(product, dt.date(2025, 6, 7)) == {PURGED}


def test_without_purging_all_rows_before_the_holdout_are_trained_on():
    purged, whole = _make(), _make(purged=False)

    assert whole.facts["purged_rows"] == 0
    assert whole.facts["train_rows"] == purged.facts["train_rows"] + purged.facts["purged_rows"]
    assert whole.value.drop("fold").equals(purged.value.drop("fold"))
    assert whole.value.filter(fold=HOLDOUT).equals(purged.value.filter(fold=HOLDOUT))


@given(as_of=st.dates(dt.date(2025, 7, 20), LAST), holdout=st.integers(1, 14))
def test_training_rows_are_those_of_the_day_before_the_holdout(as_of, holdout):
    """What a training set of the day before the holdout could hold is what is trained on, and nothing else."""
    product = _make(as_of=as_of, holdout_days=holdout, lookback_days=112)
    before = dt.date.fromisoformat(product.facts["holdout_from"]) - dt.timedelta(days=1)
    known = _make(as_of=before, holdout_days=1, lookback_days=112, purged=False).value

    assert (
        product.value.filter(fold=TRAIN)
        .drop("fold")
        .equals(known.filter(pl.col("day") >= product.value["day"].min()).drop("fold"))
    )


@pytest.mark.parametrize(("holdout", "lookback"), [(7, 60), (7, 67), (1, 40), (14, 74)])
def test_the_lookback_days_that_a_refusal_names_would_do(holdout, lookback):
    rows = pl.concat(
        table.with_columns(day=pl.lit(day)) for day, table in order_days(dt.date(2025, 4, 1), AS_OF).items()
    ).select("day", *CONTRACT.columns)
    message = _refusal(TrainingError, rows, holdout_days=holdout, lookback_days=lookback)
    named = int(message.split("lookback_days=")[1].split()[0])

    product = _make(rows, holdout_days=holdout, lookback_days=named)

    assert product.value.filter(fold=TRAIN)["day"].n_unique() == holdout
    assert f"if the source has rows from {AS_OF - dt.timedelta(days=named - 1)} on" in message


def test_where_no_outcome_is_known_yet_the_lookback_days_that_would_do_are_named():
    message = _refusal(TrainingError, lookback_days=20)

    assert "Use lookback_days=74 or more" in message
    assert _make(lookback_days=74).value.filter(fold=TRAIN)["day"].n_unique() == 7


def test_where_the_source_begins_too_late_the_refusal_says_so():
    rows = ROWS.filter(pl.col("day") >= dt.date(2025, 6, 10))
    message = _refusal(TrainingError, rows)

    assert "of the 200 rows before it no outcome was known when it began, on 2025-07-05" in message
    assert "Use a smaller holdout_days or a later as_of: rows begin on 2025-06-10" in message


def test_where_no_lookback_days_would_do_the_refusal_says_so():
    rows = ROWS.with_columns(
        (pl.col("day").cast(pl.Datetime("us")) - pl.duration(days=2000)).alias("order_ts")
    )
    rows = rows.with_columns(pl.col("day").dt.offset_by("-2000d"), pl.col(CLOSES))
    message = _refusal(TrainingError, rows, lookback_days=2100, holdout_days=61)

    assert "Use a smaller holdout_days: no lookback_days up to 3650 would do" in message


def test_a_row_that_arrived_after_as_of_is_left_out_and_one_that_arrived_during_the_holdout_is_purged():
    contract = CONTRACT.model_copy(update={"known_at": "landed"})
    end = dt.datetime.combine(AS_OF + dt.timedelta(days=1), dt.time())
    arrivals = {
        dt.date(2025, 5, 20): end,
        dt.date(2025, 5, 21): end + dt.timedelta(microseconds=1),
        dt.date(2025, 5, 22): BEGINS,
        dt.date(2025, 5, 23): BEGINS + dt.timedelta(microseconds=1),
        dt.date(2025, 5, 24): None,
    }
    landed = pl.col("day").replace_strict(arrivals, default=None, return_dtype=pl.Datetime("us"))
    named = pl.col("day").is_in(list(arrivals))
    rows = ROWS.with_columns(landed=pl.when(named).then(landed).otherwise("order_ts"))
    product = _make(rows, contract=contract)

    assert [_folds(product, day) for day in arrivals] == [{PURGED}, set(), {TRAIN}, {PURGED}, set()]
    assert product.value.columns[2:6] == ["order_id", "order_ts", "landed", CLOSES]


def test_a_row_may_be_known_at_its_event():
    contract = CONTRACT.model_copy(update={"known_at": "order_ts"})

    assert _make(contract=contract).value.equals(_make().value)
