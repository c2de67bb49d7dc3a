"""What a source of rows promises, and how a name and a URI become one."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import polars as pl

from ml_assets.core.asset import Sample
from ml_assets.core.contract import DatasetContract
from ml_assets.core.room import USUAL_GB
from ml_assets.core.s3_access import USUAL_S3, S3Access


class Source(Protocol):
    """Rows by dataset and day."""

    @property
    def name(self) -> str:
        """The logical name, as in the parameter `source`."""

    @property
    def uri(self) -> str:
        """Where the rows physically are."""

    def contract(self, dataset: str) -> DatasetContract:
        """Say what each column of `dataset` is for. Raises SourceError where that is not stated."""

    def days(self, dataset: str, *, first: dt.date, last: dt.date) -> list[dt.date]:
        """List the days from `first` to `last`, both included, for which there are rows."""

    def newest(self, dataset: str, *, last: dt.date) -> dt.date | None:
        """The newest day that is not after `last` and has rows, or files that cannot be read as rows."""

    def scan(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,
        coded: bool = True,
    ) -> pl.LazyFrame:
        """Rows of the days from `first` to `last`, both included, as a contract says, by default the source's own.

        The columns are `day` (Date) and those of the contract. Whatever the files hold, ids are String and times are
        naive Datetime("us") in UTC. Coded, category features are String, number features Float64 (booleans are 0 and 1),
        and the label is Int8 (2 stands for anything but 0, 1 and null).

        Raises:
            SourceError: when rows cannot be used; it is raised here, not when the frame is collected.
        """


def open_source(
    name: str,
    uri: str,
    *,
    access: S3Access = USUAL_S3,
    rows_gb: float = USUAL_GB,
    samples: Mapping[str, Sample] = MappingProxyType({}),
) -> Source:
    """The source at `uri`: `sample:` is that of sample rows, anything else is a landing zone, in S3 or elsewhere.

    Args:
        name: the logical name, as in the parameter `source`.
        uri: where the rows are.
        access: how S3 is reached, where they are there.
        rows_gb: gigabytes of memory that the rows of one window of a landing zone may take.
        samples: what makes sample rows, by data set.
    """
    if uri.startswith("sample:"):
        from ml_assets.sources.sample import SampleSource

        return SampleSource(name=name, uri=uri, samples=samples)
    from ml_assets.sources.landing import LandingSource

    return LandingSource(name=name, uri=uri, access=access, rows_gb=rows_gb)
