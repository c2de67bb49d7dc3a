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
    _frames: dict[tuple[dt.date, str], Any] = field(default_factory=dict)
    _told: dict[tuple[dt.date, int, str], SourceDay] = field(default_factory=dict)

    def change(self, stored: Manifest, days: Iterable[dt.date]) -> Change:
        """What has changed on `days` since the training set of `stored`; SourceError where they cannot be read."""
        before = {day.date: day for source in stored.sources for day in source.days}
        contract = self._contract(stored)
        changed, rows = [], 0
        for day in days:
            was, now = before.get(day), self._known(day, stored, contract)
            if (was.fingerprint if was else None) != (now.fingerprint if now else None):
                changed.append(day)
                rows += (now.rows if now else 0) - (was.rows if was else 0)
        return Change(days=tuple(changed), rows=rows)

    def _contract(self, stored: Manifest) -> DatasetContract:
        """What `dataset.toml` says now, each feature of the kind that it had in the training set.

        The values of a single day may look like another kind than those of a window.
        """
        contract = self.workspace.source(self.source).contract(self.dataset)
        kinds = {name: kind for name, kind in stored.facts["schema"].items() if name in contract.features}
        return contract.model_copy(update={"types": {**kinds, **contract.types}})

    def _known(self, day: dt.date, stored: Manifest, contract: DatasetContract) -> SourceDay | None:
        """What is known of the day's rows at the end of the as_of, now that they are as they are.

        What is known only grows with as_of, so that the number of known rows tells which they are.
        """
        from ml_assets.core.fingerprints import source_days

        known = self._rows_known(day, contract, as_of=stored.as_of)
        if not known.height:
            return None
        key = (day, known.height, contract.model_dump_json())
        if key not in self._told:
            self._told[key] = source_days(known.select("day", *contract.columns))[0]
        return self._told[key]

    def _rows_known(self, day: dt.date, contract: DatasetContract, *, as_of: dt.date) -> Any:
        from ml_assets.core.point_in_time import known_at_end_of

        name = (day, contract.model_dump_json())
        if name not in self._frames:
            source = self.workspace.source(self.source)
            self._frames[name] = source.scan(self.dataset, first=day, last=day, contract=contract).collect()
        return self._frames[name].filter(known_at_end_of(as_of, contract))
