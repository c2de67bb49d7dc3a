"""A training set holds what was known at the end of as_of, and its bytes hang on nothing else."""

import datetime as dt
import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.core.contract import DatasetContract
from ml_assets.core.fingerprints import source_days
from ml_assets.errors import SourceError, TrainingError
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.training_set import training_set
from ml_assets.sources.rows import open_source
from ml_assets_tests.builders import land, order_day, order_days, write_landing

CONTRACT = DatasetContract(
    event_time="order_ts",
    label="returned_30d",
    label_closes_at="returned_30d_closes_at",
    ids=("order_id",),
    features=("country", "n_lines", "order_value", "days_since_prev"),
)
AS_OF = dt.date(2025, 8, 10)
END = dt.datetime(2025, 8, 11)  # noqa: DTZ001 - naive UTC, as everywhere in rows
PARAMETERS = DatasetParameters(source="shop", lookback_days=91, holdout_days=7)
ROWS = pl.concat(
    table.with_columns(day=pl.lit(day)).with_columns(pl.col("n_lines", "days_since_prev").cast(pl.Float64))
    for day, table in order_days().items()
).select("day", *CONTRACT.columns)


def _make(rows=ROWS, *, as_of=AS_OF, contract=CONTRACT, **parameters):
    return training_set(
        rows.lazy(),
        contract=contract,
        parameters=PARAMETERS.model_copy(update=parameters),
        as_of=as_of,
        origin="/zone/orders",
    )


def _bytes(product):
    buffer = io.BytesIO()
    product.value.write_parquet(buffer)
    return buffer.getvalue()


def _refusal(kind, rows=ROWS, **changes):
    with pytest.raises(kind) as caught:
        _make(rows, **changes)
    return str(caught.value)


def test_it_holds_the_rows_of_the_window_whose_outcome_was_closed():
    table = _make().value

    assert table["day"].min() == dt.date(2025, 5, 12)
    assert table["returned_30d_closes_at"].max() <= END
    assert table["day"].unique().len() == 61
    assert table.height == 61 * 8


def test_a_window_that_closes_at_the_midnight_after_as_of_is_closed():
    on_time = ROWS.with_columns(returned_30d_closes_at=pl.lit(END))
    late = ROWS.with_columns(returned_30d_closes_at=pl.lit(END + dt.timedelta(microseconds=1)))

    assert _make(on_time, purged=False).value["day"].max() == AS_OF
    assert "no outcome is known yet" in _refusal(TrainingError, late)


def test_a_row_without_an_outcome_is_left_out_though_its_window_is_over():
    first = pl.col("order_id") == pl.col("order_id").min().over("day")
    rows = ROWS.with_columns(returned_30d=pl.when(first).then(None).otherwise("returned_30d"))
    product = _make(rows)

    assert product.value["returned_30d"].null_count() == 0
    assert product.facts["rows"] == product.value.height == 61 * 7


def test_rows_come_by_day_and_then_by_their_content():
    later_is_first = (pl.lit(1_000_000) - pl.col("day").to_physical()).cast(pl.String)
    table = _make(ROWS.with_columns(order_id=later_is_first)).value

    told = [name for name in table.columns if name != "fold"]
    assert table.select(told).equals(table.select(told).sort("day", *told[1:]))
    assert table["day"].is_sorted()


def test_an_event_at_the_midnight_after_as_of_is_of_the_next_day():
    rows = ROWS.with_columns(returned_30d_closes_at=pl.lit(END), order_ts=pl.lit(END))

    assert "no outcome is known yet" in _refusal(TrainingError, rows)


def test_columns_are_in_the_order_of_their_roles():
    assert _make().value.columns == [
        "day",
        "fold",
        "order_id",
        "order_ts",
        "returned_30d_closes_at",
        "returned_30d",
        "country",
        "n_lines",
        "order_value",
        "days_since_prev",
    ]


def test_the_holdout_is_the_latest_days_with_known_outcomes():
    folds = (
        _make(holdout_days=7)
        .value.group_by("fold")
        .agg(pl.col("day").min().alias("a"), pl.col("day").max().alias("b"))
    )

    assert dict(zip(folds["fold"], folds.select("a", "b").rows(), strict=True)) == {
        "train": (dt.date(2025, 5, 12), dt.date(2025, 6, 4)),
        "purged": (dt.date(2025, 6, 5), dt.date(2025, 7, 4)),
        "holdout": (dt.date(2025, 7, 5), dt.date(2025, 7, 11)),
    }


def test_facts_tell_what_is_in_it():
    rows = ROWS.filter(~pl.col("day").is_in([dt.date(2025, 6, 20), dt.date(2025, 8, 1)]))
    facts = _make(rows).facts

    assert facts.pop("base_rate") == pytest.approx(0.4, abs=0.1)
    assert facts.pop("holdout_base_rate") == pytest.approx(0.4, abs=0.1)
    assert facts.pop("train_base_rate") == pytest.approx(0.4, abs=0.1)
    assert facts == {
        "rows": 480,
        "train_rows": 192,
        "purged_rows": 232,
        "holdout_rows": 56,
        "entity": "order_id",
        "entities": 480,
        "train_entities": 192,
        "holdout_entities": 56,
        "repeated_rows": 0,
        "rows_after_their_day": 0,
        "rows_before_their_day": 0,
        "rows_closed_before_their_event": 0,
        "rows_in_window": 712,
        "rows_not_yet_known": 232,
        "first_day": "2025-05-12",
        "last_day": "2025-07-11",
        "holdout_from": "2025-07-05",
        "days_with_rows": 89,
        "days_without_rows": 2,
        "schema": {
            "country": "category",
            "n_lines": "number",
            "order_value": "number",
            "days_since_prev": "number",
        },
    }


def test_a_feature_that_is_never_known_is_allowed():
    rows = ROWS.with_columns(days_since_prev=pl.lit(None, dtype=pl.Float64))

    assert _make(rows).value["days_since_prev"].null_count() == 61 * 8


@settings(deadline=None, max_examples=60)
@given(
    label=st.sampled_from([None, 0, 1, 2]),
    closes_later=st.none() | st.integers(1, 10**12),
    future=st.sampled_from(["gone", "kept", "doubled", "wild"]),
    as_of=st.dates(min_value=dt.date(2025, 7, 25), max_value=dt.date(2025, 8, 31)),
)
def test_nothing_that_is_later_than_as_of_matters(label, closes_later, future, as_of):
    midnight = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time())
    closes = None if closes_later is None else midnight + dt.timedelta(microseconds=closes_later)
    still_open = pl.col("returned_30d_closes_at") > midnight
    changed = ROWS.with_columns(
        pl.when(still_open)
        .then(pl.lit(label, dtype=pl.Int8))
        .otherwise("returned_30d")
        .alias("returned_30d"),
        pl.when(still_open)
        .then(pl.lit(closes, dtype=pl.Datetime("us")))
        .otherwise("returned_30d_closes_at")
        .alias("returned_30d_closes_at"),
    )
    later = changed.filter(pl.col("day") > as_of)
    wild = later.with_columns(order_value=pl.lit(float("inf")), order_ts=None, country=None)
    futures = {"gone": [], "kept": [later], "doubled": [later, later], "wild": [wild]}
    before, after = (
        _make(as_of=as_of),
        _make(
            pl.concat([changed.filter(pl.col("day") <= as_of), *futures[future]], how="vertical_relaxed"),
            as_of=as_of,
        ),
    )

    assert _bytes(after) == _bytes(before)
    assert after.facts == before.facts
    assert source_days(after.value) == source_days(before.value)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32), copies=st.integers(1, 3))
def test_the_order_of_rows_does_not_matter(seed, copies):
    rows = pl.concat([ROWS] * copies)
    before, after = _make(rows), _make(rows.sample(fraction=1, shuffle=True, seed=seed))

    assert _bytes(after) == _bytes(before)
    assert source_days(after.value.sample(fraction=1, shuffle=True, seed=seed)) == source_days(before.value)


def test_how_rows_are_spread_over_files_does_not_matter(tmp_path):
    days = order_days()
    one = write_landing(tmp_path / "one", rows_by_day=days)
    many = write_landing(
        tmp_path / "many", rows_by_day={day: table.tail(3).reverse() for day, table in days.items()}
    )
    for day, table in days.items():
        land(many, day, table.head(5).reverse(), name="rest.csv" if day.day % 2 else "rest.parquet")
    made = []
    for root in (one, many):
        source = open_source("shop", str(root))
        made.append(
            _make(
                source.scan("orders", first=dt.date(2025, 5, 1), last=AS_OF),
                contract=source.contract("orders"),
            )
        )

    assert _bytes(made[0]) == _bytes(made[1])
    assert source_days(made[0].value) == source_days(made[1].value)


def test_each_day_has_a_fingerprint_and_a_count():
    days = source_days(_make().value)

    assert [day.date for day in days] == [dt.date(2025, 5, 12) + dt.timedelta(days=n) for n in range(61)]
    assert {day.rows for day in days} == {8}
    assert len({day.fingerprint for day in days}) == 61


def test_a_fingerprint_is_the_same_for_ever():
    assert {day.date: day.fingerprint for day in source_days(_make().value)}[
        dt.date(2025, 6, 12)
    ] == "1eb8a81f95901657"


def test_a_fingerprint_does_not_hang_on_the_fold():
    early, late = _make(holdout_days=3), _make(holdout_days=20)

    assert source_days(early.value) == source_days(late.value)


@pytest.mark.parametrize(
    "change",
    [
        pl.col("order_value") + 0.01,
        pl.col("country").replace("Spain", ""),
        pl.col("country").replace("Spain", None),
        pl.col("n_lines").replace(3.0, None),
        pl.col("n_lines").replace(3.0, 0.0),
        pl.col("returned_30d").replace({0: 1, 1: 0}),
        pl.col("order_ts").dt.offset_by("1us"),
    ],
)
def test_any_change_of_a_day_changes_its_fingerprint(change):
    plain = source_days(_make().value)
    other = source_days(
        _make(
            ROWS.with_columns(
                pl.when(pl.col("day") == dt.date(2025, 6, 13))
                .then(change)
                .otherwise(change.meta.root_names()[0])
                .alias(change.meta.root_names()[0])
            )
        ).value
    )

    assert [a.date for a, b in zip(plain, other, strict=True) if a != b] == [dt.date(2025, 6, 13)]


def test_whole_numbers_that_no_float_tells_apart_have_different_fingerprints():
    one, other = (pl.DataFrame({"day": [AS_OF], "n": [2**53 + more]}) for more in (0, 1))

    assert source_days(one) != source_days(other)


def test_nothing_and_an_empty_text_have_different_fingerprints():
    nothing, empty = (_make(ROWS.with_columns(country=pl.lit(v, dtype=pl.String))) for v in (None, ""))

    assert not {d.fingerprint for d in source_days(nothing.value)} & {
        d.fingerprint for d in source_days(empty.value)
    }


def test_a_training_set_without_rows_has_no_source_days():
    assert source_days(_make().value.clear()) == ()


def test_an_empty_window_is_refused_with_its_days():
    message = _refusal(SourceError, as_of=dt.date(2020, 1, 31))

    assert message.startswith("/zone/orders, 2019-11-02 to 2020-01-31: there are no rows.")
    assert "larger lookback_days" in message


def test_a_window_without_a_closed_outcome_is_refused():
    message = _refusal(TrainingError, lookback_days=20)

    assert "no outcome is known yet" in message
    assert "`returned_30d_closes_at`" in message
    assert "Use lookback_days=74 or more, if the source has rows from 2025-05-29 on" in message


def test_one_class_only_in_train_is_refused():
    message = _refusal(TrainingError, ROWS.with_columns(returned_30d=pl.lit(0, dtype=pl.Int8)))

    assert "/zone/orders" in message
    assert "column `returned_30d` is 0 in all 192 rows of train, 2025-05-12 to 2025-06-04" in message
    assert "Use a larger lookback_days, or look at how the label is made." in message


def test_one_class_only_in_the_holdout_is_refused():
    held = (
        pl.when(pl.col("day") >= dt.date(2025, 7, 5)).then(pl.lit(1, dtype=pl.Int8)).otherwise("returned_30d")
    )
    message = _refusal(TrainingError, ROWS.with_columns(returned_30d=held))

    assert "column `returned_30d` is 1 in all 56 rows of holdout" in message
    assert "Use a larger lookback_days or holdout_days, or look at how the label is made." in message


def test_one_row_in_a_fold_has_one_class():
    message = _refusal(
        TrainingError,
        ROWS.filter(day=dt.date(2025, 6, 1)).head(1).vstack(ROWS.filter(day=dt.date(2025, 7, 11))),
        holdout_days=1,
    )

    assert "in all 1 rows of train, " in message


def test_a_holdout_that_leaves_nothing_to_train_on_is_refused():
    message = _refusal(TrainingError, holdout_days=61)

    assert (
        "the 61 days of the holdout leave no row to train on; known outcomes are of 2025-05-12 to" in message
    )
    assert "Use lookback_days=182 or more, if the source has rows from 2025-02-10 on" in message


def test_a_label_other_than_0_and_1_is_refused():
    message = _refusal(SourceError, ROWS.with_columns(returned_30d=pl.lit(2, dtype=pl.Int8)))

    assert "/zone/orders: column `returned_30d` holds something else than 0 and 1 in 488 rows" in message
    assert "first on date=2025-05-12" in message


def test_a_row_without_event_time_is_refused():
    message = _refusal(SourceError, ROWS.with_columns(order_ts=pl.lit(None, dtype=pl.Datetime("us"))))

    assert "column `order_ts` is empty in 728 rows, first on date=2025-05-12" in message


def test_one_row_is_told_as_one_row():
    time = pl.when(pl.col("order_id") != "20250701-003").then("order_ts")
    message = _refusal(SourceError, ROWS.with_columns(order_ts=time))

    assert "column `order_ts` is empty in 1 row, first on date=2025-07-01" in message


def test_an_infinite_feature_is_refused():
    message = _refusal(SourceError, ROWS.with_columns(order_value=pl.lit(float("inf"))))

    assert "column `order_value` is infinite in 488 rows" in message


def test_builders_write_both_classes_every_day():
    assert {order_day(day)["returned_30d"].n_unique() for day in order_days()} == {2}


def test_the_real_orders_have_their_true_rate_of_returns(real_data):
    source = open_source("uci", str(real_data))
    rows = source.scan("orders", first=dt.date(2010, 12, 1), last=dt.date(2011, 6, 15))
    product = _make(
        rows,
        as_of=dt.date(2011, 6, 15),
        contract=source.contract("orders"),
        lookback_days=197,
        holdout_days=28,
    )

    assert 0.13 < product.facts["base_rate"] < 0.17
    assert product.facts["last_day"] == "2011-05-16"
