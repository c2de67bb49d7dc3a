"""What the footer of a Parquet file says of its size: looked at before a column is decoded.

Polars tells rows and types of a file, but not how many bytes of text its pages hold; for that the footer, a
structure in Thrift's compact protocol, is walked here. Of what it holds, only sizes are taken.
"""

import os
from collections.abc import Collection, Iterator
from typing import Protocol

MAGIC = b"PAR1"
LARGEST_FOOTER = 32 * 2**20  # bytes; one of 10,000 columns in 20 groups has about as many
_TAIL = 8  # bytes at the end of a file: the length of the footer, and the magic ones
_A_VALUE = 16  # bytes of memory: a number as it is read and as it is kept, or the place of a text
_BYTES, _FIXED_BYTES = 6, 7  # physical types whose values have a content of their own

_ROW_GROUPS, _COLUMNS, _META = 4, 1, 3  # fields of FileMetaData, RowGroup, ColumnChunk
_TYPE, _PATH, _VALUES, _UNCOMPRESSED = 1, 3, 5, 6  # fields of ColumnMetaData
_BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 3, 7, 8, 9, 10, 11, 12
_TRUE, _FALSE, _LONG = 1, 2, 15
_LONGEST_SHIFT = 63  # a number has 64 bits
_WIDTHS = {_BYTE: 1, _DOUBLE: 8}
_INTEGERS = (4, 5, 6)  # of 16, 32 and 64 bits
_CONTINUED = 128  # from here on a byte of a number is not its last


class Readable(Protocol):
    """A file opened for reading bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""


def decoded_size(file: Readable, *, columns: Collection[str]) -> int:
    """About how many bytes of memory these columns take once they are read; 0 where no footer can be understood.

    Args:
        file: the file.
        columns: those that will be read.

    Raises:
        ValueError: a footer that is too large to be looked at.
    """
    footer = _footer(file)
    if len(footer) > LARGEST_FOOTER:
        raise ValueError(f"its footer has more than {LARGEST_FOOTER >> 20} MB")
    wanted = {name.encode() for name in columns}
    try:
        chunks = list(_Walk(footer).chunks(wanted))
    except (IndexError, RecursionError, OverflowError):
        return 0
    rows = max(_values_by_column(chunks).values(), default=0)
    return rows * _A_VALUE + sum(values * _A_VALUE + content for _, values, content in chunks)


def _footer(file: Readable) -> bytes:
    """The bytes of the footer, or as many as prove that there are too many; nothing where there is none."""
    size = file.seek(0, os.SEEK_END)
    if size < _TAIL + len(MAGIC):
        return b""
    file.seek(size - _TAIL)
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size - _TAIL:
        return b""
    file.seek(size - _TAIL - length)
    return file.read(min(length, LARGEST_FOOTER + 1))


def _values_by_column(chunks: list[tuple[bytes, int, int]]) -> dict[bytes, int]:
    counts: dict[bytes, int] = {}
    for name, values, _ in chunks:
        counts[name] = counts.get(name, 0) + values
    return counts


class _Walk:
    """One way through a structure of Thrift's compact protocol. Past the end it raises IndexError."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def chunks(self, wanted: Collection[bytes]) -> Iterator[tuple[bytes, int, int]]:
        """Name, number of values and bytes of content of each column in each group of rows, of those wanted."""
        for _ in self._structs(_ROW_GROUPS):
            for _ in self._structs(_COLUMNS):
                for field, kind in self._fields():
                    if field != _META:
                        self._skip(kind)
                        continue
                    name, values, content = self._column()
                    if name in wanted:
                        yield name, values, content

    def _column(self) -> tuple[bytes, int, int]:
        data, field, name, numbers = self._data, 0, b"", dict.fromkeys((_TYPE, _VALUES, _UNCOMPRESSED), 0)
        while header := data[self._at]:
            self._at += 1
            field = field + (header >> 4) if header >> 4 else self._integer()
            if field == _PATH:
                path = [self._binary() for _ in range(self._list()[0])]
                name = path[0] if path else b""
            elif field in numbers:
                numbers[field] = self._integer()
            elif header & 15 in _INTEGERS:
                self._at += _width(data, self._at)
            else:
                self._skip(header & 15)
        self._at += 1
        content = numbers[_UNCOMPRESSED] if numbers[_TYPE] in (_BYTES, _FIXED_BYTES) else 0
        return name, max(numbers[_VALUES], 0), max(content, 0)

    def _structs(self, wanted: int) -> Iterator[None]:
        """Stand at each structure of the list that is this field; what stands at it must walk through it."""
        for field, kind in self._fields():
            if field != wanted:
                self._skip(kind)
                continue
            for _ in range(self._list()[0]):
                yield

    def _fields(self) -> Iterator[tuple[int, int]]:
        """Number and type of each field of a structure; what stands at a field must walk through it."""
        field = 0
        while header := self._byte():
            field = field + (header >> 4) if header >> 4 else self._integer()
            yield field, header & 15

    def _skip(self, kind: int) -> None:
        if kind in (_TRUE, _FALSE):  # the value is the type
            return
        if kind in _WIDTHS:
            self._at += _WIDTHS[kind]
        elif kind == _BINARY:
            self._binary()
        elif kind in (_LIST, _SET):
            size, of = self._list()
            for _ in range(size):
                self._skip_item(of)
        elif kind == _MAP:
            self._skip_map()
        elif kind == _STRUCT:
            self._skip_struct()
        else:
            self._number()

    def _skip_struct(self) -> None:
        """Past all fields of a structure: of a wide table's footer nearly every byte is passed here."""
        data, at = self._data, self._at
        while header := data[at]:
            at += 1 if header >> 4 else 1 + _width(data, at + 1)
            kind = header & 15
            if kind in _INTEGERS:
                at += 1 if data[at] < _CONTINUED else _width(data, at)
            elif kind not in (_TRUE, _FALSE):
                self._at = at
                self._skip(kind)
                at = self._at
        self._at = at + 1

    def _skip_item(self, kind: int) -> None:
        self._skip(_BYTE if kind in (_TRUE, _FALSE) else kind)  # in a list a truth has a byte

    def _skip_map(self) -> None:
        size = self._number()
        kinds = self._byte() if size else 0
        for _ in range(size):
            self._skip_item(kinds >> 4)
            self._skip_item(kinds & 15)

    def _list(self) -> tuple[int, int]:
        header = self._byte()
        size = header >> 4
        return (self._number() if size == _LONG else size), header & 15

    def _binary(self) -> bytes:
        length = self._data[self._at]
        if length < _CONTINUED:
            self._at += 1
        else:
            length = self._number()
        self._at += length
        return self._data[self._at - length : self._at]

    def _integer(self) -> int:
        number = self._number()
        return (number >> 1) ^ -(number & 1)

    def _number(self) -> int:
        number = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            number |= (byte & 127) << shift
            if byte < _CONTINUED:
                return number
            shift += 7
            if shift > _LONGEST_SHIFT:
                raise OverflowError

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]


def _width(data: bytes, at: int) -> int:
    """How many bytes the number at this place has."""
    end = at
    while data[end] >= _CONTINUED:
        end += 1
    return end + 1 - at
