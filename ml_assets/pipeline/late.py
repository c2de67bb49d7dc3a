"""Late rows: has a day changed in what was known of it when an asset was made of it?"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import InputSource, Manifest, SourceDay
from ml_assets.core.rows import Reader, Rows, ask_again
from ml_assets.pipeline.workspace import Workspace
from ml_assets.text import change, count

if TYPE_CHECKING:  # loading it takes longer than all of the definitions
    import polars as pl

KINDS = "schema"  # the fact in which an asset tells of which kinds its features were


@dataclass(frozen=True, kw_only=True)
class Change:
    """How much the rows that an asset was made of have changed since.

    Attributes:
        days: the days whose known rows are others now.
        rows: how many rows more (or fewer) there are on these days.
    """

    days: tuple[dt.date, ...] = ()
    rows: int = 0

    def __str__(self) -> str:
        return f"rows changed on {count(len(self.days), 'day')} ({', '.join(map(str, self.days[:3]))}; {change(self.rows, 'row')})"


@dataclass(kw_only=True)
class LateRows:
    """The rows of single days of one source and dataset, each read once."""

    workspace: Workspace
    source: str
    dataset: str
    _readers: dict[str, "_Kept"] = field(default_factory=dict)

    def change(self, stored: Iterable[Manifest], days: Iterable[dt.date]) -> Change:
        """What has changed on `days` since these artifacts of one as_of were made; SourceError where rows cannot be read."""
        changed: dict[dt.date, int] = {}
        for manifest in stored:
            for asked in manifest.sources:
                if (asked.source, asked.dataset) == (self.source, self.dataset):
                    changed = dict(self._changed(asked, manifest, days)) | changed
        return Change(days=tuple(sorted(changed)), rows=sum(changed.values()))

    def _changed(
        self, asked: InputSource, manifest: Manifest, days: Iterable[dt.date]
    ) -> Iterator[tuple[dt.date, int]]:
        """The days of a range that are others now, each with how many rows more it has."""
        before = {day.date: day for day in asked.days}
        reader = self._reader(manifest)
        for day in days:
            if asked.first and not asked.first <= day <= (asked.last or day):
                continue
            was, now = before.get(day), reader.known(day, asked, as_of=manifest.as_of)
            if (was.fingerprint if was else None) != (now.fingerprint if now else None):
                yield day, (now.rows if now else 0) - (was.rows if was else 0)

    def _reader(self, manifest: Manifest) -> "_Kept":
        """What `dataset.toml` says now, each feature of the kind that it had in the artifact.

        The values of a single day may look like another kind than those of a window.
        """
        source = self.workspace.source(self.source)
        contract = source.contract(self.dataset)
        told = manifest.facts.get(KINDS, {})
        kinds = {name: kind for name, kind in told.items() if name in contract.features}
        contract = contract.model_copy(update={"types": {**kinds, **contract.types}})
        return self._readers.setdefault(contract.model_dump_json(), _Kept(source=source, typed=contract))


@dataclass(kw_only=True)
class _Kept:
    """A reader with one contract, that reads each day once."""

    source: Reader
    typed: DatasetContract
    _frames: dict[tuple[dt.date, bool], "pl.DataFrame"] = field(default_factory=dict)
    _samples: dict[tuple[str, dt.date], Mapping[dt.date, SourceDay]] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return self.source.uri

    def contract(self, dataset: str) -> DatasetContract:  # noqa: ARG002  (a Reader's)
        return self.typed

    def newest(self, dataset: str, *, last: dt.date) -> dt.date | None:
        return self.source.newest(dataset, last=last)

    def scan(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,
        coded: bool = True,
    ) -> "pl.LazyFrame":
        """Rows of one day, read once: `first` and `last` are the same here."""
        if (first, coded) not in self._frames:
            scanned = self.source.scan(dataset, first=first, last=last, contract=contract, coded=coded)
            self._frames[first, coded] = scanned.collect()
        return self._frames[first, coded].lazy()

    def known(self, day: dt.date, asked: InputSource, *, as_of: dt.date) -> SourceDay | None:
        """What is known of the day's rows at the end of as_of, now that they are as they are.

        Versions that did not tell what was asked for asked for rows that were closed, and coded.
        """
        if asked.max_rows:  # which rows of a day are in a sample, all days of the range decide
            return self._sampled(asked, as_of=as_of).get(day)
        told = asked.last is not None
        one = {
            "first": day,
            "last": day,
            "closed": asked.closed or not told,
            "coded": asked.coded or not told,
        }
        rows = Rows(sources=lambda _: self, as_of=as_of)
        (now,) = ask_again([asked.model_copy(update=one)], rows)
        return next(iter(now.days), None)

    def _sampled(self, asked: InputSource, *, as_of: dt.date) -> Mapping[dt.date, SourceDay]:
        key = (asked.model_dump_json(), as_of)
        if key not in self._samples:
            (now,) = ask_again([asked], Rows(sources=lambda _: self.source, as_of=as_of))
            self._samples[key] = {day.date: day for day in now.days}
        return self._samples[key]
