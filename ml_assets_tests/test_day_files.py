"""A day's rows are all files of its folder, or the day is refused: nothing that lies there is passed over in silence."""

import datetime as dt
import gzip
import io
import os
import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.errors import SourceError
from ml_assets.sources.day_files import Refusal, Rows, place
from ml_assets.sources.landed_days import day_signatures
from ml_assets.sources.rows import open_source
from ml_assets_tests.bucket import NAME, bucket
from ml_assets_tests.builders import ORDERS_TOML, land, order_day, order_days, write_landing

DAY = dt.date(2025, 7, 1)
NEXT = dt.date(2025, 7, 2)
LAST = dt.date(2025, 7, 3)
ROWS = 8

READ = (
    "part.parquet",
    "PART.PARQUET",
    "part.parq",
    "part.pq",
    "part.snappy.parquet",
    "part.tmp.parquet",
    "README.csv",
    "~part.csv",
    "part.csv",
    "part.csv.gz",
    "hour=03/part.parquet",
    "hour=03/minute=15/part.csv.gz",
    "shop=Köln/part.csv",
    "rows.parquet/part.0.parquet",
    "rows.parquet/hour=3/part.0.parquet",
    "part.csv/part-00000.csv",
)
NO_ROWS = (
    "_SUCCESS",
    "_committed_4598562380230495",
    "_started_4598562380230495",
    "_metadata",
    "_common_metadata",
    "rows.parquet/_metadata",
    ".part.csv.crc",
    "part.parquet.crc",
    "part.csv.md5",
    "SHA256SUMS",
    ".DS_Store",
    "._part.parquet",
    "Thumbs.db",
    "desktop.ini",
    ".gitkeep",
    ".part.csv.swp",
    "part.csv~",
    ".~lock.part.csv#",
    "README.md",
    "README",
    "notes.txt",
    "DONE",
    "_READY",
    "part.csv.ok",
    ".lock",
    "manifest",
    "part_manifest.json",
    "schema.json",
    "part.csv.metadata",
    "part.csv.asc",
    "part.csv.dvc",
    ".dropbox.attr",
    "export.log",
    "report.pdf",
    "archive/README.md",
    "__pycache__/part.pyc",
    "__MACOSX/part.csv",
    ".ipynb_checkpoints/part-checkpoint.csv",
)
REFUSED = {
    "part.csv.zip": "is compressed in a way that is not read (.zip)",
    "part.csv.zst": "is compressed in a way that is not read (.zst)",
    "part.csv.bz2": "is compressed in a way that is not read (.bz2)",
    "part.parquet.gz": "is compressed in a way that is not read (.gz)",
    "rows.tar.gz": "is compressed in a way that is not read (.gz)",
    "part.json": "has a format that is not read",
    "part.jsonl": "has a format that is not read",
    "part.orc": "has a format that is not read",
    "part.avro": "has a format that is not read",
    "part.feather": "has a format that is not read",
    "part.xlsx": "has a format that is not read",
    "part.tsv": "has a format that is not read",
    "part.txt": "has a format that is not read",
    "part-00000": "has a format that is not read",
    "rows.parquet/part-00000": "has a format that is not read",
    "_part.csv": "has a name with a leading _ or .",
    "_part.parquet": "has a name with a leading _ or .",
    ".part.parquet": "has a name with a leading _ or .",
    "_changes": "has a name with a leading _ or .",
    "part.csv.done": "has a format that is not read",
    "part.csv.bak": "has a format that is not read",
    ".part-0-1.parquet.inprogress.0a1b": "is an upload that is not finished",
    "part.parquet.tmp": "is an upload that is not finished",
    "part.csv.crdownload": "is an upload that is not finished",
    "hour=03.tmp/part.csv": "is of an upload that is not finished",
    "_temporary/0/part.csv": "is of an upload that is not finished",
    "archive/part.csv": "lies in a folder that is neither KEY=VALUE nor",
    "03/part.csv": "lies in a folder that is neither KEY=VALUE nor",
    "_old/part.csv": "lies in a folder that is neither KEY=VALUE nor",
    "date=2025-07-01/part.csv": "lies in a folder date=... of another one",
    "rows.parquet/_delta_log/00000000000000000000.json": "is of a table of Delta",
    ".hoodie_partition_metadata": "is of a table of Hudi",
}
MISNAMED = (
    "dt={day}",
    "day={day}",
    "ds={day}",
    "event_date={day}",
    "{day}",
    "{day:%Y%m%d}",
    "dt={day:%Y%m%d}",
    "date-{day}",
    "date ={day}",
    "year={day.year}/month={day:%m}/day={day:%d}",
    "{day:%Y/%m/%d}",
    "date%3D{day}",
    "dt={day:%Y_%m_%d}",
    "{day:%Y.%m.%d}",
    "dt={day}-03",
    "{day}T03:00:00",
    "y={day.year}/m={day:%m}/d={day:%d}",
    "date={day:%Y%m%d}",
    "date={day} ",
    "date={day}.bak",
    "Date={day:%Y}-7-{day.day}",
)
OUTSIDE = (
    "README.md",
    "part.csv",
    "2025-07-01.csv",
    "archive/part.csv",
    "archive/date=2025-07-01/part.csv",
    "old-2025-07-01/part.csv",
    "dt=2025-07-01/_SUCCESS",
    "dt=yesterday/part.csv",
    "dt=2025-07-01-old/part.csv",
    "store=2025/shelf=7/place=1/part.csv",
    "dt=2025-07-01/report.pdf",
    "_date=2025-07-01/part.csv",
    ".date=2025-07-01/part.csv",
    "metadata/README.md",
)

rows_of_a_day = pytest.mark.kind("rows of a day")
names = pytest.mark.kind("names in a folder")


@pytest.fixture
def zone(tmp_path):
    """Three days of orders, in Parquet."""
    return write_landing(tmp_path / "zone", rows_by_day=order_days(DAY, LAST))


def _source(root):
    return open_source("shop", str(root))


def _scan(root, first=DAY, last=LAST):
    return _source(root).scan("orders", first=first, last=last).collect()


def _refusal(root, first=DAY, last=LAST):
    with pytest.raises(SourceError) as caught:
        _source(root).scan("orders", first=first, last=last)
    return str(caught.value)


def _put(root, path, content=b"no rows"):
    place_of_it = root / "orders" / path
    place_of_it.parent.mkdir(parents=True, exist_ok=True)
    place_of_it.write_bytes(content)
    return place_of_it


def _as(name, table):
    """The bytes of a file of this name."""
    if re.search(r"\.(parquet|parq|pq)$", name, re.IGNORECASE):
        buffer = io.BytesIO()
        table.write_parquet(buffer)
        return buffer.getvalue()
    text = table.write_csv().encode()
    return gzip.compress(text) if name.endswith(".gz") else text


@rows_of_a_day
@pytest.mark.parametrize("name", READ)
def test_rows_are_read_wherever_they_lie_below_their_day(zone, name):
    more = order_day(NEXT).with_columns(order_id=pl.lit("more"))
    _put(zone, f"date={NEXT}/{name}", _as(name, more))

    table = _scan(zone)

    lone = (
        name.startswith("part.parquet") and "/" not in name
    )  # it takes the place of the file that was there
    assert table.filter(order_id="more")["day"].to_list() == [NEXT] * ROWS
    assert table.height == ROWS * (3 if lone else 4)


@rows_of_a_day
def test_nested_rows_are_those_of_a_flat_folder(zone, tmp_path):
    nested = write_landing(tmp_path / "nested", rows_by_day={})
    for day, table in order_days(DAY, LAST).items():
        for hour, part in enumerate((table.head(3), table.tail(5))):
            land(nested, day, part, name="x").unlink()
            _put(nested, f"date={day}/hour={hour:02}/part.parquet", _as(".parquet", part))

    assert _scan(nested).equals(_scan(zone))


@rows_of_a_day
def test_a_folder_above_the_zone_may_be_called_as_that_of_a_day(tmp_path):
    root = write_landing(tmp_path / "date=1999-01-01" / "zone", rows_by_day={})
    _put(root, f"date={DAY}/hour=3/part.parquet", _as(".parquet", order_day(DAY)))

    assert _scan(root)["day"].unique().to_list() == [DAY]


@rows_of_a_day
def test_a_column_that_only_a_folder_names_is_missing(zone):
    toml = zone / "orders" / "dataset.toml"
    toml.write_text(ORDERS_TOML.replace('"country"', '"hour"'))
    (zone / "orders" / f"date={DAY}" / "part.parquet").unlink()
    path = _put(zone, f"date={DAY}/hour=03/part.csv", order_day(DAY).write_csv().encode())

    message = _refusal(zone, last=DAY)

    assert message.startswith(f"{path}: column `hour` is missing.")
    assert message.endswith("A folder is called so, but only what is in the file is read.")


@names
@pytest.mark.parametrize("name", NO_ROWS)
def test_what_is_known_to_hold_no_rows_lies_beside_them(zone, name):
    before = _scan(zone)
    _put(zone, f"date={NEXT}/{name}")
    _put(zone, f"date=2025-07-10/{name}")

    assert _scan(zone).equals(before)
    assert _source(zone).days("orders", first=DAY, last=dt.date(2025, 8, 1)) == [DAY, NEXT, LAST]


@names
@pytest.mark.parametrize("name", ["anything", "hour=03_$folder$", "rows.json", ".placeholder", "_anything"])
def test_an_empty_file_holds_no_rows(zone, name):
    before = _scan(zone)
    _put(zone, f"date={NEXT}/{name}", b"")

    assert _scan(zone).equals(before)


@rows_of_a_day
@pytest.mark.parametrize("name", REFUSED)
def test_a_day_with_a_file_that_is_not_read_is_refused_with_its_name(zone, name):
    path = _put(zone, f"date={NEXT}/{name}")

    message = _refusal(zone)

    assert message.startswith(f"{path}: {REFUSED[name]}")
    assert _scan(zone, last=DAY).height == ROWS
    with pytest.raises(SourceError, match=re.escape(str(path))):
        _source(zone).days("orders", first=DAY, last=LAST)
    assert _source(zone).days("orders", first=LAST, last=LAST) == [LAST]


@rows_of_a_day
@pytest.mark.parametrize("folder", MISNAMED)
def test_a_day_in_a_folder_of_another_name_is_refused_with_it(zone, folder):
    path = _put(zone, folder.format(day=NEXT) + "/part.csv", order_day(NEXT).write_csv().encode())

    message = _refusal(zone)

    assert message.startswith(f"{path}: its folder ")
    assert re.search(r"Rename the folder( to date=YYYY-MM-DD)?, or (move|remove) it", message)
    assert _scan(zone, last=DAY).height == ROWS


@rows_of_a_day
@pytest.mark.parametrize("above", ["region=eu/", "region=eu/shop=1/"])
@pytest.mark.parametrize("folder", ["date={day}", "dt={day}", "year={day.year}/month=7/day={day.day}"])
def test_a_day_that_does_not_come_first_is_refused_with_where_its_rows_belong(zone, above, folder):
    path = _put(zone, f"{above}{folder.format(day=NEXT)}/part.csv", order_day(NEXT).write_csv().encode())

    message = _refusal(zone)

    assert message.startswith(f"{path}: its folder of the day lies in {above}, so that")
    assert message.endswith(f" Land them in date={NEXT}/{above}.")
    assert _scan(zone, last=DAY).height == ROWS


@rows_of_a_day
def test_a_zone_of_days_in_folders_of_another_name_says_which(tmp_path):
    root = write_landing(tmp_path / "zone", rows_by_day={})
    for day, table in order_days(DAY, LAST).items():
        path = _put(root, f"dt={day}/part.csv", table.write_csv().encode())

    message = _refusal(root)

    assert message.startswith(f"{path.parent.parent}/dt={DAY}/part.csv: its folder is not called date={DAY}")
    assert message.endswith("Likewise 2 more.")


@names
@pytest.mark.parametrize("path", OUTSIDE)
def test_what_lies_beside_the_folders_of_days_is_none_of_theirs(zone, path):
    before = _scan(zone)
    _put(zone, path)

    assert _scan(zone).equals(before)


@rows_of_a_day
@pytest.mark.parametrize(
    ("path", "make"),
    [
        ("_delta_log/00000000000000000000.json", "Delta"),
        ("metadata/00000-a1b2.metadata.json", "Iceberg"),
        ("metadata/v1.metadata.json", "Iceberg"),
        (".hoodie/hoodie.properties", "Hudi"),
    ],
)
def test_a_folder_that_is_a_table_is_refused_by_its_make(zone, path, make):
    path = _put(zone, path)

    assert _refusal(zone).startswith(f"{path}: is of a table of {make}, beside whose rows lie files")
    with pytest.raises(SourceError, match=make):
        day_signatures(str(zone), "orders")


@rows_of_a_day
@pytest.mark.parametrize("name", ["date=2025-07-02", "date=2025-07-02.parquet", "DATE=2025-7-2"])
def test_a_file_in_place_of_the_folder_of_a_day_is_refused(tmp_path, name):
    zone = write_landing(tmp_path / "zone", rows_by_day={DAY: order_day(DAY)})
    path = _put(zone, name)

    assert _refusal(zone).startswith(f"{path}: is a file. Land it as date=2025-07-02/<name>.parquet")
    assert _scan(zone, last=DAY).height == ROWS


def _link_to_nowhere(folder):
    (folder / "part.csv").symlink_to("nowhere")
    return "part.csv", "a link that leads nowhere"


def _pipe(folder):
    os.mkfifo(folder / "part.csv")
    return "part.csv", "a named pipe"


def _loop(folder):
    (folder / "hour=3").symlink_to("..")
    return "hour=3", "a link into a folder that holds it"


def _terminal(folder):
    (folder / "\x1b[31mpart.csv").write_bytes(b"rows")
    return "\\x1b[31mpart.csv", "its name holds a control character"


def _no_text(folder):
    path = os.fsencode(folder) + b"/part\xff.csv"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"rows")
    return "part\\xff.csv", "its name is not UTF-8"


def _unfinished(folder):
    (folder / "part.csv#1").write_bytes(b"rows")
    return "part.csv#1", "a file that was not written to its end"


ODD = (_link_to_nowhere, _pipe, _loop, _terminal, _no_text, _unfinished)


@names
@pytest.mark.parametrize("make", ODD)
def test_what_cannot_be_read_refuses_its_day_and_no_other(zone, make):
    folder = zone / "orders" / f"date={NEXT}"
    name, why = make(folder)

    assert _refusal(zone).startswith(
        f"{folder}/{name}: cannot be read with the rows of its day ({why}). Replace it"
    )
    assert _scan(zone, last=DAY).height == ROWS
    assert list(day_signatures(str(zone), "orders")) == [DAY, NEXT, LAST]


@names
@pytest.mark.parametrize("make", ODD)
def test_what_cannot_be_read_beside_the_days_stops_nothing(zone, make):
    before = _scan(zone)
    make(zone / "orders")
    make(zone)

    assert _scan(zone).equals(before)


@names
def test_the_folder_of_a_day_that_is_a_link_to_nowhere_is_no_day_without_rows(tmp_path):
    zone = write_landing(tmp_path / "zone", rows_by_day={DAY: order_day(DAY)})
    (zone / "orders" / f"date={NEXT}").symlink_to("nowhere")

    assert f"date={NEXT}: cannot be read with the rows of its day (a link that leads nowhere)" in _refusal(
        zone
    )


@names
def test_links_to_files_and_folders_of_rows_are_followed(tmp_path):
    store = write_landing(tmp_path / "store", rows_by_day=order_days(DAY, NEXT))
    zone = write_landing(tmp_path / "zone", rows_by_day={})
    (zone / "orders" / f"date={DAY}").symlink_to(store / "orders" / f"date={DAY}")
    (zone / "orders" / f"date={NEXT}").mkdir()
    (zone / "orders" / f"date={NEXT}" / "part.parquet").symlink_to(
        store / "orders" / f"date={NEXT}" / "part.parquet"
    )

    assert _scan(zone).equals(_scan(store))


@names
@pytest.mark.parametrize("make", [_pipe, _loop, _link_to_nowhere], ids=["pipe", "folder", "link"])
def test_a_dataset_toml_that_is_no_file_is_told_at_once(zone, make):
    toml = zone / "orders" / "dataset.toml"
    toml.unlink()
    name, _ = make(zone / "orders")
    (zone / "orders" / name).rename(toml)

    assert _refusal(zone).startswith(f"{toml}: is a")


@rows_of_a_day
def test_a_day_that_is_refused_has_a_signature_that_changes_when_it_is_mended(zone):
    sound = day_signatures(str(zone), "orders")
    path = _put(zone, f"date={NEXT}/part.csv.zip")
    odd = day_signatures(str(zone), "orders")
    path.unlink()

    assert {day for day in sound if sound[day] != odd[day]} == {NEXT}
    assert day_signatures(str(zone), "orders") == sound


@rows_of_a_day
def test_a_bucket_is_read_and_refused_as_a_folder_is(monkeypatch):
    rows = order_day(DAY)
    objects = {
        "orders/dataset.toml": ORDERS_TOML.encode(),
        f"orders/date={DAY}/": b"",
        f"orders/date={DAY}/hour=3/part.csv.gz": gzip.compress(rows.write_csv().encode()),
        f"orders/date={DAY}/rows.parquet/": b"",
        f"orders/date={DAY}/rows.parquet/_SUCCESS": b"",
        f"orders/date={DAY}/rows.parquet/part.0.parquet": _as(".parquet", rows),
        f"orders/date={NEXT}/part.csv.zip": b"PK",
        f"orders/date={LAST}//part.csv": rows.write_csv().encode(),
    }
    with bucket(objects) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        root = f"s3://{NAME}"

        assert _scan(root, last=DAY)["day"].to_list() == [DAY] * 2 * ROWS
        assert f"date={NEXT}/part.csv.zip: is compressed" in _refusal(root, first=NEXT, last=NEXT)
        assert (
            f"date={LAST}//part.csv: cannot be read with the rows of its day (its key has an empty part)"
            in _refusal(root, first=LAST)
        )


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12)
ENDINGS = st.sampled_from(
    ["", ".csv", ".csv.gz", ".parquet", ".pq", ".PARQUET", ".zip", ".tmp", ".json", ".md", "~", ".crc"]
)
PARTS = st.builds(
    lambda start, name, end: f"{start}{name}{end}", st.sampled_from(["", "_", ".", "hour="]), NAMES, ENDINGS
)
OF_ROWS = re.compile(r"[^._].*\.(parquet|parq|pq|csv|csv\.gz)", re.IGNORECASE | re.DOTALL)
OF_ROWS_BEFORE = re.compile(r"[^/._][^/]*\.(parquet|csv)", re.IGNORECASE)


@rows_of_a_day
@given(st.lists(PARTS, min_size=1, max_size=4), st.integers(0, 9))
def test_whatever_lies_below_a_day_is_read_known_to_hold_no_rows_or_refused(parts, size):
    *folders, name = parts
    verdict = place("/".join(["date=2025-07-01", *parts]), size=size)

    if isinstance(verdict, Rows):
        assert verdict.day == DAY
        assert OF_ROWS.fullmatch(name)
        assert all("=" in folder or OF_ROWS.fullmatch(folder) for folder in folders)
    elif isinstance(verdict, Refusal):
        assert verdict.day == DAY
        assert verdict.why
    else:  # nothing that could be rows
        aside = any(
            folder.lower() in {"__macosx", ".ipynb_checkpoints", ".appledouble", "@eadir"}
            for folder in folders
        )
        assert not size or aside or place(f"date=2025-07-01/{name}", size=size) is None
        assert aside or not OF_ROWS.fullmatch(name)


@rows_of_a_day
@given(PARTS, st.integers(0, 9))
def test_what_was_read_before_is_read(name, size):
    verdict = place(f"date=2025-07-01/{name}", size=size)

    if OF_ROWS_BEFORE.fullmatch(name):
        assert isinstance(verdict, Rows)
        assert verdict.format == ("csv" if name.lower().endswith(".csv") else "parquet")
