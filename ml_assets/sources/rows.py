"""What a source of rows promises, and how a name and a URI become one."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from ml_assets.core.asset import Sample
from ml_assets.core.room import NO_CACHE, USUAL_GB, CachePlace
from ml_assets.core.rows import Reader
from ml_assets.core.s3_access import USUAL_S3, S3Access
from ml_assets.sources.registry import opener_of


class Source(Reader, Protocol):
    """Rows by dataset and day: what asset functions ask of, and which days there are."""

    @property
    def name(self) -> str:
        """The logical name, as in the parameter `source`."""

    def days(self, dataset: str, *, first: dt.date, last: dt.date) -> list[dt.date]:
        """List the days from `first` to `last`, both included, for which there are rows."""


def open_source(
    name: str,
    uri: str,
    *,
    access: S3Access = USUAL_S3,
    rows_gb: float = USUAL_GB,
    cache: CachePlace = NO_CACHE,
    samples: Mapping[str, Sample] = MappingProxyType({}),
) -> Source:
    """The source at `uri`: `sample:` is that of sample rows; of a scheme that was registered, what that opens; else a landing zone.

    Args:
        name: the logical name, as in the parameter `source`.
        uri: where the rows are.
        access: how S3 is reached, where they are there.
        rows_gb: gigabytes of memory that the rows of one window may take.
        cache: where what was read of days of a landing zone may be kept.
        samples: what makes sample rows, by data set.
    """
    if uri.startswith("sample:"):
        from ml_assets.sources.sample import SampleSource

        return SampleSource(name=name, uri=uri, samples=samples)
    if (open_uri := opener_of(uri)) is not None:
        from ml_assets.sources.own import OwnSource

        return OwnSource(name=name, uri=uri, open_uri=open_uri, rows_gb=rows_gb)
    from ml_assets.sources.landing import LandingSource

    return LandingSource(name=name, uri=uri, access=access, rows_gb=rows_gb, cache=cache)
