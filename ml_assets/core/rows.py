"""The rows that an asset function asks for, up to the end of its day; every range that it asks for is fingerprinted."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ml_assets.core.contract import DatasetContract
from ml_assets.core.frames import Frames
from ml_assets.core.manifest import InputSource, SourceDay
from ml_assets.errors import SourceError
from ml_assets.text import count

if TYPE_CHECKING:  # loading it takes longer than all of the definitions
    import polars as pl

    from ml_assets.core.row_choice import Choice, Piece

_LAST_DAY = dt.date.max - dt.timedelta(days=1)


class Reader(Protocol):
    """Where the rows of one source come from."""

    @property
    def uri(self) -> str:
        """Where they physically are."""

    def contract(self, dataset: str) -> DatasetContract:
        """What each column is for. Raises SourceError where that is not stated."""

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
    ) -> "pl.LazyFrame":
        """Rows of the days from `first` to `last`, both included, as a contract says, by default the source's own.

        The columns are `day` (Date) and those of the contract. Whatever the files hold, ids are String and times are
        naive Datetime("us") in UTC. Coded, category features are String, number features Float64 (booleans are 0 and 1),
        and the label is what the contract's task says: Int8 (2 stands for anything but 0, 1 and null), String or Float64.

        Raises:
            SourceError: when rows cannot be used; it is raised here, not when the frame is collected.
        """


@runtime_checkable
class PieceReader(Protocol):
    """A reader that need not hold all rows of a range at once."""

    def pieces(
        self,
        dataset: str,
        *,
        first: dt.date,
        last: dt.date,
        contract: DatasetContract | None = None,
        coded: bool = True,
        zeros: Callable[[int], int],
    ) -> "Iterator[Piece]":
        """The rows that `scan` gives, as `core.row_choice.InPieces` has them."""


@dataclass(frozen=True, kw_only=True)
class _Range:
    """Rows of some days of a data set. Without `first` they are those of the newest day up to `last`."""

    source: str
    dataset: str
    first: dt.date | None
    last: dt.date
    coded: bool = False
    max_rows: int = 0


@dataclass(kw_only=True)
class _Answer:
    """What was known of a range at the end of as_of."""

    uri: str
    contract: DatasetContract
    rows: "pl.DataFrame"

    @cached_property
    def days(self) -> tuple[SourceDay, ...]:
        """Count and fingerprint of each day that has rows."""
        from ml_assets.core.fingerprints import source_days

        return source_days(self.rows)


@dataclass(kw_only=True)
class Rows:
    """Rows of any data set and source, up to the end of as_of. A range that is asked for twice is read once.

    Attributes:
        sources: the reader of a source by its name.
        as_of: the day after whose end nothing is known.
        window: how many days before as_of may be asked for, by data set; None where any may.
    """

    sources: Callable[[str], Reader]
    as_of: dt.date
    window: Mapping[str, int] | None = None
    _asked: dict[tuple[_Range, bool], None] = field(default_factory=dict)
    _answers: dict[tuple[_Range, bool], _Answer] = field(default_factory=dict)
    _frames: dict[_Range, "pl.DataFrame"] = field(default_factory=dict)
    _choices: "dict[tuple[_Range, bool], Choice]" = field(default_factory=dict)
    _contracts: dict[tuple[str, str], DatasetContract] = field(default_factory=dict)

    @staticmethod
    def of(
        *,
        as_of: dt.date = _LAST_DAY,
        contracts: Mapping[str, DatasetContract] | None = None,
        **frames: "pl.DataFrame",
    ) -> "Rows":
        """Rows that are here already, for tests: each frame has the column `day`, and serves any source."""
        known = {name: DatasetContract(event_time="day") for name in frames} | dict(contracts or {})
        reader = Frames(frames=frames, contracts=known)
        return Rows(sources=lambda _: reader, as_of=as_of)

    @property
    def asked(self) -> tuple[InputSource, ...]:
        """What was asked for: each range once, with a fingerprint for each of its days that has rows."""
        return tuple(self._input_source(wanted, closed=closed) for wanted, closed in self._asked)

    def scan(
        self,
        dataset: str,
        *,
        source: str,
        first: dt.date,
        last: dt.date,
        closed: bool = False,
        coded: bool = False,
        max_rows: int = 0,
    ) -> "pl.LazyFrame":
        """The rows of the days from `first` to `last`, both included, that were known at the end of as_of.

        The columns are `day` and those of `dataset.toml`. A label is null until it closes.

        Args:
            dataset: its name within the source.
            source: the logical name.
            first: the first day.
            last: the last day, not after as_of.
            closed: give only rows whose outcome is known and closed.
            coded: give features as numbers (floats) or text, and the label by its task: as 0, 1 or, for
                anything else, 2; as the name of a class; as a number.
            max_rows: give no more of them than this, 0 for all: those whose ids have the smallest hash (where none is
                known, their event time and all other columns), so the same ones each time, whatever their order and
                the files that they are in. Only they are fingerprinted, and never are all rows held at once.

        Raises:
            SourceError: rows cannot be used; it is raised here, not when the frame is collected.
        """
        wanted = _Range(
            source=source, dataset=dataset, first=first, last=last, coded=coded, max_rows=max_rows
        )
        self._check_window(dataset, first)
        return self._ask(wanted, closed=closed)

    def latest(self, dataset: str, *, source: str) -> "pl.LazyFrame":
        """The rows of the newest day that is not after as_of: of a table that is landed whole.

        Raises:
            SourceError: there is no such day, or its rows cannot be used.
        """
        return self._ask(
            _Range(source=source, dataset=dataset, first=None, last=self.as_of, coded=False), closed=False
        )

    def peek(
        self, dataset: str, *, source: str, first: dt.date, last: dt.date, coded: bool = False
    ) -> "pl.LazyFrame":
        """All rows of these days, those among them that nobody knew at the end of as_of: for facts and messages only.

        They are not fingerprinted, so nothing that is stored as a value may be made of them.
        """
        return self._frame(_Range(source=source, dataset=dataset, first=first, last=last, coded=coded)).lazy()

    def daily(
        self,
        dataset: str,
        *,
        source: str,
        first: dt.date,
        last: dt.date,
        closed: bool = False,
        coded: bool = False,
        max_rows: int = 0,
    ) -> "pl.DataFrame":
        """How many rows there are, by day, of all those that a `scan` with the same arguments is made of.

        The columns are `day`, `rows`, the rows `known` at the end of as_of (with their outcome, where they are to be
        closed), the rows `untimed` that have no event time, and `closing`, the longest time from the beginning of the day
        until an outcome is closed. For facts and messages only, as `peek` is: nothing of it is fingerprinted.

        Raises:
            SourceError: rows cannot be used.
        """
        from ml_assets.core.tally import by_day, tally

        wanted = _Range(
            source=source, dataset=dataset, first=first, last=last, coded=coded, max_rows=max_rows
        )
        if max_rows:
            return self._choice(wanted, closed=closed).days
        counted = tally(self._frame(wanted), self.contract(dataset, source=source))
        return by_day([counted], as_of=self.as_of, closed=closed)

    def contract(self, dataset: str, *, source: str) -> DatasetContract:
        """What `dataset.toml` says of the columns. Raises SourceError where it is missing or wrong."""
        if (source, dataset) not in self._contracts:
            self._contracts[source, dataset] = self.sources(source).contract(dataset)
        return self._contracts[source, dataset]

    def origin(self, dataset: str, *, source: str) -> str:
        """Where the rows are, for messages: `<uri>/<dataset>`."""
        return f"{self.sources(source).uri}/{dataset}"

    def _ask(self, wanted: _Range, *, closed: bool) -> "pl.LazyFrame":
        answer = self._answer(wanted, closed=closed)
        self._asked[wanted, closed] = None
        return answer.rows.lazy()

    def _input_source(self, wanted: _Range, *, closed: bool) -> InputSource:
        answer = self._answer(wanted, closed=closed)
        return InputSource(
            source=wanted.source,
            dataset=wanted.dataset,
            uri=answer.uri,
            days=answer.days,
            first=wanted.first,
            last=wanted.last,
            closed=closed,
            coded=wanted.coded,
            contract=answer.contract.model_dump(mode="json"),
            max_rows=wanted.max_rows,
        )

    def _answer(self, wanted: _Range, *, closed: bool) -> _Answer:
        if (wanted, closed) not in self._answers:
            contract = self.contract(wanted.dataset, source=wanted.source)
            origin = self._origin(wanted)
            if closed:
                _check_labeled(contract, origin=origin)
            rows = self._known(wanted, contract, closed=closed)
            self._answers[wanted, closed] = _Answer(uri=origin, contract=contract, rows=rows)
        return self._answers[wanted, closed]

    def _known(self, wanted: _Range, contract: DatasetContract, *, closed: bool) -> "pl.DataFrame":
        """The rows of the range that were known at the end of as_of, as they were known."""
        from ml_assets.core.point_in_time import kept, known_at_end_of, open_labels_hidden, seen_at_end_of

        if wanted.max_rows:
            rows = self._choice(wanted, closed=closed).rows
        else:
            frame = self._frame(wanted)
            _check_times(_untimed(frame, contract), contract, origin=self._origin(wanted))
            is_known = known_at_end_of if closed else seen_at_end_of
            rows = kept(frame, is_known(self.as_of, contract))
        return rows if closed else open_labels_hidden(rows, contract, as_of=self.as_of)

    def _choice(self, wanted: _Range, *, closed: bool) -> "Choice":
        """A sample of the rows of the range, and the counts of all."""
        from ml_assets.core.row_choice import choose

        if (wanted, closed) not in self._choices:
            self._check(wanted)
            contract = self.contract(wanted.dataset, source=wanted.source)
            choice = choose(
                lambda zeros: self._pieces(wanted, contract, zeros),
                contract,
                max_rows=wanted.max_rows,
                as_of=self.as_of,
                closed=closed,
            )
            _check_times(choice.days, contract, origin=self._origin(wanted))
            self._choices[wanted, closed] = choice
        return self._choices[wanted, closed]

    def _pieces(
        self, wanted: _Range, contract: DatasetContract, zeros: Callable[[int], int]
    ) -> "Iterator[Piece]":
        from ml_assets.core.row_choice import piece_of

        reader = self.sources(wanted.source)
        if not isinstance(reader, PieceReader) or wanted.first is None:
            frame = self._frame(replace(wanted, max_rows=0))
            return iter([piece_of(frame, contract, zeros=zeros(frame.height))])
        return reader.pieces(
            wanted.dataset,
            first=wanted.first,
            last=wanted.last,
            contract=contract,
            coded=wanted.coded,
            zeros=zeros,
        )

    def _origin(self, wanted: _Range) -> str:
        return self.origin(wanted.dataset, source=wanted.source)

    def _frame(self, wanted: _Range) -> "pl.DataFrame":
        """All rows of the range, whether they were known or not."""
        if wanted not in self._frames:
            self._check(wanted)
            contract = self.contract(wanted.dataset, source=wanted.source)
            scanned = self.sources(wanted.source).scan(
                wanted.dataset,
                first=wanted.first or self._newest(wanted),
                last=wanted.last if wanted.first else self._newest(wanted),
                contract=contract,
                coded=wanted.coded,
            )
            self._frames[wanted] = scanned.collect()
        return self._frames[wanted]

    def _newest(self, wanted: _Range) -> dt.date:
        newest = self.sources(wanted.source).newest(wanted.dataset, last=wanted.last)
        if newest is None:
            origin = self.origin(wanted.dataset, source=wanted.source)
            raise SourceError(
                f"{origin}: there are no rows up to {wanted.last}. Land them, or use a later as_of."
            )
        return newest

    def _check_window(self, dataset: str, first: dt.date) -> None:
        if self.window is None:
            return
        if dataset not in self.window:
            raise SourceError(
                f"{dataset}: its rows were asked for, and the window of the asset names only {', '.join(self.window)}. Name "
                "it there too, or leave the window out."
            )
        days = self.window[dataset]
        if first < (start := self.as_of - dt.timedelta(days=days)):
            raise SourceError(
                f"{dataset}: rows from {first} on were asked for, and the window of the asset begins {days} days before "
                f"as_of, on {start}. Widen the window, or ask for fewer days."
            )

    def _check(self, wanted: _Range) -> None:
        if wanted.last > self.as_of:
            raise SourceError(
                f"{wanted.dataset}: rows up to {wanted.last} were asked for, but nothing is known after as_of, "
                f"{self.as_of}. Ask for rows up to as_of."
            )
        if wanted.first and wanted.first > wanted.last:
            raise SourceError(
                f"{wanted.dataset}: rows from {wanted.first} to {wanted.last} were asked for. The first day must not be "
                f"after the last."
            )


def ask_again(sources: Iterable[InputSource], rows: Rows) -> tuple[InputSource, ...]:
    """What the ranges that were asked for are now; `rows` does not count them as asked.

    Raises:
        SourceError: rows cannot be used.
        ValueError: a range is not known, as in manifests of versions that did not tell it: see `InputSource.last`.
    """
    return tuple(
        rows._input_source(_range_of(source), closed=source.closed)  # noqa: SLF001  (this file's own)
        for source in sources
    )


def _range_of(source: InputSource) -> _Range:
    if source.last is None:
        raise ValueError(f"{source.source}/{source.dataset}: it is not known which days were asked for")
    return _Range(
        source=source.source,
        dataset=source.dataset,
        first=source.first,
        last=source.last,
        coded=source.coded,
        max_rows=source.max_rows,
    )


def _check_labeled(contract: DatasetContract, *, origin: str) -> None:
    if not contract.label:
        raise SourceError(
            f"{origin}: dataset.toml names no label, so no row has an outcome that is closed. Name label and "
            f"label_closes_at there, or ask for all rows."
        )


def _untimed(frame: "pl.DataFrame", contract: DatasetContract) -> "pl.DataFrame":
    """How many rows of each day have no event time, of the days that have such rows."""
    import polars as pl

    rows = frame.lazy().filter(pl.col(contract.event_time).is_null())
    return rows.group_by("day").agg(pl.len().alias("untimed")).collect()


def _check_times(days: "pl.DataFrame", contract: DatasetContract, *, origin: str) -> None:
    import polars as pl

    untimed = days.filter(pl.col("untimed") > 0)
    if untimed.height:
        raise SourceError(
            f"{origin}: column `{contract.event_time}` is empty in {count(int(untimed['untimed'].sum()), 'row')}, first on date={untimed['day'].min()!s}. "
            f"Give every row the time of its event."
        )
