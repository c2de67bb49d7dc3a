"""The rows that an asset function asks for: every range that it asks for is fingerprinted."""

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


class Rows:
    """Rows of any dataset and source, up to the end of as_of."""

    def scan(
        self, dataset: str, *, source: str, first: dt.date, last: dt.date, closed: bool = False
    ) -> "pl.LazyFrame":
        """The rows of the days from `first` to `last`, both included."""
        raise NotImplementedError
