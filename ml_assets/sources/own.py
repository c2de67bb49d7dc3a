"""A registered source, as asset functions ask it: its rows have the types, and keep the rules, of all others."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import polars as pl
from pydantic import ValidationError

from ml_assets.core.contract import DatasetContract
from ml_assets.core.room import USUAL_GB, Room
from ml_assets.core.secrets import told
from ml_assets.errors import MlAssetsError, SourceError
from ml_assets.sources.column_names import FILE, check_coded, check_columns, check_names
from ml_assets.sources.normalise import decide, normalise
from ml_assets.sources.registry import Open, RowSource
from ml_assets.sources.roles import Part

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class OwnSource:
    """Rows of whatever somebody registered. Meets `Source`.

    Attributes:
        name: the logical name, as in the parameter `source`.
        uri: what it was opened by.
        open_uri: what opens it.
        rows_gb: gigabytes of memory that the rows of one window may take.
    """

    name: str
    uri: str
    open_uri: Open
    rows_gb: float = USUAL_GB

    def contract(self, dataset: str) -> DatasetContract:
        """What the columns are for. Raises SourceError for an unknown data set, and where the contract is none."""
        known = self._ask(self.uri, lambda: [*self._source.datasets()])
        if dataset not in known:
            raise SourceError(
                f"{self.uri} has no dataset `{dataset}`. There are: {', '.join(known) or 'none'}."
            )
        where = self._where(dataset)
        given = self._ask(where, lambda: self._source.contract(dataset))
        try:
            contract = given if isinstance(given, DatasetContract) else DatasetContract.model_validate(given)
        except ValidationError as error:
            details = error.errors(include_input=False, include_url=False)
            lines = [": ".join((*map(str, item["loc"]), f"{item['msg']}.")) for item in details]
            raise SourceError(f"{where}: its contract: {' '.join(lines)}") from None
        check_names(contract, where=where)
        return contract

    def days(self, dataset: str, *, first: dt.date, last: dt.date) -> list[dt.date]:
        """The days from `first` to `last`, both included, for which there are rows."""
        where = self._where(dataset)
        found = self._ask(where, lambda: [*self._source.days(dataset, first=first, last=last)])
        if odd := [day for day in found if type(day) is not dt.date]:
            raise SourceError(f"{where}: a day is {type(odd[0]).__name__}. Give days as datetime.date.")
        return sorted({day for day in found if first <= day <= last})

    def newest(self, dataset: str, *, last: dt.date) -> dt.date | None:
        """The newest day up to `last` that has rows."""
        return max(self.days(dataset, first=dt.date.min, last=last), default=None)

    def scan(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,
        coded: bool = True,
    ) -> pl.LazyFrame:
        """Rows of the days from `first` to `last`, both included; see `Source.scan`. Those of a day are sorted.

        Where the contract names no features, they are all other columns of the newest day.
        """
        contract, where = contract or self.contract(dataset), self._where(dataset)
        if coded:
            check_coded(contract, where=where)
        room = Room(gigabytes=self.rows_gb)
        tables = {day: self._rows(dataset, day, room) for day in self.days(dataset, first=first, last=last)}
        if tables and not contract.features:
            others = [name for name in tables[max(tables)].columns if name not in {"day", *contract.columns}]
            contract = contract.model_copy(update={"features": tuple(others)})
            check_names(contract, where=where)
        parts = [self._part(dataset, day, table, contract) for day, table in tables.items() if table.height]
        return normalise(parts, decide(parts, contract, coded=coded))

    def _rows(self, dataset: str, day: dt.date, room: Room) -> pl.DataFrame:
        where = self._where(dataset, day)
        table = self._ask(where, lambda: self._source.rows(dataset, day=day))
        if type(table) is not pl.DataFrame:
            raise SourceError(
                f"{where}: gave {type(table).__name__}. Give the rows of a day as a polars.DataFrame."
            )
        room.take(int(table.estimated_size()), location=where)
        return table

    def _part(self, dataset: str, day: dt.date, table: pl.DataFrame, contract: DatasetContract) -> Part:
        """The rows of one day in an order of their own, for a database promises none."""
        where, columns = self._where(dataset, day), list(contract.columns)
        check_columns(columns, table.columns, location=where, hint={})
        chosen = table.select(columns)
        place = pl.lit(f"{where}/rows").alias(FILE)
        return Part(table=chosen.sort(pl.all(), nulls_last=True).select(place, *columns))

    @cached_property
    def _source(self) -> RowSource:
        return self._ask(self.uri, lambda: self.open_uri(self.uri))

    def _where(self, dataset: str, day: dt.date | None = None) -> str:
        return f"{self.uri.rstrip('/')}/{dataset}" + (f"/date={day}" if day else "")

    def _ask(self, where: str, ask: Callable[[], Value]) -> Value:
        """What it answers; a foreign error becomes one of ours, without its text where that looks secret."""
        try:
            return ask()
        except MlAssetsError:
            raise
        except Exception as error:
            raise SourceError(
                f"{where}: cannot be read ({told(error)}). Check the source of its scheme, and whether it can be reached."
            ) from error
