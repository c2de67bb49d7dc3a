"""Input that is larger than it looks is refused before it fills the memory, with its name and the setting that allows it."""

import datetime as dt
import gzip
import hashlib
import io
import tracemalloc

import polars as pl
import pytest

from ml_assets.core.contract import MOST_FEATURES
from ml_assets.core.room import GIGABYTE
from ml_assets.errors import SourceError
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets.sources.parquet_footer import LARGEST_FOOTER, decoded_size
from ml_assets.sources.rows import open_source
from ml_assets_tests.bucket import NAME, bucket
from ml_assets_tests.builders import ORDERS_TOML, land, order_day, order_days, write_landing

DAY = dt.date(2025, 7, 1)
NEXT = dt.date(2025, 7, 2)
ROWS = 5_000_000

large = pytest.mark.kind("inputs larger than they look")


@pytest.fixture
def zone(tmp_path):
    """Two days of orders."""
    return write_landing(tmp_path / "zone", rows_by_day=order_days(DAY, NEXT))


@pytest.fixture(scope="module")
def bomb():
    """The bytes of a Parquet file of one row that stands there five million times."""
    buffer = io.BytesIO()
    order_day(DAY, rows=1).select(
        pl.all().repeat_by(ROWS).explode(empty_as_null=True, keep_nulls=True)
    ).write_parquet(buffer)
    assert len(buffer.getvalue()) < 200_000
    return buffer.getvalue()


def _scan(root, last=NEXT, **options):
    return open_source("shop", str(root), **options).scan("orders", first=DAY, last=last).collect()


def _refusal(root, **options):
    with pytest.raises(SourceError) as caught:
        _scan(root, **options)
    return str(caught.value)


@large
def test_a_parquet_file_is_refused_by_what_its_footer_says(zone, bomb):
    path = land(zone, NEXT, bomb)

    message = _refusal(zone, rows_gb=0.5)

    assert message.startswith(
        f"{path}: its rows would take about 0.7 GB of memory, beside 0.0 MB of the files before it;"
    )
    assert (
        "may take 0.5 GB. Read fewer days or columns, take a sample of the rows (`max_rows`, where the pipeline has it), "
        "or allow more with ML_ASSETS_ROWS_GB (`rows_gb` in" in message
    )
    assert _scan(zone, last=DAY, rows_gb=0.5).height == 8


@large
def test_files_of_a_window_are_counted_together(zone, bomb):
    land(zone, DAY, bomb)
    path = land(zone, NEXT, bomb)

    message = _refusal(zone, rows_gb=1)

    assert message.startswith(
        f"{path}: its rows would take about 0.7 GB of memory, beside 0.7 GB of the files before it;"
    )


@large
@pytest.mark.parametrize("compression", ["zstd", "gzip", "snappy"])
def test_one_long_text_is_counted_by_its_bytes(zone, compression):
    buffer = io.BytesIO()
    order_day(DAY, rows=1).with_columns(country=pl.lit("x" * 30_000_000)).write_parquet(
        buffer, compression=compression
    )
    path = land(zone, NEXT, buffer.getvalue())

    assert _refusal(zone, rows_gb=0.02).startswith(f"{path}: its rows would take about 30.0 MB of memory")


@large
def test_a_text_that_stands_for_many_rows_is_counted_for_each(zone):
    rows = order_day(DAY, rows=1).with_columns(country=pl.lit("x" * 20_000))
    path = land(
        zone, NEXT, rows.select(pl.all().repeat_by(5_000).explode(empty_as_null=True, keep_nulls=True))
    )
    assert path.stat().st_size < 20_000

    assert _refusal(zone, rows_gb=0.05).startswith(f"{path}: its rows would take about 0.1 GB of memory")


@large
@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["x" * 1_000_000])], ids=["Categorical", "Enum"])
def test_text_of_categories_is_counted_for_each_row(zone, dtype):
    """4,300 rows of a million bytes are a little more than 2**32, which is nothing much to a sum of 32 bits."""
    rows = order_day(DAY, rows=1).with_columns(country=pl.lit("x" * 1_000_000).cast(dtype))
    path = land(
        zone, NEXT, rows.select(pl.all().repeat_by(4_300).explode(empty_as_null=True, keep_nulls=True))
    )
    assert path.stat().st_size < 2_000_000

    assert _refusal(zone, rows_gb=1).startswith(f"{path}: its rows would take about 4.3 GB of memory")


@large
def test_columns_that_are_not_read_are_not_counted(zone):
    noise = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(50_000))
    path = land(zone, NEXT, order_day(NEXT).with_columns(extra=pl.lit(noise)))
    assert path.stat().st_size > 1_000_000

    assert _scan(zone, rows_gb=0.001).height == 16


@large
def test_a_file_of_gzip_is_read_no_further_than_there_is_room(zone):
    line = order_day(NEXT, rows=1).write_csv().splitlines()
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(f"{line[0]}\n".encode())
        for _ in range(400):
            file.write(f"{line[1]}\n".encode() * 10_000)
    path = land(zone, NEXT, packed.getvalue(), name="part.csv.gz")
    assert path.stat().st_size < 5_000_000

    tracemalloc.start()
    message = _refusal(zone, rows_gb=0.05)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert message.startswith(f"{path}: its rows would take more than 50.0 MB of memory;")
    assert peak < 0.2 * GIGABYTE


@large
def test_values_of_csv_are_counted_beside_its_bytes(zone):
    header, line, *_ = order_day(NEXT).write_csv().splitlines()
    path = land(zone, NEXT, f"{header}{',' * 400_000}\n{line}{',' * 400_000}\n".encode(), name="part.csv")
    assert path.stat().st_size < 1_000_000

    assert _refusal(zone, rows_gb=0.01).startswith(f"{path}: its rows would take about 13.6 MB of memory;")


@large
def test_columns_of_csv_that_are_not_kept_are_counted_for_one_file_only(zone):
    extra = {f"x{number}": pl.lit(1) for number in range(2_000)}
    for number in range(4):
        land(zone, NEXT, order_day(NEXT).with_columns(**extra), name=f"part-{number}.csv")

    assert _refusal(zone, rows_gb=0.0002).endswith("(`rows_gb` in ml_assets.toml).")
    assert _scan(zone, rows_gb=0.0005).height == 48


@large
@pytest.mark.parametrize("name", ["part.csv", "part.parquet"])
def test_objects_of_a_bucket_are_refused_by_size_and_footer(monkeypatch, bomb, name):
    objects = {
        "orders/dataset.toml": ORDERS_TOML.encode(),
        f"orders/date={DAY}/{name}": bomb,
        f"orders/date={NEXT}/part.csv": order_day(NEXT).write_csv().encode(),
    }
    with bucket(objects) as variables:
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        root = f"s3://{NAME}"

        assert _refusal(root, rows_gb=1e-6).startswith(
            f"{root}/orders/date={DAY}/{name}: its rows would take"
        )
        if name == "part.parquet":
            assert "would take about 0.7 GB of memory" in _refusal(root, rows_gb=0.5)


@large
def test_the_room_is_that_of_the_settings(monkeypatch, zone):
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(zone))
    monkeypatch.setenv("ML_ASSETS_ROWS_GB", "0.000001")
    source = open_workspace(load_settings(), pipeline=tabular).source("shop")

    with pytest.raises(SourceError, match=r"may take 1e-06 GB\. Read fewer days or columns"):
        source.scan("orders", first=DAY, last=NEXT)


@pytest.mark.slow
@large
def test_a_footer_with_a_byte_changed_is_walked_to_its_end(bomb):
    length = int.from_bytes(bomb[-8:-4], "little")
    footer = bomb[-8 - length :]
    for place in (*range(8), *range(8, min(length, 2_000), 9)):
        for byte in (0, 0x19, 0x7F, 0x80, 0xFC, 0xFF):
            odd = bytearray(b"PAR1" + footer)
            odd[4 + place] = byte
            assert decoded_size(io.BytesIO(odd), columns=["country"]) >= 0


@large
@pytest.mark.parametrize("byte", [b"\x80", b"\x1c", b"\x19", b"\xff", b"\x00", b"\x3c"])
def test_a_footer_of_one_byte_again_and_again_ends(byte):
    footer = byte * 1_000_000
    data = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"

    assert decoded_size(io.BytesIO(data), columns=["country"]) == 0


@large
def test_a_footer_without_end_is_refused(zone):
    length = LARGEST_FOOTER + 1
    path = land(zone, NEXT, b"PAR1" + bytes(length) + length.to_bytes(4, "little") + b"PAR1")

    assert _refusal(zone).startswith(
        f"{path}: its footer has more than 32 MB. Write the rows as several files."
    )


TOMLS = {
    "larger than any": ORDERS_TOML + "# " + "x" * 1_100_000,
    "a dotted key": ".".join(["a"] * 20_000) + " = 1",
    "too many features": ORDERS_TOML.replace(
        '"country"', ",".join(f'"f{n}"' for n in range(MOST_FEATURES + 1))
    ),
    "unknown keys": "".join(f"k{n} = 1\n" for n in range(60_000)) + ORDERS_TOML,
    "unknown types": ORDERS_TOML + "[types]\n" + "".join(f'f{n} = "x"\n' for n in range(40_000)),
    "a long name": ORDERS_TOML.replace('"country"', f'"{"x" * 900_000}"'),
}


@large
@pytest.mark.parametrize("kind", TOMLS)
def test_a_dataset_toml_is_refused_in_few_words(zone, kind):
    toml = zone / "orders" / "dataset.toml"
    toml.write_text(TOMLS[kind])

    message = _refusal(zone)

    assert message.startswith(f"{toml}: ")
    assert len(message) < 60_000


@large
def test_as_many_features_as_there_may_be_are_checked_at_once(zone):
    names = ",".join(f'"f{n}"' for n in range(MOST_FEATURES - 3))  # three of before stay
    (zone / "orders" / "dataset.toml").write_text(ORDERS_TOML.replace('"country"', names))

    assert "part.parquet: column `f0` is missing." in _refusal(zone)
