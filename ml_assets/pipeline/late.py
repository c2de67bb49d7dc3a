"""Late rows: has a day changed in what was known of it when a model was trained?"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ml_assets.core.contract import DatasetContract
from ml_assets.core.manifest import Manifest, SourceDay
from ml_assets.pipeline.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Change:
    """How much the rows of a training set have changed since it was made.

    Attributes:
        days: the days whose known rows are others now.
        rows: how many rows more (or fewer) there are on these days.
    """

    days: tuple[dt.date, ...] = ()
    rows: int = 0

    def __str__(self) -> str:
        count = "1 day" if len(self.days) == 1 else f"{len(self.days)} days"
        return f"rows changed on {count} ({', '.join(map(str, self.days[:3]))}; {self.rows:+d} rows)"


@dataclass(kw_only=True)
class LateRows:
    """The rows of single days of one source and dataset, each read once."""

    workspace: Workspace
    source: str
    dataset: str
    _frames: dict[dt.date, Any] = field(default_factory=dict)
    _told: dict[tuple[dt.date, int, str], SourceDay] = field(default_factory=dict)

    def change(self, stored: Manifest, days: Iterable[dt.date]) -> Change:
        """What has changed on `days` since the training set of `stored`; SourceError where they cannot be read."""
        before = {day.date: day for source in stored.sources for day in source.days}
        contract = self.workspace.source(self.source).contract(
            self.dataset
        )  # other columns: other fingerprints
        changed, rows = [], 0
        for day in days:
            was, now = before.get(day), self._known(day, stored, contract)
            if (was.fingerprint if was else None) != (now.fingerprint if now else None):
                changed.append(day)
                rows += (now.rows if now else 0) - (was.rows if was else 0)
        return Change(days=tuple(changed), rows=rows)

    def _known(self, day: dt.date, stored: Manifest, contract: DatasetContract) -> SourceDay | None:
        """What is known of the day's rows at the end of the as_of, now that they are as they are.

        What is known only grows with as_of, so that the number of known rows tells which they are.
        """
        known = self._rows_known(day, contract, as_of=stored.as_of)
        if not known.height:
            return None
        kinds = stored.facts["schema"]
        key = (day, known.height, f"{contract.model_dump_json()} {sorted(kinds.items())}")
        if key not in self._told:
            self._told[key] = _describe(known, contract, kinds)
        return self._told[key]

    def _rows_known(self, day: dt.date, contract: DatasetContract, *, as_of: dt.date) -> Any:
        """By the rule of the training set; where the two should differ, a run reuses what is there."""
        import polars as pl

        if day not in self._frames:
            source = self.workspace.source(self.source)
            self._frames[day] = source.scan(self.dataset, first=day, last=day).collect()
        end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time())
        return self._frames[day].filter(
            pl.col(contract.event_time) < end,
            pl.col(contract.label).is_not_null(),
            pl.col(contract.label_closes_at) <= end,
        )


def _describe(known: Any, contract: DatasetContract, kinds: Mapping[str, str]) -> SourceDay:
    """Count and fingerprint; a column of nothing but nulls has no kind of its own and takes the stored one."""
    import polars as pl

    from ml_assets.core.training_set import source_days

    types = {"number": pl.Float64(), "category": pl.String()}
    empty = [name for name in contract.features if known[name].null_count() == known.height]
    typed = known.with_columns(pl.col(name).cast(types[kinds.get(name, "category")]) for name in empty)
    return source_days(typed.select("day", *contract.columns))[0]
