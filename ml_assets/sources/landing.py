"""Anyone's landing zone: `<uri>/<dataset>/date=YYYY-MM-DD/` with files of rows, beside `<uri>/<dataset>/dataset.toml`.

Which files those are says `day_files`.
"""

import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.room import USUAL_GB, Room
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import FILE, check_coded, check_columns, check_names
from ml_assets.sources.csv_text import header_of, line_of, read_csv
from ml_assets.sources.day_listing import LandedFile, shown
from ml_assets.sources.landing_zone import LandingZone, open_zone
from ml_assets.sources.normalise import normalise
from ml_assets.sources.parquet_footer import Readable, decoded_size
from ml_assets.sources.roles import Part

_UNREADABLE = (PolarsError, OSError, PanicException)
_CATEGORIES = (pl.Categorical, pl.Enum)  # one text each, which every row that has it gets a copy of
_FETCHED_AT_ONCE = 8  # files; each is in memory, whole, until its columns are read


@dataclass(frozen=True, kw_only=True)
class LandingSource:
    """Rows of files that others write. Meets `Source`.

    Attributes:
        name: the logical name, as in the parameter `source`.
        uri: a local path, `file://...`, or an object store such as `s3://bucket/prefix`.
        access: how S3 is reached, where the rows are there.
        rows_gb: gigabytes of memory that the rows of one window may take.
    """

    name: str
    uri: str
    access: S3Access = USUAL_S3
    rows_gb: float = USUAL_GB

    def contract(self, dataset: str) -> DatasetContract:
        """What `dataset.toml` states. Raises SourceError where it is missing or wrong."""
        return self._zone().contract(dataset)

    def days(self, dataset: str, *, first: dt.date, last: dt.date) -> list[dt.date]:
        """Days from `first` to `last`, both included, that have a file."""
        zone = self._zone()
        zone.contract(dataset)
        return sorted({file.day for file in zone.files(dataset, first=first, last=last)})

    def newest(self, dataset: str, *, last: dt.date) -> dt.date | None:
        """The newest day up to `last` that has a file, also one that cannot be read."""
        zone = self._zone()
        landed = zone.landed(dataset)
        zone.check(dataset, landed)
        days = [file.day for file in landed.files] + [file.day for file in landed.odd if file.day]
        return max((day for day in days if day <= last), default=None)

    def scan(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,
        coded: bool = True,
    ) -> pl.LazyFrame:
        """Rows of the days from `first` to `last`, both included; see `Source.scan`.

        The contract's columns are read here and no others, so that every bad file is reported from here. Where it names
        no features, they are all other columns of the newest file.
        """
        zone = self._zone()
        contract = contract or zone.contract(dataset)
        if coded:
            check_coded(contract, where=zone.locate(f"{dataset}/dataset.toml"))
        files = zone.files(dataset, first=first, last=last)
        if files and not contract.features:
            contract = self._with_all_columns(zone, files[-1], contract)
        return normalise(self._read(zone, files, contract.columns), contract, coded=coded)

    def _with_all_columns(
        self, zone: LandingZone, file: LandedFile, contract: DatasetContract
    ) -> DatasetContract:
        room = Room(gigabytes=self.rows_gb)
        if file.format == "csv":
            existing = header_of(zone.rows(file), location=shown(file.location), room=room)
        else:
            existing = _parquet_header(zone, file)
        others = [name for name in dict.fromkeys(existing) if name not in contract.columns]
        named = contract.model_copy(update={"features": tuple(others)})
        check_names(named, where=shown(file.location), remedy=" or name the features in dataset.toml")
        return named

    def _zone(self) -> LandingZone:
        return open_zone(self.uri, access=self.access)

    def _read(self, zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str]) -> list[Part]:
        room = Room(gigabytes=self.rows_gb)
        whole = [file for file in files if zone.remote or file.format == "csv"]
        if too_large := next((file for file in whole if file.size > room.left), None):
            raise room.too_small(shown(too_large.location), too_large.size)
        parquet = [file for file in files if file.format == "parquet"]
        texts = [_read_csv(zone, file, columns, room) for file in files if file.format == "csv"]
        parts = _read_parquet(zone, parquet, columns, room)
        for part in parts:
            _check_text(part.table, Room(gigabytes=self.rows_gb))
        if texts:
            landed = {file.location: file for file in files}
            parts.append(Part(table=pl.concat(texts), line_of=self._lines(zone, landed)))
        return [part for part in parts if part.table.height]

    def _lines(self, zone: LandingZone, landed: Mapping[str, LandedFile]) -> Callable[[str, int], int]:
        """Finds the line of a row in a file of CSV by reading the file again, which only a refusal does."""
        return lambda location, row: line_of(
            zone.rows(landed[location]), row, room=Room(gigabytes=self.rows_gb)
        )


def _read_parquet(
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
    check_columns(columns, existing, location=shown(file.location), hint=_hint(file))
    return lazy.select(FILE, *columns).collect()


def _parquet_header(zone: LandingZone, file: LandedFile) -> list[str]:
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


def _hint(file: LandedFile) -> Mapping[str, str]:
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


def _read_csv(zone: LandingZone, file: LandedFile, columns: Sequence[str], room: Room) -> pl.DataFrame:
    table = read_csv(
        zone.rows(file), location=shown(file.location), columns=columns, hint=_hint(file), room=room
    )
    source = pl.Series(FILE, [file.location]).new_from_index(0, table.height)
    return table.insert_column(0, source)


def _check_text(table: pl.DataFrame, room: Room) -> None:
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
