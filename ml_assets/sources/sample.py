"""The source of sample rows: they are made by functions, so that a fresh clone needs no data."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ml_assets.core.asset import Sample
from ml_assets.core.contract import DatasetContract
from ml_assets.errors import SourceError


@dataclass(frozen=True, kw_only=True)
class SampleSource:
    """Rows that are made on the fly. Meets `Source`.

    Attributes:
        name: the logical name, as in the parameter `source`.
        uri: where they are said to be.
        samples: what makes the rows, by data set.
    """

    name: str = "sample"
    uri: str = "sample:"
    samples: Mapping[str, Sample]

    def contract(self, dataset: str) -> DatasetContract:
        """What each column is for. Raises SourceError for a data set that is not among the samples."""
        return self._sample(dataset).contract

    def days(self, dataset: str, *, first: dt.date, last: dt.date) -> list[dt.date]:
        """Every day from `first` to `last`, both included: all have rows."""
        self._sample(dataset)
        return days_between(first, last)

    def newest(self, dataset: str, *, last: dt.date) -> dt.date | None:
        """The last day: all days have rows."""
        self._sample(dataset)
        return last

    def scan(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,
        coded: bool = True,  # noqa: ARG002  (they are as they are made)
    ) -> pl.LazyFrame:
        """Rows of the days from `first` to `last`, both included; see `Source.scan`."""
        sample = self._sample(dataset)
        contract = contract or sample.contract
        table = sample.function(first, last)
        wanted = dict.fromkeys(("day", *contract.columns, *(() if contract.features else table.columns)))
        if missing := [name for name in wanted if name not in table.columns]:
            raise SourceError(
                f"{self.uri}{dataset}: column `{missing[0]}` is missing. Name a source that has it, or another model."
            )
        if table.schema["day"] != pl.Date:
            raise SourceError(
                f"{self.uri}{dataset}: column `day` holds {table.schema['day']}. It must hold the day of each row, as Date."
            )
        return table.filter(pl.col("day").is_between(first, last)).select(*wanted).lazy()

    def _sample(self, dataset: str) -> Sample:
        if dataset not in self.samples:
            known = ", ".join(self.samples) or "none"
            raise SourceError(f"{self.uri} has no dataset `{dataset}`. There are: {known}.")
        return self.samples[dataset]


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Every day from `first` to `last`, both included."""
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
