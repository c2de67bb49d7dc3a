"""An asset function gets the rows that were known at the end of its day, and what it asked for is written down."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_assets.core.contract import DatasetContract
from ml_assets.core.fingerprints import source_days
from ml_assets.core.manifest import InputSource
from ml_assets.core.point_in_time import kept
from ml_assets.core.rows import Rows, ask_again
from ml_assets.errors import SourceError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.training_set import training_set
from ml_assets.sources.rows import open_source
from ml_assets_tests.builders import order_days, write_landing

AS_OF = dt.date(2025, 8, 10)
FIRST = AS_OF - dt.timedelta(days=90)
NIGHT = dt.datetime(2025, 8, 11)  # noqa: DTZ001 - naive UTC, as everywhere in rows
LABELED = DatasetContract(event_time="at", label="paid", label_closes_at="closes", features=("amount",))
SHOP = {"source": "shop", "first": FIRST, "last": AS_OF}


@pytest.fixture(scope="module")
def zone(tmp_path_factory):
    return write_landing(tmp_path_factory.mktemp("zone"), rows_by_day=order_days())


def _table(**columns):
    rows = {"day": AS_OF, "at": NIGHT - dt.timedelta(hours=1), "paid": 3.5, "closes": NIGHT, "amount": 7}
    return pl.DataFrame([{**rows, "amount": n, **{k: v[n] for k, v in columns.items()}} for n in range(2)])


def _rows(table, *, contract=LABELED, as_of=AS_OF):
    return Rows.of(bills=table, contracts={"bills": contract}, as_of=as_of)


@given(st.lists(st.sampled_from([True, True, False, None]), max_size=12), st.integers(1, 3))
def test_rows_are_kept_as_a_filter_keeps_them(mask, files):
    table = pl.DataFrame({"place": range(len(mask)), "is_kept": pl.Series(mask, dtype=pl.Boolean)})
    pieces = pl.concat([table[n::files] for n in range(files)], rechunk=False)

    found = kept(pieces, pl.col("is_kept"))

    assert found.equals(pieces.filter(pl.col("is_kept")))
    assert found is pieces or not all(mask)


@pytest.mark.parametrize("where", ["sample", "landing"])
def test_closed_rows_are_fingerprinted_as_training_sets_always_were(where, zone):
    uri = "sample:" if where == "sample" else str(zone)
    source = open_source("shop", uri, samples=tabular.samples)
    before = training_set(
        source.scan("orders", first=FIRST, last=AS_OF),
        contract=source.contract("orders"),
        parameters=DatasetParameters(source="shop", lookback_days=91, holdout_days=7),
        as_of=AS_OF,
        origin=f"{uri}/orders",
    ).value
    rows = Rows(sources=lambda name: open_source(name, uri, samples=tabular.samples), as_of=AS_OF)

    scanned = rows.scan("orders", **SHOP, closed=True, coded=True).collect()

    assert rows.asked[0].days == source_days(before)
    assert scanned.sort(scanned.columns).equals(before.select(scanned.columns).sort(scanned.columns))


def test_what_was_asked_for_is_told_with_its_range_and_contract():
    rows = _rows(_table())

    rows.scan("bills", **SHOP)
    rows.scan("bills", **SHOP)
    rows.scan("bills", **SHOP, closed=True)
    rows.peek("bills", source="shop", first=AS_OF, last=AS_OF)

    assert [(s.source, s.dataset, s.first, s.last, s.closed) for s in rows.asked] == [
        ("shop", "bills", FIRST, AS_OF, False),
        ("shop", "bills", FIRST, AS_OF, True),
    ]
    assert DatasetContract.model_validate(rows.asked[0].contract) == LABELED
    assert [day.date for day in rows.asked[0].days] == [AS_OF]


def test_a_day_without_rows_that_gets_some_changes_the_answer():
    rows = _rows(_table())
    rows.scan("bills", **SHOP)
    earlier = _table().with_columns(day=pl.lit(FIRST))

    again = ask_again(rows.asked, _rows(pl.concat([_table(), earlier])))

    assert ask_again(rows.asked, _rows(_table())) == rows.asked
    assert [day.date for day in again[0].days] == [FIRST, AS_OF]


def test_asking_again_is_not_counted_as_asking():
    rows, later = _rows(_table()), _rows(_table())
    rows.scan("bills", **SHOP)

    ask_again(rows.asked, later)

    assert later.asked == ()


def test_a_manifest_that_tells_no_range_cannot_be_asked_again():
    before = InputSource.model_validate({"source": "shop", "dataset": "bills", "uri": "/bills", "days": []})

    assert before.last is None
    with pytest.raises(ValueError, match="shop/bills: it is not known which days"):
        ask_again([before], _rows(_table()))


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        (AS_OF, AS_OF + dt.timedelta(days=1), "nothing is known after as_of, 2025-08-10"),
        (AS_OF, FIRST, "first day must not be after the last"),
    ],
)
def test_a_range_beyond_as_of_or_backwards_is_refused(first, last, says):
    for ask in (_rows(_table()).scan, _rows(_table()).peek):
        with pytest.raises(SourceError, match=says):
            ask("bills", source="shop", first=first, last=last)


def test_rows_of_an_event_after_as_of_are_not_given():
    rows = _rows(_table(at=[NIGHT, NIGHT - dt.timedelta(microseconds=1)]))

    assert rows.scan("bills", **SHOP).collect()["amount"].to_list() == [1]
    assert rows.peek("bills", **SHOP).collect().height == 2


def test_rows_that_arrive_after_as_of_are_not_given():
    contract = LABELED.model_copy(update={"known_at": "here"})
    table = _table(here=[NIGHT, NIGHT + dt.timedelta(microseconds=1)])

    assert _rows(table, contract=contract).scan("bills", **SHOP).collect()["amount"].to_list() == [0]


def test_a_label_is_null_until_it_closes():
    rows = _rows(_table(closes=[NIGHT, NIGHT + dt.timedelta(microseconds=1)]))

    assert rows.scan("bills", **SHOP).collect()["paid"].to_list() == [3.5, None]
    assert rows.scan("bills", **SHOP, closed=True).collect()["paid"].to_list() == [3.5]
    assert [source.days[0].rows for source in rows.asked] == [2, 1]


def test_a_row_without_the_time_of_its_event_is_refused():
    with pytest.raises(SourceError, match="column `at` is empty in 1 row, first on date=2025-08-10"):
        _rows(_table(at=[None, NIGHT])).scan("bills", **SHOP)


def test_closed_rows_need_a_label():
    rows = _rows(_table(), contract=DatasetContract(event_time="at"))

    with pytest.raises(SourceError, match="names no label"):
        rows.scan("bills", **SHOP, closed=True)


def test_the_latest_rows_are_those_of_the_newest_day_up_to_as_of():
    tables = [_table().with_columns(day=pl.lit(AS_OF - dt.timedelta(days=n)), amount=n) for n in (3, 1, -1)]
    rows = _rows(pl.concat(tables[:1])), _rows(pl.concat(tables))

    latest = [each.latest("bills", source="shop").collect()["amount"].unique().to_list() for each in rows]

    assert latest == [[3], [1]]
    assert (rows[0].asked[0].first, rows[0].asked[0].last) == (None, AS_OF)
    assert ask_again(rows[0].asked, rows[1]) == rows[1].asked
    with pytest.raises(SourceError, match="there are no rows up to 2025-01-01"):
        _rows(_table(), as_of=dt.date(2025, 1, 1)).latest("bills", source="shop")


def test_the_newest_day_of_a_landing_zone_counts_until_as_of(zone):
    rows = Rows(sources=lambda name: open_source(name, str(zone)), as_of=dt.date(2025, 6, 12))

    assert rows.latest("orders", source="shop").collect()["day"].unique().to_list() == [dt.date(2025, 6, 12)]


def test_frames_need_no_contract_and_no_as_of():
    rows = Rows.of(sales=pl.DataFrame({"day": [FIRST, AS_OF], "pieces": [1, 2]}))

    assert rows.scan("sales", **SHOP).collect()["pieces"].sum() == 3
    assert rows.origin("sales", source="shop") == "memory:/sales"
    with pytest.raises(SourceError, match="memory:visits: no such rows"):
        rows.scan("visits", **SHOP)


@st.composite
def _two_futures(draw):
    """Rows, and the same rows after more has become known of them: two tables that were one until the end of AS_OF."""
    before, after = [], []
    hours = st.integers(-48, 48).map(lambda hours: NIGHT + dt.timedelta(hours=hours))
    for number in range(draw(st.integers(1, 6))):
        row = {"day": AS_OF, "at": draw(hours), "here": draw(hours), "closes": draw(hours), "amount": number}
        now, later = draw(st.tuples(st.floats(-9, 9), st.floats(-9, 9)))
        unknown = row["at"] >= NIGHT or row["here"] > NIGHT
        before.append(row | {"paid": now})
        if not (unknown and draw(st.booleans())):
            changed = unknown or row["closes"] > NIGHT
            after.append(row | {"paid": later if changed else now, "amount": -1 if unknown else number})
    schema = {"day": pl.Date, "at": pl.Datetime, "here": pl.Datetime, "closes": pl.Datetime}
    return tuple(
        pl.DataFrame(rows, schema={**schema, "amount": pl.Int64, "paid": pl.Float64})
        for rows in (before, after)
    )


@settings(deadline=None)
@given(tables=_two_futures(), closed=st.booleans())
def test_what_becomes_known_later_changes_neither_rows_nor_fingerprints(tables, closed):
    contract = LABELED.model_copy(update={"known_at": "here"})
    before, after = (_rows(table, contract=contract) for table in tables)

    scanned = [rows.scan("bills", **SHOP, closed=closed).collect() for rows in (before, after)]

    assert scanned[0].equals(scanned[1])
    assert before.asked == after.asked
