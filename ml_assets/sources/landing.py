"""Anyone's landing zone: `<uri>/<dataset>/date=YYYY-MM-DD/*.parquet|csv` beside `<uri>/<dataset>/dataset.toml`."""

import csv
import datetime as dt
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl
from polars.exceptions import PanicException, PolarsError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.errors import SourceError
from ml_assets.sources.column_names import FILE
from ml_assets.sources.landing_zone import LandedFile, LandingZone, nearest, open_zone
from ml_assets.sources.normalise import Part, normalise

_UNREADABLE = (PolarsError, OSError, PanicException)
_FETCHED_AT_ONCE = 8  # files; each is in memory, whole, until its columns are read


@dataclass(frozen=True, kw_only=True)
class LandingSource:
    """Rows of files that others write. Meets `Source`.

    Attributes:
        name: the logical name, as in the parameter `source`.
        uri: a local path, `file://...`, or an object store such as `s3://bucket/prefix`.
        access: how S3 is reached, where the rows are there.
    """

    name: str
    uri: str
    access: S3Access = USUAL_S3

    def contract(self, dataset: str) -> DatasetContract:
        """What `dataset.toml` states. Raises SourceError where it is missing or wrong."""
        return self._zone().contract(dataset)

    def days(self, dataset: str, *, first: dt.date, last: dt.date) -> list[dt.date]:
        """Days from `first` to `last`, both included, that have a file."""
        zone = self._zone()
        zone.contract(dataset)
        return sorted({file.day for file in zone.files(dataset, first=first, last=last)})

    def scan(
        self, dataset: str, *, first: dt.date, last: dt.date, contract: DatasetContract | None = None
    ) -> pl.LazyFrame:
        """Rows of the days from `first` to `last`, both included; see `Source.scan`.

        The contract's columns are read here and no others, so that every bad file is reported from here.
        """
        zone = self._zone()
        contract = contract or zone.contract(dataset)
        files = zone.files(dataset, first=first, last=last)
        return normalise(self._read(zone, files, contract.columns), contract)

    def _zone(self) -> LandingZone:
        return open_zone(self.uri, access=self.access)

    def _read(self, zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str]) -> list[Part]:
        parquet = [file for file in files if file.format == "parquet"]
        texts = [_read_csv(zone, file, columns) for file in files if file.format == "csv"]
        parts = _read_parquet(zone, parquet, columns)
        parts += [Part(table=pl.concat(texts), csv=True)] if texts else []
        return [part for part in parts if part.table.height]


def _read_parquet(zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str]) -> list[Part]:
    """Read files on a disk all at once where their schemas agree; otherwise one by one, which also finds the bad one."""
    if not files:
        return []
    if zone.remote:
        return _by_schema(_fetch(zone, files, columns))
    try:
        table = _scan([file.location for file in files]).select(FILE, *columns).collect()
    except _UNREADABLE:
        return _by_schema([_read_one(zone, file, columns) for file in files])
    return [Part(table=table, csv=False)]


def _fetch(zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str]) -> list[pl.DataFrame]:
    """Read files of an object store by its client, whole.

    Not by polars: once it has opened a bucket, a thread of its own reads a variable of the environment ten times
    a second for as long as the process lives, and a variable that is set meanwhile can end the process.
    """
    with ThreadPoolExecutor(_FETCHED_AT_ONCE) as pool:
        return list(pool.map(lambda file: _read_bytes(file, columns, zone.rows(file.key)), files))


def _read_one(zone: LandingZone, file: LandedFile, columns: Sequence[str]) -> pl.DataFrame:
    try:
        return _choose(file, columns, _scan([file.location]))
    except _UNREADABLE:
        return _read_bytes(file, columns, zone.rows(file.key))


def _read_bytes(file: LandedFile, columns: Sequence[str], data: bytes) -> pl.DataFrame:
    """Read a file whose bytes are all here, so that only the file can be wrong."""
    try:
        return _choose(file, columns, pl.scan_parquet(data).with_columns(pl.lit(file.location).alias(FILE)))
    except _UNREADABLE:
        raise SourceError(
            f"{file.location}: cannot be read as Parquet; it may be cut short, damaged or another format. "
            f"Write the file again, or remove it."
        ) from None


def _choose(file: LandedFile, columns: Sequence[str], lazy: pl.LazyFrame) -> pl.DataFrame:
    _check_columns(file, columns, [name for name in lazy.collect_schema().names() if name != FILE])
    return lazy.select(FILE, *columns).collect()


def _scan(paths: list[str]) -> pl.LazyFrame:
    return pl.scan_parquet(
        paths, glob=False, hive_partitioning=False, include_file_paths=FILE, extra_columns="ignore"
    )


def _by_schema(tables: Sequence[pl.DataFrame]) -> list[Part]:
    groups: dict[tuple[str, ...], list[pl.DataFrame]] = {}
    for table in tables:
        groups.setdefault(tuple(map(str, table.dtypes)), []).append(table)
    return [Part(table=pl.concat(group), csv=False) for group in groups.values()]


def _read_csv(zone: LandingZone, file: LandedFile, columns: Sequence[str]) -> pl.DataFrame:
    """Read one CSV file as text: types are decided over all files together, not by the first lines of each."""
    data = zone.rows(file.key).removeprefix(b"\xef\xbb\xbf")
    _check_header(file, columns, _first_line(file, data))
    try:
        # all columns: polars overlooks a line with too many values, hence shifted ones, where it reads only some
        table = pl.read_csv(data, infer_schema=False)
    except _UNREADABLE:
        raise SourceError(
            f"{file.location}: cannot be read as CSV. Some line has more values than the header, or a quote is not "
            f"closed. Write the file again with commas between values and double quotes around text."
        ) from None
    _check_lines(file, data, table)
    source = pl.Series(FILE, [file.location]).new_from_index(0, table.height)
    return pl.DataFrame([source, *(table[column] for column in columns)])


def _check_lines(file: LandedFile, data: bytes, table: pl.DataFrame) -> None:
    """Refuse a line with too few values, which Polars fills up with nothing: a file that was cut ends in one."""
    if not table.width or not table.to_series(table.width - 1).null_count():
        return
    for number, line in enumerate(csv.reader(io.StringIO(data.decode("utf-8"), newline=""))):
        if line and len(line) < table.width:
            raise SourceError(
                f"{file.location}: row {number} has {len(line)} values, the header {table.width}. Write the whole file again."
            )


def _first_line(file: LandedFile, data: bytes) -> str:
    try:
        line = data.decode("utf-8").split("\n", 1)[0].rstrip("\r")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{file.location}: line {number} is not UTF-8. Write the file again as UTF-8."
        ) from None
    if not line.strip():
        raise SourceError(f"{file.location}: has no header line. Write one, or remove the file.")
    return line


def _check_header(file: LandedFile, columns: Sequence[str], line: str) -> None:
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if set(columns) & {cell.strip(' "') for cell in line.split(separator)[1:]}:
            raise SourceError(
                f"{file.location}: its values are separated by {name}. Write the file again with commas."
            )
    try:
        existing = next(csv.reader([line]))
    except csv.Error:
        raise SourceError(
            f"{file.location}: its header line cannot be read. Write the file again with commas between names and a "
            f"newline at the end of each line."
        ) from None
    _check_columns(file, columns, existing)
    if twice := next((name for name in columns if existing.count(name) > 1), None):
        raise SourceError(
            f"{file.location}: column `{twice}` is there twice. Write the file again with names that differ."
        )


def _check_columns(file: LandedFile, columns: Sequence[str], existing: Sequence[str]) -> None:
    missing = [column for column in columns if column not in existing]
    if missing:
        raise SourceError(
            f"{file.location}: column `{missing[0]}` is missing.{nearest(missing[0], existing)} Write the file again "
            f"with it, or name the right column in dataset.toml."
        )
