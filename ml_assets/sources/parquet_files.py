"""The Parquet files of a landing zone: their rows, and what they tell of their columns before a row is read."""

import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from ml_assets.core.room import Room
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import FILE, check_columns
from ml_assets.sources.day_listing import LandedFile, shown
from ml_assets.sources.landing_zone import LandingZone
from ml_assets.sources.parquet_footer import Readable, decoded_size
from ml_assets.sources.roles import Part

_UNREADABLE = (PolarsError, OSError, PanicException)
_CATEGORIES = (pl.Categorical, pl.Enum)  # one text each, which every row that has it gets a copy of
_FETCHED_AT_ONCE = 8  # files; each is in memory, whole, until its columns are read


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Parquet files that share one schema, of which no row is read until it matters. Meets `Files`.

    Attributes:
        schema: the type of each column that is wanted.
        rows: how many there are.
        landed: the files that have any.
        zone: where they are.
        alone: whether there are no others, so that nothing depends on whether a column has values.
    """

    schema: Mapping[str, pl.DataType]
    rows: int
    landed: Sequence[LandedFile]
    zone: LandingZone
    alone: bool

    csv = False

    @property
    def files(self) -> int:
        """How many files have rows."""
        return len(self.landed)

    def dtype(self, column: str) -> pl.DataType:
        """The type that the files give `column`."""
        return self.schema[column]

    def has_values(self, column: str) -> bool:
        """Whether `column` has a value in some row."""
        return self.alone or any(self._filled(file, column) for file in self.landed)

    def _filled(self, file: LandedFile, column: str) -> bool:
        table = _read_one(self.zone, file, [column])
        return table[column].null_count() < table.height


def survey(
    zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str], *, alone: bool
) -> list[Survey]:
    """What the files say of their columns, those of one schema together.

    Raises:
        SourceError: a file is no Parquet, or lacks a column.
    """
    with ThreadPoolExecutor(_FETCHED_AT_ONCE) as pool:
        seen = list(pool.map(lambda file: _seen(zone, file, columns), files))
    groups: dict[tuple[str, ...], list[tuple[LandedFile, Mapping[str, pl.DataType], int]]] = {}
    for file, (schema, rows) in zip(files, seen, strict=True):
        if rows:
            groups.setdefault(tuple(map(str, schema.values())), []).append((file, schema, rows))
    return [
        Survey(
            schema=group[0][1],
            rows=sum(rows for _, _, rows in group),
            landed=[file for file, _, _ in group],
            zone=zone,
            alone=alone and len(groups) == 1,
        )
        for group in groups.values()
    ]


def _seen(
    zone: LandingZone, file: LandedFile, columns: Sequence[str]
) -> tuple[Mapping[str, pl.DataType], int]:
    """The types of the columns of a file, and its rows: of its footer."""
    try:
        lazy = pl.scan_parquet(zone.rows(file)) if zone.remote else _scan([file.location]).drop(FILE)
        schema = lazy.collect_schema()
        check_columns(columns, schema.names(), location=shown(file.location), hint=hint(file))
        rows = int(lazy.select(pl.len()).collect().item())
    except _UNREADABLE:
        raise _unreadable(file) from None
    return {name: schema[name] for name in columns}, rows


def read_parquet(
    zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str], room: Room
) -> list[Part]:
    """Read files on a disk all at once where their schemas agree; otherwise one by one, which also finds the bad one."""
    if not files:
        return []
    if zone.remote:
        return _by_schema(_fetch(zone, files, columns, room))
    for file in files:
        _check_size_on_disk(file, columns, room)
    try:
        table = _scan([file.location for file in files]).select(FILE, *columns).collect()
    except _UNREADABLE:
        return _by_schema([_read_one(zone, file, columns) for file in files])
    return [Part(table=table)]


def _fetch(
    zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str], room: Room
) -> list[pl.DataFrame]:
    """Read files of an object store by its client, whole.

    Not by polars: once it has opened a bucket, a thread of its own reads a variable of the environment ten times
    a second for as long as the process lives, and a variable that is set meanwhile can end the process.
    """

    def read(file: LandedFile) -> pl.DataFrame:
        data = zone.rows(file)
        _take(io.BytesIO(data), file, columns, room)
        return _read_bytes(file, columns, data)

    with ThreadPoolExecutor(_FETCHED_AT_ONCE) as pool:
        return list(pool.map(read, files))


def _check_size_on_disk(file: LandedFile, columns: Sequence[str], room: Room) -> None:
    """Count what a file will take; one that cannot be opened is told of when it is read."""
    try:
        with Path(file.location).open("rb") as opened:
            _take(opened, file, columns, room)
    except OSError:
        return


def _take(opened: Readable, file: LandedFile, columns: Sequence[str], room: Room) -> None:
    location = shown(file.location)
    try:
        memory = decoded_size(opened, columns=columns)
    except ValueError as error:
        raise SourceError(f"{location}: {error}. Write the rows as several files.") from None
    room.take(memory, location=location)


def _read_one(zone: LandingZone, file: LandedFile, columns: Sequence[str]) -> pl.DataFrame:
    try:
        return _choose(file, columns, _scan([file.location]))
    except _UNREADABLE:
        return _read_bytes(file, columns, zone.rows(file))


def _read_bytes(file: LandedFile, columns: Sequence[str], data: bytes) -> pl.DataFrame:
    """Read a file whose bytes are all here, so that only the file can be wrong."""
    try:
        return _choose(file, columns, pl.scan_parquet(data).with_columns(pl.lit(file.location).alias(FILE)))
    except _UNREADABLE:
        raise _unreadable(file) from None


def _choose(file: LandedFile, columns: Sequence[str], lazy: pl.LazyFrame) -> pl.DataFrame:
    existing = [name for name in lazy.collect_schema().names() if name != FILE]
    check_columns(columns, existing, location=shown(file.location), hint=hint(file))
    return lazy.select(FILE, *columns).collect()


def header_of_parquet(zone: LandingZone, file: LandedFile) -> list[str]:
    """The names of the columns of a file. Raises SourceError where it is no Parquet."""
    data = zone.rows(file) if zone.remote else None
    try:
        lazy = _scan([file.location]) if data is None else pl.scan_parquet(data)
        return [name for name in lazy.collect_schema().names() if name != FILE]
    except _UNREADABLE:
        raise _unreadable(file) from None


def _unreadable(file: LandedFile) -> SourceError:
    return SourceError(
        f"{shown(file.location)}: cannot be read as Parquet; it may be cut short, damaged or another format. "
        f"Write the file again, or remove it."
    )


def hint(file: LandedFile) -> Mapping[str, str]:
    """What is said where a column is missing that folders KEY=VALUE of this file name."""
    folders = [part.partition("=") for part in file.key.split("/")[1:-1]]
    said = " A folder is called so, but only what is in the file is read."
    return {key: said for key, equals, _ in folders if equals}


def _scan(paths: list[str]) -> pl.LazyFrame:
    return pl.scan_parquet(
        paths, glob=False, hive_partitioning=False, include_file_paths=FILE, extra_columns="ignore"
    )


def _by_schema(tables: Sequence[pl.DataFrame]) -> list[Part]:
    groups: dict[tuple[str, ...], list[pl.DataFrame]] = {}
    for table in tables:
        groups.setdefault(tuple(map(str, table.dtypes)), []).append(table)
    return [Part(table=pl.concat(group)) for group in groups.values()]


def check_text(table: pl.DataFrame, room: Room) -> None:
    """Refuse text of Parquet beyond a room of its own: a footer does not tell of one value that stands for many.

    Lengths have 32 bits, and Polars would sum them in as many.
    """
    columns = {name: dtype for name, dtype in table.schema.items() if name != FILE}
    lengths = [pl.col(name).str.len_bytes() for name, dtype in columns.items() if dtype == pl.String]
    lengths += [pl.col(name).cat.len_bytes() for name, dtype in columns.items() if dtype in _CATEGORIES]
    if not lengths:
        return
    text = pl.sum_horizontal(length.cast(pl.UInt64) for length in lengths).alias("size")
    size = int(table.select(text.sum()).item())
    if size > room.left:
        sizes = table.group_by(FILE).agg(text.sum())
        raise room.too_small(shown(sizes.sort("size", FILE).row(-1)[0]), size)
