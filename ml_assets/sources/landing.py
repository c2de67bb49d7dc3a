"""Anyone's landing zone: `<uri>/<dataset>/date=YYYY-MM-DD/` with files of rows, beside `<uri>/<dataset>/dataset.toml`.

Which files those are says `day_files`.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.room import A_VALUE, NO_CACHE, USUAL_GB, CachePlace, Room
from ml_assets.core.row_choice import Piece
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.sources.column_names import FILE, check_coded, check_names
from ml_assets.sources.csv_text import header_of, line_of, read_csv
from ml_assets.sources.day_listing import LandedFile, shown
from ml_assets.sources.landing_zone import LandingZone, open_zone
from ml_assets.sources.normalise import decide, normalise
from ml_assets.sources.parquet_files import check_text, header_of_parquet, hint, read_parquet, survey
from ml_assets.sources.pieces import Reading, pieces_of
from ml_assets.sources.roles import Part
from ml_assets.sources.rows_cache import RowsCache


@dataclass(frozen=True, kw_only=True)
class LandingSource:
    """Rows of files that others write. Meets `Source`.

    Attributes:
        name: the logical name, as in the parameter `source`.
        uri: a local path, `file://...`, or an object store such as `s3://bucket/prefix`.
        access: how S3 is reached, where the rows are there.
        rows_gb: gigabytes of memory that the rows of one window may take.
        cache: where what was read of days may be kept.
    """

    name: str
    uri: str
    access: S3Access = USUAL_S3
    rows_gb: float = USUAL_GB
    cache: CachePlace = NO_CACHE

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
        zone, files, contract = self._range(dataset, first, last, contract, coded=coded)
        parts = self.read(zone, files, contract.columns)
        return normalise(parts, decide(parts, contract, coded=coded))

    def pieces(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,
        coded: bool = True,
        zeros: Callable[[int], int],
    ) -> Iterator[Piece]:
        """The rows that `scan` gives, day by day and never all of them; see `core.row_choice`."""
        zone, files, contract = self._range(dataset, first, last, contract, coded=coded)
        columns, csv = contract.columns, [file for file in files if file.format == "csv"]
        texts = self.read(zone, csv, columns)
        parquet = [file for file in files if file.format == "parquet"]
        surveys = survey(zone, parquet, columns, alone=not texts)
        total = sum(part.table.height for part in texts) + sum(part.rows for part in surveys)
        reading = Reading(
            read=lambda day: self.read(zone, day, columns),
            contract=contract,
            decision=decide([*surveys, *texts], contract, coded=coded),
            zeros=zeros(total),
            remote=zone.remote,
            cache=RowsCache.at(self.cache),
        )
        del texts
        self._check_room(total * 2.0**-reading.zeros, columns, zone.locate(dataset))
        yield from pieces_of(files, reading)

    def _check_room(self, rows: float, columns: Sequence[str], location: str) -> None:
        Room(gigabytes=self.rows_gb).take(int(rows) * A_VALUE * (1 + len(columns)), location=location)

    def _range(
        self,
        dataset: str,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None,
        *,
        coded: bool,
    ) -> tuple[LandingZone, list[LandedFile], DatasetContract]:
        """The files of some days, and what their columns are for."""
        zone = self._zone()
        contract = contract or zone.contract(dataset)
        if coded:
            check_coded(contract, where=zone.locate(f"{dataset}/dataset.toml"))
        files = zone.files(dataset, first=first, last=last)
        if files and not contract.features:
            contract = self._with_all_columns(zone, files[-1], contract)
        return zone, files, contract

    def _with_all_columns(
        self, zone: LandingZone, file: LandedFile, contract: DatasetContract
    ) -> DatasetContract:
        room = Room(gigabytes=self.rows_gb)
        if file.format == "csv":
            existing = header_of(zone.rows(file), location=shown(file.location), room=room)
        else:
            existing = header_of_parquet(zone, file)
        others = [name for name in dict.fromkeys(existing) if name not in contract.columns]
        named = contract.model_copy(update={"features": tuple(others)})
        check_names(named, where=shown(file.location), remedy=" or name the features in dataset.toml")
        return named

    def _zone(self) -> LandingZone:
        return open_zone(self.uri, access=self.access)

    def read(self, zone: LandingZone, files: Sequence[LandedFile], columns: Sequence[str]) -> list[Part]:
        """All rows of some files. Raises SourceError where one cannot be read, or there is no room for them."""
        room = Room(gigabytes=self.rows_gb)
        whole = [file for file in files if zone.remote or file.format == "csv"]
        if too_large := next((file for file in whole if file.size > room.left), None):
            raise room.too_small(shown(too_large.location), too_large.size)
        parquet = [file for file in files if file.format == "parquet"]
        texts = [_read_csv(zone, file, columns, room) for file in files if file.format == "csv"]
        parts = read_parquet(zone, parquet, columns, room)
        for part in parts:
            check_text(part.table, Room(gigabytes=self.rows_gb))
        if texts:
            landed = {file.location: file for file in files}
            parts.append(Part(table=pl.concat(texts), line_of=self._lines(zone, landed)))
        return [part for part in parts if part.table.height]

    def _lines(self, zone: LandingZone, landed: Mapping[str, LandedFile]) -> Callable[[str, int], int]:
        """Finds the line of a row in a file of CSV by reading the file again, which only a refusal does."""
        return lambda location, row: line_of(
            zone.rows(landed[location]), row, room=Room(gigabytes=self.rows_gb)
        )


def _read_csv(zone: LandingZone, file: LandedFile, columns: Sequence[str], room: Room) -> pl.DataFrame:
    table = read_csv(
        zone.rows(file), location=shown(file.location), columns=columns, hint=hint(file), room=room
    )
    source = pl.Series(FILE, [file.location]).new_from_index(0, table.height)
    return table.insert_column(0, source)
