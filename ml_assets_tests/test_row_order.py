"""Rows that are sorted by as few columns as it takes lie as if they were sorted by all."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ml_assets.core.row_order import in_order

DAY, NEXT = dt.date(2025, 1, 1), dt.date(2025, 1, 2)
SCHEMA = {"day": pl.Date(), "name": pl.String(), "price": pl.Float64(), "count": pl.Int64()}
_ROWS = st.lists(
    st.tuples(
        st.sampled_from([DAY, NEXT]),
        st.sampled_from(["", "10", "9", "é", None]),
        st.sampled_from([0.0, -0.0, 1.5, -2.0, float("inf"), float("nan"), None]),
        st.sampled_from([0, 1, -1, None]),
    ),
    max_size=12,
)

FALLING = [(NEXT, "a", 1.0, 0), (DAY, "b", 1.0, 0)]  # by the first column, though not by the second


def table(rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@example(FALLING, 0, 2)
@given(_ROWS, st.integers(0, 4), st.integers(1, 4))
@settings(deadline=None)
def test_rows_lie_as_if_they_were_sorted_by_all_columns(rows, sorted_by, first):
    given_rows = table(rows).sort([*SCHEMA][:sorted_by]) if sorted_by else table(rows)
    lying = pl.concat([given_rows[:3], given_rows[3:]], rechunk=False)

    found = in_order(lying, [*SCHEMA], first=first)

    assert found.equals(lying.sort([*SCHEMA]))


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        ([], 2),
        ([(DAY, "b", 2.0, 2)], 2),
        ([(DAY, "10", 2.0, 2), (DAY, "9", 1.0, 1), (NEXT, "1", 0.0, 0)], 2),
        ([(DAY, "a", 1.0, 2), (DAY, "a", 2.0, 1)], 3),
        ([(DAY, "a", 2.0, 0), (NEXT, "a", 1.0, 0), (NEXT, "a", 3.0, 0)], 3),
    ],
)
def test_rows_that_lie_in_order_are_not_sorted(rows, first):
    lying = table(rows)

    assert in_order(lying, [*SCHEMA], first=first) is lying
