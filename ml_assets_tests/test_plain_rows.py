"""Rows of a pipeline of any kind: `dataset.toml` names the time of the event, and files say what the rest is."""

import datetime as dt

import polars as pl
import pytest

from ml_assets.core.contract import DatasetContract
from ml_assets.core.fingerprints import source_days
from ml_assets.core.rows import Rows
from ml_assets.errors import SourceError
from ml_assets.sources.rows import open_source
from ml_assets_tests.builders import land, write_landing

DAY = dt.date(2025, 7, 1)
NEXT = dt.date(2025, 7, 2)
NOON = dt.datetime(2025, 7, 1, 12)  # noqa: DTZ001 - naive UTC, as everywhere in rows
TABLE = pl.DataFrame(
    {
        "sold_at": [NOON, NOON],
        "shop": ["north", "south"],
        "pieces": [3, None],
        "price": [2.5, float("nan")],
        "paid": [True, False],
        "due": [NEXT, None],
        "called": [NOON, None],
    },
    schema_overrides={"pieces": pl.Int32},
)
PLAIN = {
    "sold_at": pl.Datetime("us"),
    "shop": pl.String(),
    "pieces": pl.Int64(),
    "price": pl.Float64(),
    "paid": pl.Boolean(),
    "due": pl.Date(),
    "called": pl.Datetime("us"),
}


def _write(tmp_path, table=TABLE, *, toml="", name="part.parquet"):
    root = write_landing(tmp_path / "zone", "sales", rows_by_day={}, toml=f'event_time = "sold_at"\n{toml}')
    return root, land(root, DAY, table, dataset="sales", name=name)


def _scan(root, *, last=DAY):
    rows = Rows(sources=lambda name: open_source(name, str(root)), as_of=last)
    return rows.scan("sales", source="shop", first=DAY, last=last).collect()


def _refusal(root):
    with pytest.raises(SourceError) as caught:
        _scan(root)
    return str(caught.value)


@pytest.mark.parametrize("name", ["part.parquet", "part.csv"])
def test_only_the_event_time_has_to_be_named_and_all_columns_come_as_their_files_have_them(tmp_path, name):
    rows = _scan(_write(tmp_path, name=name)[0])

    assert dict(rows.schema) == {"day": pl.Date(), **PLAIN}
    assert rows.rows() == [
        (DAY, NOON, "north", 3, 2.5, True, NEXT, NOON),
        (DAY, NOON, "south", None, None, False, None, None),
    ]


def test_the_form_of_a_file_does_not_change_the_fingerprint(tmp_path):
    one, other = (_scan(_write(tmp_path / name, name=name)[0]) for name in ("a.parquet", "b.csv"))

    assert source_days(one) == source_days(other)


def test_files_of_other_types_are_brought_to_one(tmp_path):
    root, _ = _write(tmp_path)
    wide = TABLE.with_columns(pl.col("pieces").cast(pl.Int64) + 2**53, due=pl.lit(NOON), shop=pl.lit("12"))
    land(root, NEXT, wide, dataset="sales", name="next.csv")

    rows = _scan(root, last=NEXT)

    assert rows["pieces"].to_list() == [3, None, 2**53 + 3, None]
    assert rows["shop"].to_list() == ["north", "south", "12", "12"]
    assert rows.schema["due"] == pl.Datetime("us")


def test_a_column_that_only_the_newest_file_has_is_missed_in_the_others(tmp_path):
    root, path = _write(tmp_path)
    land(root, NEXT, TABLE.with_columns(more=1), dataset="sales")

    assert list(_scan(root).columns) == ["day", *PLAIN]
    with pytest.raises(SourceError, match=f"{path}: column `more` is missing"):
        _scan(root, last=NEXT)


@pytest.mark.parametrize("name", ["part.parquet", "part.csv"])
@pytest.mark.parametrize(
    ("kind", "column", "values"),
    [
        ("number", "pieces", [3.0, None]),
        ("text", "pieces", ["3", None]),
        ("category", "pieces", ["3", None]),
        ("boolean", "ones", [True, False]),
        ("integer", "paid", [1, 0]),
        ("integer", "halves", [2, 4]),
        ("time", "called", [NOON, None]),
    ],
)
def test_a_type_may_be_stated(tmp_path, name, kind, column, values):
    table = TABLE.with_columns(ones=pl.Series([1, 0]), halves=pl.Series([2.0, 4.0]))
    root, _ = _write(tmp_path, table, toml=f'[types]\n{column} = "{kind}"\n', name=name)

    assert _scan(root)[column].to_list() == values


@pytest.mark.parametrize(
    ("kind", "column", "says"),
    [
        ("integer", "price", "must hold whole numbers or nothing"),
        ("boolean", "pieces", "must hold true, false or nothing"),
        ("number", "shop", "must hold numbers or nothing"),
        ("time", "shop", "must hold times in UTC"),
        ("integer", "called", "holds Datetime"),
    ],
)
def test_what_is_not_of_its_stated_type_is_refused(tmp_path, kind, column, says):
    root, path = _write(tmp_path, toml=f'[types]\n{column} = "{kind}"\n')
    message = _refusal(root)

    assert message.startswith(f"{path}: column `{column}` ")
    assert says in message


def test_whole_numbers_beyond_64_bits_are_refused(tmp_path):
    root, path = _write(tmp_path, TABLE.with_columns(pieces=pl.Series([2**63, 1], dtype=pl.UInt64)))

    assert _refusal(root).startswith(f"{path}: column `pieces` holds something else, first in row 1.")


def test_numbers_in_one_file_and_text_in_another_are_refused(tmp_path):
    root, path = _write(tmp_path)
    land(root, DAY, TABLE.with_columns(pieces=pl.lit("three")), dataset="sales", name="z.parquet")

    assert f"{path}: column `pieces` holds numbers, but text in most other files" in _refusal(root)


def test_a_column_that_this_project_uses_itself_is_refused(tmp_path):
    root, path = _write(tmp_path, TABLE.with_columns(fold=1))

    assert _refusal(root).startswith(f"{path}: `fold` is a name this project uses itself")


def test_what_a_label_holds_is_the_affair_of_the_pipeline(tmp_path):
    toml = 'label = "price"\nlabel_closes_at = "called"\nfeatures = ["pieces"]\n'
    root, _ = _write(tmp_path, toml=toml)

    assert _scan(root).select("price", "pieces").rows() == [(2.5, 3), (None, None)]
    coded = open_source("shop", str(root)).scan("sales", first=DAY, last=DAY).collect()
    assert coded.select("price", "pieces").rows() == [(2, 3.0), (None, None)]


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("", "dataset.toml: label: missing. A model learns from features"),
        ('label = "paid"\nlabel_closes_at = "called"\n', "dataset.toml: features: missing."),
        (
            'label = "paid"\nlabel_closes_at = "called"\nfeatures = ["due"]\ntypes.due = "time"\n',
            "types: `due` is a time, which models do not take",
        ),
    ],
)
def test_models_are_given_no_rows_by_half_a_contract(tmp_path, toml, says):
    root, _ = _write(tmp_path, toml=toml)

    with pytest.raises(SourceError, match=says):
        open_source("shop", str(root)).scan("sales", first=DAY, last=DAY)


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('label = "paid"\n', "label_closes_at: missing"),
        ('label_closes_at = "called"\n', "label: missing, though label_closes_at"),
        ('timezone = "Europe/Atlantis"\n', "timezone: must be the name of a time zone"),
        ('timezone = "../etc"\n', "timezone: must be the name of a time zone"),
        ('types.sold_at = "time"\n', "types: must not name ids"),
        ('types.shop = "word"\n', "types.shop: Input should be 'number', 'integer'"),
        ('features = ["pieces"]\ntypes.shop = "text"\n', "types: may name features and the label only"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(tmp_path, toml, says):
    assert says in _refusal(_write(tmp_path, toml=toml)[0])


def test_days_end_at_midnight_of_their_time_zone(tmp_path):
    late = dt.datetime(2025, 7, 1, 22, 30)  # noqa: DTZ001
    table = TABLE.with_columns(sold_at=pl.Series([late - dt.timedelta(hours=1), late]))
    utc, berlin = (
        _scan(_write(tmp_path / name, table, toml=f'timezone = "{zone}"\n')[0])["sold_at"].to_list()
        for name, zone in (("a", "UTC"), ("b", "Europe/Berlin"))
    )

    assert utc == [late - dt.timedelta(hours=1), late]
    assert berlin == [late - dt.timedelta(hours=1)]


def test_a_contract_is_stored_as_it_was_before_it_had_a_time_zone():
    contract = DatasetContract(event_time="t", label="y", label_closes_at="c", features=("x",))

    assert list(contract.model_dump(mode="json")) == [
        "event_time",
        "label",
        "label_closes_at",
        "ids",
        "features",
        "types",
        "entity",
        "known_at",
    ]
    assert contract.model_copy(update={"timezone": "Europe/Rome"}).model_dump()["timezone"] == "Europe/Rome"


def test_a_range_without_rows_has_the_columns_that_are_named(tmp_path):
    root, _ = _write(tmp_path, toml='features = ["shop", "pieces"]\ntypes.pieces = "integer"\n')
    rows = Rows(sources=lambda name: open_source(name, str(root)), as_of=NEXT)

    empty = rows.scan("sales", source="shop", first=NEXT, last=NEXT).filter(shop="north").collect()

    assert dict(empty.schema)["pieces"] == pl.Int64()
    assert rows.asked[0].days == ()
