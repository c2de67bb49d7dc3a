"""Files as people land them are read as they are meant, or refused with file, column and remedy."""

import datetime as dt

import polars as pl
import pytest

from ml_assets.errors import SourceError
from ml_assets.sources.rows import open_source
from ml_assets_tests.bucket import NAME, bucket
from ml_assets_tests.builders import FIRST, LAST, ORDERS_TOML, land, order_day, order_days, write_landing

DAY = dt.date(2025, 7, 1)
NEXT = dt.date(2025, 7, 2)


@pytest.fixture
def zone(tmp_path):
    """Three days of orders in Parquet."""
    return write_landing(tmp_path / "zone", rows_by_day=order_days(dt.date(2025, 6, 30), NEXT))


def _scan(root, dataset="orders", first=FIRST, last=LAST):
    return open_source("shop", str(root)).scan(dataset, first=first, last=last).collect()


def _refusal(root, dataset="orders"):
    """The message of the refusal, which must come from `scan` itself, not from collecting its frame."""
    with pytest.raises(SourceError) as caught:
        open_source("shop", str(root)).scan(dataset, first=FIRST, last=LAST)
    return str(caught.value)


def test_rows_have_the_types_that_sources_promise(zone):
    table = _scan(zone)

    assert table.schema == {
        "day": pl.Date(),
        "order_id": pl.String(),
        "order_ts": pl.Datetime("us"),
        "returned_30d": pl.Int8(),
        "returned_30d_closes_at": pl.Datetime("us"),
        "country": pl.String(),
        "n_lines": pl.Float64(),
        "order_value": pl.Float64(),
        "days_since_prev": pl.Float64(),
    }


def test_csv_and_parquet_say_the_same(zone, tmp_path):
    csv = write_landing(tmp_path / "csv", rows_by_day=order_days(dt.date(2025, 6, 30), NEXT), format="csv")

    assert _scan(csv).equals(_scan(zone))


def test_csv_beside_parquet_is_read_in_the_order_of_names(zone):
    land(zone, DAY, order_day(DAY).head(2).with_columns(order_id=pl.lit("first")), name="a.csv")
    land(zone, DAY, order_day(DAY).head(2).with_columns(order_id=pl.lit("last")), name="z.parquet")

    ids = _scan(zone, first=DAY, last=DAY)["order_id"].to_list()

    assert ids == ["first"] * 2 + order_day(DAY)["order_id"].to_list() + ["last"] * 2


def test_a_uri_of_a_file_means_its_path(zone):
    assert _scan(zone.as_uri()).equals(_scan(zone))


def test_a_path_with_odd_characters_is_taken_as_it_is(tmp_path):
    odd = write_landing(tmp_path / "a b=[c]*" / "zone", rows_by_day={DAY: order_day(DAY)})

    assert _scan(odd).height == 8


def test_only_days_of_the_interval_are_read(zone):
    land(zone, dt.date(2025, 6, 30), b"damaged")

    assert _scan(zone, first=DAY, last=NEXT)["day"].unique().sort().to_list() == [DAY, NEXT]


def test_a_day_without_a_file_is_normal(zone):
    source = open_source("shop", str(zone))

    assert source.days("orders", first=NEXT, last=LAST) == [NEXT]
    assert source.scan("orders", first=dt.date(2025, 8, 1), last=LAST).collect().height == 0


def test_files_may_have_other_number_types(zone):
    other = order_day(DAY).with_columns(
        pl.col("n_lines").cast(pl.Int64), pl.col("days_since_prev").cast(pl.Float32)
    )
    before = _scan(zone)
    land(zone, DAY, other)

    assert _scan(zone).equals(before)


@pytest.mark.parametrize(
    "column", ["country", "n_lines", "returned_30d", "returned_30d_closes_at", "order_id"]
)
def test_a_file_may_know_nothing_of_a_column(zone, column):
    types = _scan(zone).schema
    land(zone, DAY, order_day(DAY).with_columns(pl.lit(None).alias(column)))
    table = _scan(zone)

    assert table.schema == types
    assert table[column].null_count() == 8


def test_files_may_have_their_columns_in_another_order(tmp_path):
    first, second = order_day(DAY), order_day(NEXT).select(reversed(order_day(NEXT).columns))
    parquet = write_landing(tmp_path / "parquet", rows_by_day={DAY: first, NEXT: second})
    csv = write_landing(tmp_path / "csv", rows_by_day={DAY: first, NEXT: second}, format="csv")

    assert _scan(parquet).equals(_scan(csv))
    assert _scan(csv)["order_value"].to_list() == [*first["order_value"], *second["order_value"]]


def test_booleans_are_numbers_and_a_boolean_label_is_0_or_1(tmp_path):
    table = order_day(DAY).with_columns(pl.col("n_lines") > 3, pl.col("returned_30d").cast(pl.Boolean))
    parquet = _scan(write_landing(tmp_path / "parquet", rows_by_day={DAY: table}))
    csv = _scan(write_landing(tmp_path / "csv", rows_by_day={DAY: table}, format="csv"))

    assert parquet.equals(csv)
    assert parquet["n_lines"].to_list() == table["n_lines"].cast(pl.Float64).to_list()
    assert parquet["returned_30d"].to_list() == order_day(DAY)["returned_30d"].to_list()


def test_a_label_that_is_neither_0_nor_1_is_kept_apart_and_not_rounded(tmp_path):
    labels = pl.Series("returned_30d", [0.0, 1.0, None, float("nan"), 0.5, 7.0, -1.0, 1.0])
    table = _scan(write_landing(tmp_path / "zone", rows_by_day={DAY: order_day(DAY).with_columns(labels)}))

    assert table["returned_30d"].to_list() == [0, 1, None, None, 2, 2, 2, 1]


def test_nan_is_nothing(tmp_path):
    table = order_day(DAY).with_columns(order_value=pl.lit(float("nan")))

    assert _scan(write_landing(tmp_path / "zone", rows_by_day={DAY: table}))["order_value"].null_count() == 8


def test_times_with_a_zone_become_utc(tmp_path):
    times = pl.col("order_ts").dt.replace_time_zone("Europe/Berlin").dt.cast_time_unit("ns")
    table = order_day(DAY).with_columns(times)
    parquet = _scan(write_landing(tmp_path / "parquet", rows_by_day={DAY: table}))
    csv = _scan(write_landing(tmp_path / "csv", rows_by_day={DAY: table}, format="csv"))

    assert parquet["order_ts"].to_list() == [t - dt.timedelta(hours=2) for t in order_day(DAY)["order_ts"]]
    assert csv["order_ts"].equals(parquet["order_ts"])


@pytest.mark.parametrize(
    "text",
    [
        "2025-07-01",
        "2025-07-01 00:00",
        "2025-07-01T00:00:00Z",
        "2025-07-01T02:00:00.000+0200",
        " 2025-06-30 22:00:00-02:00",
    ],
)
def test_times_in_csv_are_iso_8601(tmp_path, text):
    table = order_day(DAY).with_columns(order_ts=pl.lit(text))
    read = _scan(write_landing(tmp_path / "zone", rows_by_day={DAY: table}, format="csv"))

    assert read["order_ts"].unique().to_list() == [dt.datetime(2025, 7, 1)]  # noqa: DTZ001


def test_csv_with_bom_and_crlf_just_works(zone):
    before = _scan(zone)
    (zone / "orders" / f"date={DAY}" / "part.parquet").unlink()
    text = order_day(DAY).write_csv(line_terminator="\r\n")
    land(zone, DAY, b"\xef\xbb\xbf" + text.encode(), name="part.csv")

    assert _scan(zone).equals(before)


def test_a_declared_category_may_look_like_numbers(tmp_path):
    toml = ORDERS_TOML + '[types]\nn_lines = "category"\n'
    parquet = _scan(write_landing(tmp_path / "parquet", rows_by_day={DAY: order_day(DAY)}, toml=toml))
    csv = _scan(write_landing(tmp_path / "csv", rows_by_day={DAY: order_day(DAY)}, format="csv", toml=toml))

    assert parquet.equals(csv)
    assert parquet["n_lines"].to_list() == order_day(DAY)["n_lines"].cast(pl.String).to_list()


AS_TYPES = {
    "integers": pl.Series([3, 4, 5, None] * 2, dtype=pl.Int32),
    "floats": pl.Series([3.0, 4.0, 5.0, float("nan")] * 2),
    "few bits": pl.Series([3.0, 4.0, 5.0, None] * 2, dtype=pl.Float32),
    "decimals": pl.Series(["3.00", "4.00", "5.00", None] * 2).cast(pl.Decimal(9, 2)),
    "text": pl.Series(["3", "4", "5", None] * 2),
    "text of floats": pl.Series(["3.0", "4.0", "5.0", None] * 2),
}


@pytest.mark.parametrize("column", ["n_lines", "order_id"])
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("kind", AS_TYPES)
def test_a_whole_number_is_one_category_and_one_id_whatever_a_file_writes_it_as(
    tmp_path, kind, suffix, column
):
    toml = ORDERS_TOML + '[types]\nn_lines = "category"\n'
    days = {DAY: order_day(DAY).with_columns(AS_TYPES["integers"].alias(column))}
    root = write_landing(tmp_path / "zone", rows_by_day=days, toml=toml)
    land(root, NEXT, order_day(NEXT).with_columns(AS_TYPES[kind].alias(column)), name=f"part.{suffix}")

    if (kind, suffix) == ("floats", "csv"):  # what CSV writes of NaN is a text
        values = AS_TYPES[kind].fill_nan(None)
        land(root, NEXT, order_day(NEXT).with_columns(values.alias(column)), name="part.csv")
    table = _scan(root)

    assert table.filter(day=DAY)[column].to_list() == ["3", "4", "5", None] * 2
    assert table.filter(day=NEXT)[column].to_list() == ["3", "4", "5", None] * 2


@pytest.mark.parametrize("day", [DAY, NEXT])
def test_a_csv_file_of_whole_numbers_means_the_same_alone_and_beside_others(tmp_path, day):
    toml = ORDERS_TOML + '[types]\nn_lines = "category"\n'
    days = {DAY: AS_TYPES["integers"].drop_nulls(), NEXT: AS_TYPES["floats"].fill_nan(None)}
    rows = {day: order_day(day, rows=len(v)).with_columns(v.alias("n_lines")) for day, v in days.items()}
    root = write_landing(tmp_path / "zone", rows_by_day=rows, format="csv", toml=toml)

    assert _scan(root, first=day, last=day).equals(_scan(root).filter(day=day))
    assert set(_scan(root)["n_lines"]) == {"3", "4", "5", None}


def test_text_stays_as_it_is_where_no_file_holds_numbers(tmp_path):
    toml = ORDERS_TOML + '[types]\nn_lines = "category"\n'
    texts = ["3.0", "3", "1.10", "1.1", "007", "-0", "v2", " 3.0"]
    rows = {DAY: order_day(DAY).with_columns(pl.Series("n_lines", texts))}

    for suffix in ("parquet", "csv"):
        root = write_landing(tmp_path / suffix, rows_by_day=rows, format=suffix, toml=toml)
        assert _scan(root)["n_lines"].to_list() == texts


def test_numbers_that_are_not_whole_and_very_large_ones_keep_their_digits(tmp_path):
    toml = ORDERS_TOML + '[types]\nn_lines = "category"\n'
    numbers = pl.Series("n_lines", [0.1, -2.5, -0.0, 7.0, 1e15, 2.0**62, float("inf"), None])
    root = write_landing(
        tmp_path / "zone", rows_by_day={DAY: order_day(DAY).with_columns(numbers)}, toml=toml
    )
    expected = ["0.1", "-2.5", "0", "7", "1000000000000000", str(2**62), "inf", None]

    assert _scan(root)["n_lines"].to_list() == expected


def test_the_time_of_arrival_is_read_as_a_time(tmp_path):
    toml = ORDERS_TOML.replace("ids =", 'known_at = "landed"\nids =')
    landed = pl.lit("2025-07-03T06:00:00+02:00").alias("landed")
    root = write_landing(
        tmp_path / "zone", rows_by_day={DAY: order_day(DAY).with_columns(landed)}, format="csv", toml=toml
    )

    assert _scan(root)["landed"].unique().to_list() == [dt.datetime(2025, 7, 3, 4)]  # noqa: DTZ001
    assert _scan(root).columns[:4] == ["day", "order_id", "order_ts", "landed"]
    path = land(root, DAY, order_day(DAY).with_columns(landed=pl.lit("soon")), name="part.csv")
    assert f"{path}: column `landed` holds other text, first in line 2. It must hold times" in _refusal(root)
    path = land(root, DAY, order_day(DAY), name="part.csv")
    assert f"{path}: column `landed` is missing." in _refusal(root)


def test_rows_may_be_known_at_their_event(tmp_path):
    rows = {DAY: order_day(DAY)}
    plain = write_landing(tmp_path / "plain", rows_by_day=rows)
    toml = ORDERS_TOML.replace("ids =", 'known_at = "order_ts"\nids =')

    assert _scan(write_landing(tmp_path / "zone", rows_by_day=rows, toml=toml)).equals(_scan(plain))


def test_the_entity_of_rows_is_one_of_their_ids(tmp_path):
    good = ORDERS_TOML.replace("ids =", 'entity = "order_id"\nids =')
    root = write_landing(tmp_path / "zone", rows_by_day={DAY: order_day(DAY)}, toml=good)

    assert open_source("shop", str(root)).contract("orders").entity == "order_id"
    write_landing(root, rows_by_day={}, toml=good.replace('entity = "order_id"', 'entity = "country"'))
    assert "entity: must be one of the ids" in _refusal(root)


def test_a_missing_column_is_named_with_its_file_and_the_nearest_one(zone):
    path = land(zone, DAY, order_day(DAY).rename({"order_value": "Order_Valu"}))
    message = _refusal(zone)

    assert f"{path}: column `order_value` is missing. The nearest existing column is `Order_Valu`" in message


def test_a_missing_column_of_a_csv_is_named_too(zone):
    path = land(zone, DAY, order_day(DAY).drop("country"), name="more.csv")

    assert f"{path}: column `country` is missing." in _refusal(zone)


def test_text_in_a_column_of_numbers_names_the_file_that_differs(zone):
    path = land(zone, DAY, order_day(DAY).with_columns(n_lines=pl.lit("secret-77")))
    message = _refusal(zone)

    assert f"{path}: column `n_lines` holds other text, first in row 1. It must hold numbers" in message
    assert "secret" not in message


def test_text_in_a_csv_column_of_numbers_names_the_line(tmp_path):
    root = write_landing(
        tmp_path / "zone", rows_by_day={DAY: order_day(DAY), NEXT: order_day(NEXT)}, format="csv"
    )
    values = ["1.5", "2", "secret-77", "", "4", "5", "6", "7"]
    path = land(root, NEXT, order_day(NEXT).with_columns(pl.Series("order_value", values)), name="part.csv")
    message = _refusal(root)

    assert f"{path}: column `order_value` holds other text, first in line 4." in message
    assert "secret" not in message


def test_text_in_a_column_declared_a_number_is_refused(tmp_path):
    toml = ORDERS_TOML + '[types]\ncountry = "number"\n'
    root = write_landing(tmp_path / "zone", rows_by_day={DAY: order_day(DAY)}, toml=toml)

    assert "part.parquet: column `country` holds other text, first in row 1" in _refusal(root)


def test_numbers_in_a_column_of_text_name_the_file_that_differs(zone):
    path = land(zone, DAY, order_day(DAY).with_columns(country=pl.lit(7)))

    assert f"{path}: column `country` holds numbers, but text in most other files" in _refusal(zone)


def test_a_time_that_is_a_number_is_refused(zone):
    path = land(zone, DAY, order_day(DAY).with_columns(pl.col("order_ts").dt.epoch()))

    assert f"{path}: column `order_ts` holds Int64. It must hold times in UTC" in _refusal(zone)


def test_a_csv_time_that_is_none_is_refused_with_its_line(tmp_path):
    table = order_day(DAY).with_columns(order_ts=pl.lit("01/07/2025 10:00"))
    root = write_landing(tmp_path / "zone", rows_by_day={DAY: table}, format="csv")

    assert "part.csv: column `order_ts` holds other text, first in line 2" in _refusal(root)


@pytest.mark.parametrize("keep", [0, 3, 200, -1])
def test_truncated_parquet_is_named(zone, keep):
    path = land(zone, DAY, order_day(DAY))
    path.write_bytes(path.read_bytes()[:keep])

    assert f"{path}: cannot be read as Parquet" in _refusal(zone)


def test_parquet_damaged_in_the_middle_is_named(zone):
    path = land(zone, DAY, order_day(DAY, rows=500))
    data = path.read_bytes()
    path.write_bytes(data[:8] + b"\xff" * 3000 + data[3008:])

    assert f"{path}: cannot be read as Parquet" in _refusal(zone)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (order_day(DAY).write_csv(separator=";").encode(), "separated by semicolons"),
        (order_day(DAY).write_csv(separator="\t").encode(), "separated by tabs"),
        (order_day(DAY).write_csv().replace("Spain", "España").encode("latin-1"), "is not UTF-8"),
        (order_day(DAY).write_csv().encode() + b"1,2,3,4,5,6,7,8,9,10,11\n", "cannot be read as CSV"),
        (order_day(DAY).write_csv().replace("\n", "\r").encode(), "header line cannot be read"),
        (b"a" * 200_000 + b"\n", "header line cannot be read"),
        (b"", "has no header line"),
    ],
)
def test_csv_of_another_make_is_refused_by_name(zone, content, says):
    path = land(zone, DAY, content, name="more.csv")
    message = _refusal(zone)

    assert message.startswith(f"{path}: ")
    assert says in message


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("event_time = ", "not valid TOML. Look at line 1"),
        (
            ORDERS_TOML.replace('label = "returned_30d"\n', ""),
            "label: missing, though label_closes_at says when it is final",
        ),
        (ORDERS_TOML + 'extra = "x"\n', "extra: Extra inputs are not permitted"),
        (ORDERS_TOML.replace('"country"', '"returned_30d"'), "features: must not hold the label"),
        (ORDERS_TOML.replace('"country"', '"order_ts"'), "`order_ts` has two roles"),
        (ORDERS_TOML.replace('"country"', '"fold"'), "`fold` is a name this project uses itself"),
        *(
            (
                ORDERS_TOML.replace('"country"', name),
                f"{shown} cannot be the name of a column. Allowed: 1 to 200",
            )
            for name, shown in (
                ("''", "''"),
                ("'*'", "'*'"),
                ("'^c.*$'", "'^c.*$'"),
                ("'a\"b'", "'a\"b'"),
                ('"a\\u0007b"', r"'a\x07b'"),
                (f"'{'x' * 201}'", f"'{'x' * 60}'"),
            )
        ),
    ],
)
def test_a_bad_dataset_toml_is_refused_by_field(tmp_path, toml, says):
    root = write_landing(tmp_path / "zone", rows_by_day={DAY: order_day(DAY)}, toml=toml)
    message = _refusal(root)

    assert message.startswith(f"{root}/orders/dataset.toml: ")
    assert says in message


@pytest.mark.parametrize(
    "name", ["rows", "^", "$x", "a,b", "é", " x ", "<b>", "x" * 200, "literal", "^x", "x$"]
)
def test_a_column_may_have_any_other_name(tmp_path, name):
    rows = order_day(DAY).rename({"country": name})
    toml = ORDERS_TOML.replace('"country"', f"'{name}'")
    root = write_landing(tmp_path / "zone", rows_by_day={DAY: rows}, toml=toml)

    assert name in _scan(root).columns


def test_dataset_toml_may_have_a_bom(tmp_path):
    root = write_landing(tmp_path / "zone", rows_by_day={DAY: order_day(DAY)}, toml="\ufeff" + ORDERS_TOML)

    assert _scan(root).height == 8


def test_an_unknown_dataset_is_refused_with_those_present(zone):
    assert "has no dataset `baskets`. There are: orders." in _refusal(zone, "baskets")


def test_a_folder_without_dataset_toml_is_refused(zone):
    (zone / "orders" / "dataset.toml").unlink()

    assert f"{zone}/orders: has no dataset.toml. Write one" in _refusal(zone)


def test_a_dataset_without_any_rows_is_refused(tmp_path):
    root = write_landing(tmp_path / "zone", rows_by_day={})

    assert "holds no rows. Land them as orders/date=YYYY-MM-DD/" in _refusal(root)


def test_a_uri_that_is_nowhere_is_refused(tmp_path):
    assert f"{tmp_path}/nowhere: is not a folder" in _refusal(tmp_path / "nowhere")


@pytest.mark.parametrize("where", ["DATE={}/part.parquet", "date={}/a\\\\b.parquet"])
def test_rows_have_the_day_of_their_folder_however_folder_and_file_are_written(tmp_path, where):
    root = write_landing(tmp_path / "zone", rows_by_day={})
    path = root / "orders" / where.format(DAY)
    path.parent.mkdir()
    order_day(DAY).write_parquet(path)

    rows = _scan(root)

    assert rows.height
    assert rows["day"].to_list() == [DAY] * rows.height


def test_a_line_with_too_few_values_is_refused_and_one_that_ends_in_nothing_is_not(zone):
    text = order_day(DAY).write_csv()
    header, first, *_ = text.splitlines()
    path = land(zone, DAY, f"{text}{first.rpartition(',')[0]},\n".encode(), name="more.csv")
    assert _scan(zone).height

    path.write_text(text + first[: first.index(",") + 1])

    message = _refusal(zone)
    assert message.startswith(f"{path}: line 10 has 2 values, the header 9")
    assert f"has 2 values, the header {len(header.split(','))}" in message


def test_a_column_that_is_there_twice_is_refused(zone):
    text = order_day(DAY).write_csv()
    name = text.split(",")[0]
    lines = [f"{line},{name if number == 0 else 'x'}" for number, line in enumerate(text.splitlines())]
    path = land(zone, DAY, "\n".join(lines).encode(), name="more.csv")

    assert _refusal(zone).startswith(f"{path}: column `{name}` is there twice.")


@pytest.mark.parametrize("uri", ["", "file://", "file://elsewhere/rows", "http://[bad", "ftp://x/y"])
def test_a_uri_that_names_no_place_is_refused(uri):
    assert "A source's uri cannot be used" in _refusal(uri)


def test_a_dataset_toml_may_be_nested_as_deep_as_it_likes_and_is_refused(tmp_path):
    root = write_landing(tmp_path / "zone", toml=".".join(["a"] * 5_000) + " = 1")

    assert "dataset.toml" in _refusal(root)


def test_the_name_that_rows_have_inside_is_taken(zone):
    toml = zone / "orders" / "dataset.toml"
    toml.write_text(toml.read_text().replace('"country"', '"__landed_file"'))

    assert "`__landed_file` is a name this project uses itself" in _refusal(zone)


@pytest.mark.parametrize("name", ["2025-13-01", "2025-7-1", "yesterday"])
def test_a_folder_that_names_no_day_is_refused(zone, name):
    (zone / "orders" / f"date={DAY}").rename(zone / "orders" / f"date={name}")

    assert f"date={name}/part.parquet: its folder names no day" in _refusal(zone)


ON_S3 = {
    "orders/dataset.toml": ORDERS_TOML.encode(),
    f"orders/date={DAY}/part.csv": order_day(DAY).write_csv().encode(),
    f"orders/date={NEXT}/part.parquet": b"damaged" * 20,
}


def _refusal_of_a_bucket(monkeypatch, *, denied):
    with bucket(ON_S3, denied=denied) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return _refusal(f"s3://{NAME}")


@pytest.mark.parametrize("key", list(ON_S3))
def test_an_object_that_the_store_denies_is_named_and_not_called_damaged(key, monkeypatch):
    message = _refusal_of_a_bucket(monkeypatch, denied=[key])

    assert message == (
        f"s3://{NAME}/{key}: cannot be read: access is denied. Grant these credentials s3:ListBucket, s3:GetObject "
        f"and s3:PutObject there, or use others (AccessDenied)."
    )


def test_an_object_that_is_damaged_is_not_called_denied(monkeypatch):
    message = _refusal_of_a_bucket(monkeypatch, denied=[])

    assert message.startswith(f"s3://{NAME}/orders/date={NEXT}/part.parquet: cannot be read as Parquet;")


def test_a_bucket_that_cannot_be_reached_is_told_once(monkeypatch):
    with bucket({}) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    assert _refusal(f"s3://{NAME}") == (
        f"s3://{NAME}/orders/dataset.toml: cannot be read: the store cannot be reached. Check "
        f"ML_ASSETS_S3__ENDPOINT_URL or AWS_ENDPOINT_URL, and the network ({variables['AWS_ENDPOINT_URL']})."
    )


def test_the_real_landing_zone_is_read(real_data):
    table = _scan(real_data, first=dt.date(2011, 3, 6), last=dt.date(2011, 9, 1))

    assert table.height == 8622
    assert table["day"].n_unique() == 148
    assert table["returned_30d"].drop_nulls().is_in([0, 1]).all()
