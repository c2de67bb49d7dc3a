"""Late rows: has a day changed in what was known of it when a model was trained?"""

import datetime as dt
from collections.abc import Iterable
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

    def change(self, stored: Manifest, days: Iterable[dt.date]) -> Change:
        """What has changed on `days` since the training set of `stored`; SourceError where they cannot be read."""
        before = {day.date: day for source in stored.sources for day in source.days}
        changed, rows = [], 0
        for day in days:
            was, now = before.get(day), self._known(day, stored)
            if (was.fingerprint if was else None) != (now.fingerprint if now else None):
                changed.append(day)
                rows += (now.rows if now else 0) - (was.rows if was else 0)
        return Change(days=tuple(changed), rows=rows)

    def _known(self, day: dt.date, stored: Manifest) -> SourceDay | None:
        """What is known of the day's rows at the end of the as_of, now that they are as they are."""
        import polars as pl

        from ml_assets.core.training_set import source_days

        contract = DatasetContract.model_validate(stored.facts["contract"])
        end = dt.datetime.combine(stored.as_of + dt.timedelta(days=1), dt.time())
        rows = self._rows(
            day
        ).filter(  # the rule of the training set; where the two differ, a run reuses what is there
            pl.col(contract.event_time) < end,
            pl.col(contract.label).is_not_null(),
            pl.col(contract.label_closes_at) <= end,
        )
        empty = [name for name in contract.features if rows[name].null_count() == rows.height]
        kinds = {
            "number": pl.Float64(),
            "category": pl.String(),
        }  # a day of nothing but nulls has no kind of its own
        typed = rows.with_columns(pl.col(name).cast(kinds[stored.facts["schema"][name]]) for name in empty)
        found = source_days(typed.select("day", *contract.columns))
        return found[0] if found else None

    def _rows(self, day: dt.date) -> Any:
        if day not in self._frames:
            source = self.workspace.source(self.source)
            self._frames[day] = source.scan(self.dataset, first=day, last=day).collect()
        return self._frames[day]
