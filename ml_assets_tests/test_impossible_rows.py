"""Rows that cannot be right are counted, and refused where a model would be asked what it was told."""

import datetime as dt

import polars as pl
import pytest

from ml_assets.errors import SourceError
from ml_assets.pipelines.tabular.sound_rows import unlikely
from ml_assets_tests.test_training_set import CONTRACT, ROWS, _make, _refusal

TRAINED, HELD = dt.date(2025, 5, 20), dt.date(2025, 7, 8)
COUNTS = ("repeated_rows", "rows_after_their_day", "rows_before_their_day", "rows_closed_before_their_event")


def _counts(rows, **more):
    facts = _make(rows, **more).facts
    return [facts[name] for name in COUNTS]


def _moved(day, to, *, rows=2):
    """Some rows of one day once more, under another."""
    return pl.concat([ROWS, ROWS.filter(day=day).head(rows).with_columns(day=pl.lit(to))])


def test_sound_rows_are_all_right():
    assert _counts(ROWS) == [0, 0, 0, 0]
    assert unlikely(_make().facts) == {}


def test_rows_that_are_there_twice_are_counted():
    assert _counts(pl.concat([ROWS, ROWS.filter(day=TRAINED)])) == [8, 0, 0, 0]


def test_a_row_in_train_and_again_in_the_holdout_is_refused_with_its_days():
    message = _refusal(SourceError, _moved(TRAINED, HELD))

    assert (
        "/zone/orders: 2 rows with the same order_id, order_ts, returned_30d_closes_at are in the training"
        in message
    )
    assert "on date=2025-05-20, 2025-07-08. Land each row once" in message


def test_of_many_days_a_few_are_named():
    days = [TRAINED + dt.timedelta(days=n) for n in range(6)]
    again = [ROWS.filter(day=day).head(1).with_columns(day=pl.lit(HELD)) for day in days]

    assert "2025-05-24 and 2 more. Land" in _refusal(SourceError, pl.concat([ROWS, *again]))


def test_rows_without_ids_are_left_alone():
    nobody = CONTRACT.model_copy(update={"ids": ()})
    unknown = _moved(TRAINED, HELD).with_columns(order_id=pl.lit(None, dtype=pl.String))

    assert _counts(_moved(TRAINED, HELD), contract=nobody) == [0, 0, 2, 0]
    assert _counts(unknown) == [0, 0, 2, 0]


def test_snapshots_of_one_customer_may_have_one_event():
    contract = CONTRACT.model_copy(update={"ids": ("customer",)})
    ends = pl.col("day").cast(pl.Datetime("us")) + pl.duration(days=31)
    customers = pl.int_range(pl.len()).over("day").cast(pl.String)
    rows = ROWS.with_columns(
        customer=customers,
        order_ts=pl.lit(dt.datetime(2025, 1, 1)),  # noqa: DTZ001
        returned_30d_closes_at=ends,
    )
    facts = _make(rows, contract=contract).facts

    assert facts["repeated_rows"] == 0
    assert facts["rows_before_their_day"] == facts["rows"]
    assert unlikely(facts) == {}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(24, [0, 8, 0, 0]), (15, [0, 0, 0, 0]), (16, [0, 8, 0, 0]), (-31, [0, 0, 0, 0]), (-33, [0, 0, 8, 0])],
)
def test_an_event_days_away_from_its_day_is_counted(hours, expected):
    """Events are from 8:00 to 8:07."""
    moved = pl.col("order_ts") + pl.when(day=TRAINED).then(hours).otherwise(0) * pl.duration(hours=1)

    assert _counts(ROWS.with_columns(moved)) == expected


def test_an_outcome_that_closes_before_its_event_is_counted():
    early = (
        pl.when(day=TRAINED)
        .then(pl.col("order_ts") - pl.duration(seconds=1))
        .otherwise("returned_30d_closes_at")
    )

    assert _counts(ROWS.with_columns(returned_30d_closes_at=early)) == [0, 0, 0, 8]


def test_facts_of_before_are_not_judged():
    assert unlikely({"rows": 3}) == {}
