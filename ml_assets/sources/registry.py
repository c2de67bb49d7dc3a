"""Sources of one's own, by the scheme of their URI: a database, a service, whatever gives rows by data set and day.

    class Orders:
        def datasets(self): return ["orders"]
        def contract(self, dataset): return {"event_time": "ordered_at"}
        def days(self, dataset, *, first, last): return [...]
        def rows(self, dataset, *, day): return pl.DataFrame(...)

    sources.register("shopdb", lambda uri: Orders(uri))

Then `[sources] shop = "shopdb://..."` in the settings names one. What is registered in the module of a pipeline is known in
all of its processes; an installed package may name `shopdb = "its.module:function"` in the entry-point group
`ml_assets.sources` instead.
"""

import datetime as dt
import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ml_assets.core.contract import DatasetContract
from ml_assets.core.foreign_text import visible
from ml_assets.core.installed import points
from ml_assets.errors import RefusedError, SourceError

if TYPE_CHECKING:  # reading rows needs it, naming a source does not
    import polars as pl

ENTRY_POINTS = "ml_assets.sources"
TAKEN = frozenset(
    {
        *("sample", "file", "memory", "http", "https"),
        *("s3", "s3a", "gs", "gcs", "az", "adl", "azure", "abfs", "abfss"),
    }
)
"""The schemes of landing zones and of sample rows."""
_SCHEME = re.compile(r"^[a-z][a-z0-9]*([+.-][a-z0-9]+)*\Z")


class RowSource(Protocol):
    """What a source of one's own must say; the library does the rest: types, as_of, closed outcomes, fingerprints."""

    def datasets(self) -> Collection[str]:
        """The names of its data sets."""

    def contract(self, dataset: str) -> Mapping[str, Any] | DatasetContract:
        """What its columns are for, in the words of `dataset.toml`: at least `event_time`."""

    def days(self, dataset: str, *, first: dt.date, last: dt.date) -> Iterable[dt.date]:
        """The days from `first` to `last`, both included, that have rows; `first` may be the first day there is."""

    def rows(self, dataset: str, *, day: dt.date) -> "pl.DataFrame":
        """All rows of one day, with the columns of the contract, in any order."""


Open = Callable[[str], RowSource]
_REGISTERED: dict[str, Open] = {}


def register(scheme: str, open_uri: Open) -> None:
    """Let URIs with this scheme be opened by a function.

    Args:
        scheme: what stands before the `:`, such as `shopdb`.
        open_uri: makes a source of the whole URI; credentials it finds elsewhere, for no URI may hold any.

    Raises:
        RefusedError: the scheme is none, or that of a landing zone.
    """
    if not isinstance(scheme, str) or not _SCHEME.match(scheme) or scheme in TAKEN:
        raise RefusedError(
            [
                (
                    f"sources: {visible(str(scheme))} cannot be registered. Allowed: small letters and digits, and none of "
                    f"{', '.join(sorted(TAKEN))}."
                )
            ]
        )
    _REGISTERED[scheme] = open_uri


def opener_of(uri: str) -> Open | None:
    """What opens a URI, registered in this process or by an installed package; None for a landing zone.

    SourceError where the package that names it cannot be loaded.
    """
    scheme, colon, _ = uri.partition(":")
    if not colon or scheme in TAKEN:
        return None
    return _REGISTERED.get(scheme) or _installed(scheme)


@functools.cache
def _installed(scheme: str) -> Open | None:
    point = next((point for point in points(ENTRY_POINTS) if point.name == scheme), None)
    if point is None:
        return None
    try:
        found: Open = point.load()
    except (ImportError, AttributeError) as error:
        raise SourceError(
            f"{scheme}: what the entry point {ENTRY_POINTS} names for it cannot be loaded ({type(error).__name__}). Install its "
            "package again."
        ) from error
    return found
