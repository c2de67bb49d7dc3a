"""Rows of a database: a source that a stranger registers keeps all rules of a landing zone."""

import datetime as dt
import importlib
import sqlite3
import sys

import polars as pl
import pytest

from ml_assets import Rows, sources
from ml_assets.errors import RefusedError, SourceError
from ml_assets.sources.landed_days import day_signatures
from ml_assets.sources.registry import _installed
from ml_assets.sources.rows import open_source

SOURCE = '''
import datetime as dt
import sqlite3

import polars as pl

from ml_assets import Field, Parameters, Pipeline, Rows, sources

COLUMNS = "order_id, ordered_at, pieces, returned, closes_at"


class Database:
    """Orders of a SQLite file, a day a date of ordered_at."""

    def __init__(self, uri):
        self.path = uri.removeprefix("shopdb://")

    def _all(self, query, *values):
        with sqlite3.connect(self.path) as database:
            return database.execute(query, values).fetchall()

    def datasets(self):
        return ["orders"]

    def contract(self, dataset):
        return {
            "event_time": "ordered_at",
            "label": "returned",
            "label_closes_at": "closes_at",
            "ids": ["order_id"],
            "features": ["pieces"],
        }

    def days(self, dataset, *, first, last):
        found = self._all(
            "select distinct date(ordered_at) from orders where date(ordered_at) between ? and ?", str(first), str(last)
        )
        return [dt.date.fromisoformat(day) for (day,) in found]

    def rows(self, dataset, *, day):
        rows = self._all(f"select {COLUMNS} from orders where date(ordered_at) = ?", str(day))
        return pl.DataFrame(rows, COLUMNS.split(", "), orient="row")


def opened(uri):
    return Database(uri)


sources.register("shopdb", opened)


class Window(Parameters):
    """What decides the rows."""

    source: str = Field("sample", pattern=r"^[a-z]{1,9}$", description="Where rows come from")
    days: int = Field(3, ge=1, le=30, description="Days of rows")


orders_only = Pipeline("orders_only", Window)


@orders_only.asset
def table(params: Window, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """All orders of the latest days."""
    first = as_of - dt.timedelta(days=params.days - 1)
    return rows.scan("orders", source=params.source, first=first, last=as_of).collect()
'''
DAY = dt.date(2025, 12, 1)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as opened:
        opened.execute(
            "create table orders (order_id integer, ordered_at text, pieces integer, returned integer, closes_at text)"
        )
    for n, day in enumerate(("2025-11-29", "2025-11-30", "2025-12-01", "2025-12-02")):
        add(path, n, f"{day}T10:00:00", returned=n % 2, closes=f"2025-12-0{n + 1}T00:00:00")
    return path


def add(path, order, at, *, pieces=2, returned=0, closes="2025-12-09T00:00:00"):
    with sqlite3.connect(path) as opened:
        opened.execute("insert into orders values (?, ?, ?, ?, ?)", (order, at, pieces, returned, closes))


@pytest.fixture
def shop(tmp_path, monkeypatch, database):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop_orders.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ML_ASSETS_SOURCES__DB", f"shopdb://{database}")
    sys.modules.pop("shop_orders", None)
    importlib.invalidate_caches()
    return importlib.import_module("shop_orders")


def make(shop, day=DAY):
    return shop.orders_only.make(shop.orders_only.resolve({"source": "db"}, as_of=day))["table"]


def scan(path, *, as_of=DAY, closed=False, coded=False):
    rows = Rows(sources=lambda name: open_source(name, f"shopdb://{path}"), as_of=as_of)
    first = dt.date(2025, 11, 29)
    return rows.scan(
        "orders", source="db", first=first, last=as_of, closed=closed, coded=coded
    ).collect(), rows


def test_rows_have_the_types_and_columns_of_the_contract(shop, database):
    table, rows = scan(database)

    assert table.schema == {
        "day": pl.Date(),
        "order_id": pl.String(),
        "ordered_at": pl.Datetime("us"),
        "returned": pl.Int64(),
        "closes_at": pl.Datetime("us"),
        "pieces": pl.Int64(),
    }
    assert table["order_id"].to_list() == ["0", "1", "2"]
    assert rows.asked[0].uri == f"shopdb://{database}/orders"


def test_what_was_not_known_at_the_end_of_as_of_is_not_given(shop, database):
    add(database, 9, "2025-12-01T23:59:59")
    table, _ = scan(database, as_of=dt.date(2025, 11, 30))

    assert table["order_id"].to_list() == ["0", "1"]
    assert table["returned"].to_list() == [0, None]  # the first closes with that day, the second later


def test_only_closed_rows_and_coded_ones_as_of_a_landing_zone(shop, database):
    table, _ = scan(database, as_of=dt.date(2025, 12, 2), closed=True, coded=True)

    assert table["order_id"].to_list() == ["0", "1", "2"]
    assert table.schema["returned"] == pl.Int8()
    assert table.schema["pieces"] == pl.Float64()


def test_a_run_is_reused_until_a_row_of_its_days_changes(shop, database):
    first, again = make(shop), make(shop)
    add(database, 7, "2025-11-30T12:00:00")
    late = make(shop)

    assert (first.reused, again.reused) == (False, True)
    assert late.reason == "input rows changed on 1 of 3 days (2025-11-30; +1 row)"


def test_a_later_row_changes_nothing(shop, database):
    make(shop)
    add(database, 7, "2025-12-03T12:00:00")

    assert make(shop).reused


def test_the_order_in_which_a_database_gives_rows_does_not_matter(shop, database):
    add(database, 8, "2025-11-30T08:00:00")
    before, _ = scan(database)
    with sqlite3.connect(database) as opened:
        opened.execute("create table turned as select * from orders order by order_id desc")
        opened.execute("drop table orders")
        opened.execute("alter table turned rename to orders")

    after, _ = scan(database)

    assert after.equals(before)


def test_the_newest_day_is_found(shop, database):
    rows = Rows(sources=lambda name: open_source(name, f"shopdb://{database}"), as_of=DAY)

    assert rows.latest("orders", source="db").collect()["order_id"].to_list() == ["2"]


def test_its_days_are_listed_for_a_sensor(shop, database):
    assert [*day_signatures(f"shopdb://{database}", "orders")] == [
        dt.date(2025, 11, 29) + dt.timedelta(days=n) for n in range(4)
    ]


def test_an_unknown_dataset_is_named(shop, database):
    source = open_source("db", f"shopdb://{database}")

    with pytest.raises(SourceError, match=r"has no dataset `trips`\. There are: orders\."):
        source.contract("trips")


def test_a_database_that_cannot_be_read_is_named(shop, tmp_path):
    empty = tmp_path / "empty.db"
    source = open_source("db", f"shopdb://{empty}")

    with pytest.raises(SourceError) as error:
        source.days("orders", first=DAY, last=DAY)

    assert str(error.value) == (
        f"shopdb://{empty}/orders: cannot be read (OperationalError: no such table: orders). Check the source of its "
        "scheme, and whether it can be reached."
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"contract": lambda self, dataset: {"label": "returned"}},
            "its contract: event_time: Field required.",
        ),
        (
            {"rows": lambda self, dataset, *, day: [day]},
            "gave list. Give the rows of a day as a polars.DataFrame.",
        ),
        (
            {"days": lambda self, dataset, *, first, last: ["2025-12-01"]},
            "a day is str. Give days as datetime.date.",
        ),
        (
            {"rows": lambda self, dataset, *, day: pl.DataFrame({"pieces": [1]})},
            "column `order_id` is missing.",
        ),
    ],
)
def test_what_a_source_gives_wrongly_is_said(shop, database, monkeypatch, given, words):
    for name, function in given.items():
        monkeypatch.setattr(shop.Database, name, function)

    with pytest.raises(SourceError) as error:
        scan(database)

    assert words in str(error.value)


@pytest.mark.parametrize("scheme", ["s3", "sample", "file", "Shop", "a b", "", "shop:"])
def test_a_scheme_that_is_none_or_a_landing_zones_is_refused(scheme):
    with pytest.raises(RefusedError, match=r"^Refused: 1 problem\. Nothing was started\.\nsources: "):
        sources.register(scheme, lambda uri: None)


def test_an_installed_package_names_it_by_an_entry_point(tmp_path, monkeypatch, database):
    info = tmp_path / "shopkit-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shopkit\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[ml_assets.sources]\norderdb = shopkit_orders:opened\n")
    text = SOURCE.replace('"shopdb://"', '"orderdb://"').replace('sources.register("shopdb", opened)', "")
    (tmp_path / "shopkit_orders.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    _installed.cache_clear()

    days = open_source("db", f"orderdb://{database}").days("orders", first=DAY, last=DAY)

    assert days == [DAY]
