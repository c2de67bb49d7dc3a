"""CSV as people and databases write it: read as it is meant, or refused with file and line."""

import datetime as dt
import gzip
import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ml_assets.core.room import Room
from ml_assets.errors import SourceError
from ml_assets.sources.csv_text import line_of, read_csv
from ml_assets.sources.rows import open_source
from ml_assets_tests.builders import ORDERS_TOML, land, order_day, write_landing

DAY = dt.date(2025, 7, 1)
HEADER = "order_id,order_ts,country,n_lines,order_value,days_since_prev,returned_30d,returned_30d_closes_at\n"

rows_of_a_day = pytest.mark.kind("rows of a day")


@pytest.fixture
def zone(tmp_path):
    """A landing zone without rows."""
    return write_landing(tmp_path / "zone", rows_by_day={})


def _scan(root):
    return open_source("shop", str(root)).scan("orders", first=DAY, last=DAY).collect()


def _refusal(root):
    with pytest.raises(SourceError) as caught:
        open_source("shop", str(root)).scan("orders", first=DAY, last=DAY)
    return str(caught.value)


def _with(column, values):
    """A day whose rows have these values in a column."""
    return order_day(DAY, rows=len(values)).with_columns(pl.Series(column, values))


MARKED = {
    "a decimal comma": ["1,5", "2,25", "10,0", "0,5"],
    "thousands with points": ["1.234,50", "12.345,00", "1.234.567,89", "5,00"],
    "thousands with commas": ["1,234.5", "12,345", "1,234,567.89", "3.25"],
    "thousands with spaces": ["1 234", "12 345,5", "1 234 567", "12"],
    "thousands with narrow spaces": ["1\u202f234", "12\u202f345,5", "1\u00a0234", "12"],
    "thousands with apostrophes": ["1'234.50", "12\u2019345", "5", "1'000"],
    "thousands as in India": ["1,23,456", "12,34,567.50", "1,000", "1,00,000"],
    "percent": ["5%", "12.5 %", "100%", "0,5%"],
    "a currency before": ["$5", "$1,234.50", "US$12", "€ 3,50"],
    "a currency behind": ["5 €", "1.234,50 EUR", "12 CHF", "3,50 kr"],
    "losses in brackets": ["(5.00)", "(1,234.50)", "(3)", "(4)"],
    "a minus sign": ["\u22125.5", "\u22123", "\u22121.5", "\u22122"],
    "a minus behind": ["5.5-", "3-", "1.5-", "2-"],
    "NA for six of ten": ["1", "2", "3.5", "4", *["NA"] * 6],
    "null for six of ten": ["1", "2", "3.5", "4", *["null"] * 6],
    "None for six of ten": ["1", "2", "3.5", "4", *["None"] * 6],
    "n/a for six of ten": ["1", "2", "3.5", "4", *["n/a"] * 6],
    "a dash for six of ten": ["1", "2", "3.5", "4", *["-"] * 6],
    r"\N for six of ten": ["1", "2", "3.5", "4", *["\\N"] * 6],
    "#N/A for half": ["1", "2", "#N/A", "#N/A"],
    "marks and words": ["1,5", "2,5", "NA", "-", "null", "?"],
}
CATEGORIES = {
    "codes": ["A1", "B2", "C3", "A1"],
    "ranges": ["3-4", "10-20", "0-1", "5+"],
    "words": ["red", "green", "blue", "red"],
    "words and NA": ["red", "NA", "-", "blue"],
    "sizes": ["36", "38", "S", "M", "L", "XL"],
    "versions": ["1.2.3", "1.10.0", "2.0.1", "3.1.4"],
    "fractions": ["1/2", "3/4", "1/3", "2/3"],
    "hours": ["12:30", "08:00", "23:59", "00:00"],
    "days": ["2025-07-01", "2025-07-02", "2025-07-03", "2025-07-04"],
    "amounts with units": ["5 kg", "10ml", "3 pcs", "2l"],
    "beginnings of telephone numbers": ["+49 170", "+49 171", "+43 660 123", "+1 212"],
    "telephone numbers": ["030 123", "089 123 456", "0170 123", "040 999"],
    "codes of areas": ["(030)", "(089)", "(0170)", "(040)"],
    "Swedish postcodes": ["123 45", "111 22", "987 65", "123 45"],
    "addresses": ["192.168.0.1", "10.0.0.1", "127.0.0.1", "8.8.8.8"],
    "lists": ["1,2,3", "4,5,6", "1,2", "7,8,9,10"],
    "nothing but NA": ["NA", "NA", "NA", "NA"],
    "true and other": ["yes", "no", "yes", "no"],
    "hexadecimal": ["0x1F", "0xAB", "1f2e", "9c0d"],
}
NUMBERS = {
    "whole": ["1", "2", "3", "4"],
    "postcodes of digits": ["01234", "98765", "00501", "10115"],
    "exponents": ["1e-3", "2.5E4", "3", "+4"],
    "spaces around": [" 1 ", "2", " 3", "4 "],
    "truth": ["true", "FALSE", "True", "false"],
    "gaps": ["1.5", None, "", "2"],
}


@rows_of_a_day
@pytest.mark.parametrize("kind", MARKED)
def test_text_that_looks_like_numbers_is_refused_with_its_line(zone, kind):
    values = MARKED[kind]
    first = next(n for n, value in enumerate(values) if not re.fullmatch(r"[\d.]+", value))
    path = land(zone, DAY, _with("order_value", values), name="part.csv")

    message = _refusal(zone)

    assert message.startswith(
        f"{path}: column `order_value` holds text that looks like numbers, first in line {first + 2}. "
        f"Write numbers as 1234.5, "
    )
    assert '[types] in dataset.toml: "category" keeps the text' in message


@rows_of_a_day
def test_the_line_is_that_of_the_first_text_that_looks_like_a_number(zone):
    values = ["5", "red", None, "1,5", "2,5", "3,5"]
    path = land(zone, DAY, _with("order_value", values), name="part.csv")

    assert _refusal(zone).startswith(
        f"{path}: column `order_value` holds text that looks like numbers, first in line 5."
    )


@rows_of_a_day
@pytest.mark.parametrize("kind", MARKED)
def test_text_that_looks_like_numbers_is_what_types_say_it_is(zone, kind):
    toml = zone / "orders" / "dataset.toml"
    toml.write_text(ORDERS_TOML + '[types]\norder_value = "category"\n')
    path = land(zone, DAY, _with("order_value", MARKED[kind]), name="part.csv")

    assert _scan(zone)["order_value"].to_list() == MARKED[kind]

    toml.write_text(ORDERS_TOML + '[types]\norder_value = "number"\n')
    assert _refusal(zone).startswith(f"{path}: column `order_value` holds other text, first in line ")


@rows_of_a_day
@pytest.mark.parametrize("kind", CATEGORIES)
def test_categories_that_hold_digits_stay_categories(zone, kind):
    land(zone, DAY, _with("country", CATEGORIES[kind]), name="part.csv")

    assert _scan(zone)["country"].to_list() == CATEGORIES[kind]


@rows_of_a_day
@pytest.mark.parametrize("kind", NUMBERS)
def test_plain_numbers_are_numbers(zone, kind):
    land(zone, DAY, _with("n_lines", NUMBERS[kind]), name="part.csv")

    assert _scan(zone)["n_lines"].dtype == pl.Float64


@rows_of_a_day
def test_text_of_parquet_is_the_text_that_its_type_says(zone):
    land(zone, DAY, _with("country", MARKED["a decimal comma"]), name="a.parquet")
    land(zone, DAY, _with("country", MARKED["percent"]), name="b.csv")

    assert _scan(zone)["country"].to_list() == MARKED["a decimal comma"] + MARKED["percent"]


@rows_of_a_day
def test_fewer_words_for_nothing_are_refused_as_other_text(zone):
    path = land(zone, DAY, _with("order_value", ["1", "2", "NA", "4", "5", "6", "7"]), name="part.csv")

    assert _refusal(zone).startswith(f"{path}: column `order_value` holds other text, first in line 4.")


TIMES = [
    "2025-07-01 08:30:00+00",
    "2025-07-01 08:30:00+0000",
    "2025-07-01 08:30:00 +00:00",
    "2025-07-01 10:30:00+02",
    "2025-07-01 08:30:00-00",
    "2025-07-01 06:30:00\u221202:00",
    "2025-07-01 08:30:00 UTC",
    "2025-07-01 08:30 UTC",
    "2025-07-01T08:30:00,000",
    "2025-07-01t08:30:00z",
    "2025-07-01 08:30+00",
    "2025-07-01 08:30:00.000000000+00",
]
NO_TIMES = [
    "2025-W27-2",
    "2025-182",
    "20250701",
    "20250701T083000Z",
    "2025-07-01T08",
    "2025-07-01 24:00:00",
    "2025-07-01 8:30:00",
    "01.07.2025 08:30",
    "2025-02-30 08:30:00",
    "2025-07-01 08:30:00+25:00",
    "2025-07-01 08:30:00 CET",
    "2025-07-01T08:30:00+02:00[Europe/Berlin]",
    "NaT",
]


@rows_of_a_day
@pytest.mark.parametrize("text", TIMES)
def test_times_as_databases_write_them_are_read(zone, text):
    land(zone, DAY, _with("order_ts", [text]), name="part.csv")

    assert _scan(zone)["order_ts"].to_list() == [dt.datetime(2025, 7, 1, 8, 30)]  # noqa: DTZ001


@rows_of_a_day
@pytest.mark.parametrize("text", NO_TIMES)
def test_other_times_are_refused_with_their_line(zone, text):
    path = land(zone, DAY, _with("order_ts", ["2025-07-01", text]), name="part.csv")

    assert _refusal(zone).startswith(f"{path}: column `order_ts` holds other text, first in line 3.")


SOUND = order_day(DAY).write_csv()
LINES = SOUND.splitlines()
BLANK = {
    "in the middle": "\n".join([*LINES[:3], "", *LINES[3:], ""]),
    "several": "\n".join([*LINES[:3], "", "", "", *LINES[3:5], "", *LINES[5:], ""]),
    "at the end": SOUND + "\n\n",
    "before the header": "\n\n" + SOUND,
    "after the header": "\n".join([LINES[0], "", *LINES[1:], ""]),
    "of Windows": "\r\n".join([*LINES[:3], "", *LINES[3:], "", ""]),
    "with a byte order mark": "\ufeff" + SOUND + "\n",
    "and no last newline": "\n".join([*LINES[:3], "", *LINES[3:]]),
}


@rows_of_a_day
@pytest.mark.parametrize("where", BLANK)
def test_blank_lines_are_no_rows(zone, where):
    land(zone, DAY, SOUND.encode(), name="part.csv")
    before = _scan(zone)
    land(zone, DAY, BLANK[where].encode(), name="part.csv")

    assert _scan(zone).equals(before)


@rows_of_a_day
def test_a_blank_line_between_quotes_belongs_to_its_value(zone):
    values = ["a\n\nb", "c\r\n\r\nd", 'e"\n\n"f', "g"]
    land(zone, DAY, _with("country", values).write_csv().encode() + b"\n", name="part.csv")

    assert _scan(zone)["country"].to_list() == values


@rows_of_a_day
@pytest.mark.parametrize("value", ['5" x 6" pipe', 'r"e"d', '"a\\""b"', '"{""a"": ""b\\""""}"'])
def test_quotes_by_the_rules_are_read_as_they_are_written(zone, value):
    text = SOUND + "\n\r\n" + LINES[1].replace("not read", value)
    land(zone, DAY, text.encode(), name="part.csv")

    assert _scan(zone).height == len(LINES)


@rows_of_a_day
def test_a_cell_of_many_characters_is_read(zone):
    values = ["x" * 140_000, "y, " * 50_000, "z"]
    table = _with("country", values).with_columns(
        extra=pl.Series([None, "", None])
    )  # the last column is looked at
    land(zone, DAY, table, name="part.csv")

    assert _scan(zone)["country"].to_list() == values


@rows_of_a_day
def test_a_line_is_counted_as_an_editor_counts_it(zone):
    values = ["a\nb\nc", "d", "e\r\nf", "g"]
    table = _with("country", values).with_columns(order_value=pl.Series(["1", "2", "3", "much"]))
    path = land(zone, DAY, b"\n" + table.write_csv().encode().replace(b"\ng", b"\n\n\ng"), name="part.csv")
    text = path.read_text()
    number = text[: text.index("much")].count("\n") + 1

    assert f"{path}: column `order_value` holds other text, first in line {number}." in _refusal(zone)


@rows_of_a_day
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (SOUND.encode("utf-16"), "line 1 is not UTF-8, but UTF-16"),
        (SOUND.encode("utf-16-le"), "line 1 holds a character that is no text (NUL)"),
        (SOUND.replace("Spain", "España").encode("latin-1"), "is not UTF-8"),
        (SOUND.encode() + b"\0" * 512, "line 10 holds a character that is no text (NUL)"),
        (SOUND.replace("\n", "\r").encode(), "its header line cannot be read"),
        (
            SOUND.replace(",", ", ", 3).encode(),
            "column `order_ts` is missing. The nearest existing column is ` order_ts`",
        ),
        (SOUND.replace("order_ts", "order_id", 1).encode(), "column `order_ts` is missing"),
        (SOUND.replace("extra", "order_id", 1).encode(), "column `order_id` is there twice"),
        (SOUND.encode() + b"1,2\n", "line 10 has 2 values, the header 9"),
        (SOUND.encode() + b"   \n", "line 10 has 1 values, the header 9"),
        (
            SOUND.replace("not read\n", "not read,\n").encode(),
            "cannot be read as CSV: line 2 has 10 values, the header 9",
        ),
        (
            SOUND.encode() + LINES[1].replace("not read", '"not read').encode(),
            "line 10 has a quote that is not closed",
        ),
        (
            SOUND.encode() + LINES[1].replace("not read", r'"not \"read\" this"').encode(),
            "line 10 has a quote in the",
        ),
        (
            SOUND.encode() + LINES[1].replace("not read", r'"not \"read\""').encode(),
            "line 10 has a quote in the",
        ),
        (
            SOUND.encode() + (LINES[1].replace("not read", r'"5\"x"') + "\n").encode() * 2,
            "line 10 has a quote in the middle of a value that is not doubled",
        ),
        (
            SOUND.replace("not read\n", "not read,1,2,3\n")
            .replace("extra\n", "extra,x,x,x_duplicated_0\n")
            .encode(),
            "cannot be read as CSV: column `x` is there twice",
        ),
        (b"", "has no header line"),
        (b"\n\r\n\n", "has no header line"),
        (b"\xef\xbb\xbf", "has no header line"),
        (b"\x1f\x8bno gzip", "cannot be decompressed with gzip"),
    ],
)
def test_csv_that_is_none_is_refused_with_file_and_line(zone, content, says):
    path = land(zone, DAY, content, name="part.csv")

    message = _refusal(zone)

    assert message.startswith(f"{path}: ")
    assert says in message


@rows_of_a_day
@pytest.mark.parametrize(
    "content",
    [
        SOUND.replace("not read\n", "not read,\n").replace("extra\n", "extra,\n"),
        SOUND.replace("\n", "\r\n"),
        "\ufeff" + SOUND,
        SOUND.rstrip("\n"),
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in LINES),
    ],
    ids=[
        "a comma at the end of each line",
        "lines of Windows",
        "a byte order mark",
        "no last newline",
        "quotes",
    ],
)
def test_csv_of_another_hand_says_the_same(zone, content):
    land(zone, DAY, SOUND.encode(), name="part.csv")
    before = _scan(zone)
    land(zone, DAY, content.encode(), name="part.csv")

    assert _scan(zone).equals(before)


@rows_of_a_day
@pytest.mark.parametrize("name", ["part.csv.gz", "part.csv"])
def test_gzip_is_told_by_its_first_bytes(zone, name):
    land(zone, DAY, SOUND.encode(), name="part.csv")
    before = _scan(zone)
    (zone / "orders" / f"date={DAY}" / "part.csv").unlink()
    half = len(SOUND) // 2
    members = gzip.compress(SOUND[:half].encode()) + gzip.compress(SOUND[half:].encode())
    path = land(zone, DAY, members, name=name)

    assert _scan(zone).equals(before)

    path.write_bytes(members[:-5])
    assert _refusal(zone).startswith(
        f"{path}: cannot be decompressed with gzip; it may be cut short or damaged."
    )


@rows_of_a_day
def test_a_file_of_gzip_that_was_decompressed_on_its_way_is_read(zone):
    land(zone, DAY, SOUND.encode(), name="part.csv.gz")

    assert _scan(zone).height == 8


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6).filter(
    lambda text: text != "\ufeff"
)


@rows_of_a_day
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    st.lists(st.integers(0, 2), min_size=7, max_size=7),
)
@example([("\n\n", '"\n"'), (",", "\n")], [0, 2, 1, 0, 0, 0, 0])
def test_values_and_their_lines_come_back_whatever_they_hold(rows, blank):
    quoted = ['"a","b"', *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)]
    begins, text = [], ""
    for record, lines in zip(quoted, blank, strict=False):
        text += "\n" * lines
        begins.append(text.count("\n") + 1)
        text += f"{record}\n"

    table = read_csv(text.encode(), location="x.csv", columns=["b", "a"], hint={}, room=Room())

    assert table.rows() == [(second, first) for first, second in rows]
    assert [line_of(text.encode(), row, room=Room()) for row in range(len(rows))] == begins[1:]
