"""CSV as text: bytes become a table in which every value is text, or are refused with file and line.

Lines are counted as an editor counts them. What is between quotes is decided as Polars decides it: by whether the
number of quotes before it is even.
"""

import csv
import gzip
import io
import itertools
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from polars.exceptions import PanicException, PolarsError

from ml_assets.core.foreign_text import visible
from ml_assets.core.room import Room
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import check_columns

_UNREADABLE = (PolarsError, OSError, PanicException)
_GZIP = b"\x1f\x8b"
_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BLANK_LINES = re.compile(rb"\n(?:\r?\n)+")
_DOUBTFUL_QUOTE = re.compile(r'"(?:(?<=[^",\n]")(?=[^",\r\n])|(?<=\\"))')  # in a value, or after \
_VALUE = re.compile(r'(?:"[^"]*(?:""[^"]*)*"\r?|[^",\n][^,\n]*|)([,\n]|\Z)')
_REMEDY = "Write the file again with commas between values and double quotes around text."
_A_VALUE = 16  # bytes of memory that the place of a text takes
_AT_ONCE = 2**20  # bytes that are decompressed at once


def read_csv(
    data: bytes, *, location: str, columns: Sequence[str], hint: Mapping[str, str], room: Room
) -> pl.DataFrame:
    """Read one file, compressed with gzip or not, as text: types are decided over all files together.

    Args:
        data: the bytes of the file.
        location: the file, for messages.
        columns: those to return.
        hint: see `check_columns`.
        room: the memory that is left.

    Raises:
        SourceError: what is no CSV, a column that is missing or there twice, or no room.
    """
    plain = _plain(data, location=location, room=room)
    values = plain.count(b",") + plain.count(b"\n") + 1
    memory = len(plain) + _A_VALUE * values
    room.take(memory, location=location)
    text = _text(plain, location)
    header = _header(text, location, columns)
    check_columns(columns, header, location=location, hint=hint)
    try:
        # all columns: polars overlooks a line with too many values, hence shifted ones, where it reads only some
        table = pl.read_csv(_without_blank_lines(plain), infer_schema=False)
    except _UNREADABLE:
        raise SourceError(f"{location}: cannot be read as CSV: {_culprit(text, header)}") from None
    _check_lines(text, location, table)
    _check_quotes(text, location, table)
    kept = table.select(columns)
    room.give_back(memory - min(memory, int(kept.estimated_size()) + _A_VALUE * kept.width * kept.height))
    return kept


def line_of(data: bytes, row: int, *, room: Room) -> int:
    """The line on which row number `row` of a file begins, from 1; rows are counted from 0."""
    records = _records(_plain(data, location="", room=room).decode("utf-8", "replace"))
    return next(itertools.islice(records, row + 1, None), (row + 2, ""))[0]


def header_of(data: bytes, *, location: str, room: Room) -> list[str]:
    """The names of the columns of a file, as `read_csv` reads it. Raises SourceError."""
    return _header(_text(_plain(data, location=location, room=room), location), location, ())


def _plain(data: bytes, *, location: str, room: Room) -> bytes:
    if data.startswith(_GZIP):
        data = _decompressed(data, location, room)
    return data.removeprefix(_UTF_8_MARK)


def _decompressed(data: bytes, location: str, room: Room) -> bytes:
    """All members of a file of gzip; a small file can hold more than a machine."""
    plain = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while block := file.read(_AT_ONCE):
                plain.write(block)
                if plain.tell() > room.left:
                    raise room.too_small(location)
    except (EOFError, OSError, zlib.error):
        raise SourceError(
            f"{location}: cannot be decompressed with gzip; it may be cut short or damaged. Write the file again, or "
            f"remove it."
        ) from None
    return plain.getvalue()


def _text(data: bytes, location: str) -> str:
    if data.startswith(_UTF_16_MARKS):
        raise SourceError(f"{location}: line 1 is not UTF-8, but UTF-16. Write the file again as UTF-8.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"{location}: line {number} is not UTF-8. Write the file again as UTF-8.") from None
    if (empty := data.find(b"\0")) >= 0:
        number = data.count(b"\n", 0, empty) + 1
        raise SourceError(
            f"{location}: line {number} holds a character that is no text (NUL), as a file has that is UTF-16 or was "
            f"cut by a power failure. Write the file again as UTF-8."
        )
    return text


def _header(text: str, location: str, columns: Sequence[str]) -> list[str]:
    line = next(_records(text), (1, ""))[1]
    if not line.strip():
        raise SourceError(f"{location}: has no header line. Write one, or remove the file.")
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if set(columns) & {cell.strip(' "') for cell in line.split(separator)[1:]}:
            raise SourceError(
                f"{location}: its values are separated by {name}. Write the file again with commas."
            )
    try:
        return next(csv.reader([line]))
    except csv.Error:
        raise SourceError(
            f"{location}: its header line cannot be read. Write the file again with commas between names and a newline "
            f"at the end of each line."
        ) from None


def _check_lines(text: str, location: str, table: pl.DataFrame) -> None:
    """Refuse a line with too few values, which Polars fills up with nothing: a file that was cut ends in one."""
    if not table.width or not table.to_series(table.width - 1).null_count():
        return
    for number, record in _records(text):
        if (values := _values(record)) < table.width:
            raise SourceError(
                f"{location}: line {number} has {values} values, the header {table.width}. Write the whole file again."
            )


def _check_quotes(text: str, location: str, table: pl.DataFrame) -> None:
    r"""Refuse quotes in the middle of values where Polars drops them, or takes two lines for one, such as \"."""
    doubtful = _DOUBTFUL_QUOTE.search(text)
    if doubtful and _records_as_written(text) != table.height + 1:
        number = text.count("\n", 0, doubtful.start()) + 1
        raise SourceError(
            f"{location}: line {number} has a quote in the middle of a value that is not doubled. {_REMEDY}"
        )


def _records_as_written(text: str) -> int:
    """How many records there are, the header included, by the rules of CSV; 0 where a quote breaks them."""
    at = values = records = 0
    while at < len(text):
        if not (match := _VALUE.match(text, at)):
            return 0
        at = match.end()
        values += 1
        if match[1] != ",":
            records += values > 1 or bool(match[0].strip("\r\n"))
            values = 0
    return records + bool(values)


def _culprit(text: str, header: Sequence[str]) -> str:
    """Why Polars could not read a file, and what to do about it."""
    width = 0
    for number, record in _records(text):
        if record.count('"') % 2:
            return f"line {number} has a quote that is not closed. {_REMEDY}"
        width = width or _values(record)
        if (values := _values(record)) > width:
            return f"line {number} has {values} values, the header {width}. {_REMEDY}"
    if '"' not in text and (twice := [name for name, number in Counter(header).items() if number > 1]):
        return f"column `{visible(twice[0])}` is there twice. Write the file again with names that differ."
    return f"a quote in the middle of a value is not doubled. {_REMEDY}"


def _without_blank_lines(data: bytes) -> bytes:
    """The same rows: a line without anything is none. Where it is between quotes it belongs to a value."""
    data = data.lstrip(b"\r\n")
    if b"\n\n" not in data and b"\n\r\n" not in data:
        return data
    parts = data.split(b'"')
    parts[::2] = [_BLANK_LINES.sub(b"\n", part) for part in parts[::2]]
    return b'"'.join(parts)


def _records(text: str) -> Iterator[tuple[int, str]]:
    """The number of the first line of each record, the header included, and its text; blank lines are none."""
    begin, quotes = 1, 0
    lines: list[str] = []
    for number, line in enumerate(_lines(text), start=1):
        lines.append(line)
        quotes += line.count('"')
        if quotes % 2 == 0:
            record = "\n".join(lines).removesuffix("\r")
            if record:
                yield begin, record
            begin, lines = number + 1, []
    if lines:
        yield begin, "\n".join(lines)


def _lines(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _values(record: str) -> int:
    """How many values a record has: one more than commas that are not between quotes."""
    return 1 + sum(part.count(",") for part in record.split('"')[::2])
