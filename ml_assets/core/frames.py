"""Rows that are here already, for tests: a reader of frames."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml_assets.core.contract import DatasetContract
from ml_assets.errors import SourceError

if TYPE_CHECKING:  # loading it takes longer than all of the definitions
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class Frames:
    """A reader of frames that are here already; each serves any source.

    Attributes:
        frames: the rows by data set, with the column `day`.
        contracts: what their columns are for, by data set.
        uri: where they are said to be.
    """

    frames: Mapping[str, "pl.DataFrame"]
    contracts: Mapping[str, DatasetContract]
    uri: str = "memory:"

    def contract(self, dataset: str) -> DatasetContract:
        """What each column is for. Raises SourceError for a data set that is not here."""
        if dataset not in self.frames:
            raise SourceError(
                f"{self.uri}{dataset}: no such rows. There are: {', '.join(self.frames) or 'none'}."
            )
        return self.contracts[dataset]

    def newest(self, dataset: str, *, last: dt.date) -> dt.date | None:
        """The newest day that is not after `last`."""
        import polars as pl

        newest: dt.date | None = self.frames[dataset].filter(pl.col("day") <= last)["day"].max()  # type: ignore[assignment]
        return newest

    def scan(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,  # noqa: ARG002  (a frame has the columns that it has)
        coded: bool = True,  # noqa: ARG002
    ) -> "pl.LazyFrame":
        """The rows of the days from `first` to `last`, both included, as they are."""
        import polars as pl

        return self.frames[dataset].lazy().filter(pl.col("day").is_between(first, last))
