"""What the store holds of days: the artifact that gives the metrics, the rows it was made of, and which days are covered."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ml_assets.core.manifest import Manifest
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.progress import steps
from ml_assets.core.report.coverage import Cell, Coverage, coverage
from ml_assets.core.run_id import value_text
from ml_assets.core.slices import measured, metric_assets, shared_assets, subjects
from ml_assets.core.where import Filter
from ml_assets.errors import CorruptArtifactError, SharedRunIdError, StoreError
from ml_assets.storage.artifact_store import ArtifactStore, Entry

OTHER_ROWS = "The {asset} was measured on another {upstream} than the one that is there now. Make it again."


@dataclass(frozen=True, kw_only=True)
class StoredDay:
    """What the store holds of one day.

    Attributes:
        as_of: the day.
        measured: the artifact that gives the metrics; None where none is stored, or it cannot be used.
        inputs: what is stored of what it was made of, as far as trials share it: the rows.
        trouble: why it cannot be used, where it cannot.
    """

    as_of: dt.date
    measured: Manifest | None = None
    inputs: tuple[Manifest, ...] = ()
    trouble: str = ""

    @property
    def read(self) -> list[Manifest]:
        """All of it, in the order in which it was made."""
        return [*self.inputs, *([self.measured] if self.measured else [])]


def read_days(
    parameters: Parameters, days: Sequence[dt.date], *, pipeline: Declared, store: ArtifactStore
) -> list[StoredDay]:
    """What the store holds of each day.

    StoreError where it cannot be read; what is damaged, or of other parameters, is told in `trouble`.
    """
    asset = measured_by(parameters, days, pipeline=pipeline, store=store)
    return [
        read_day(parameters, day, asset=asset, pipeline=pipeline, store=store)
        for day in steps(days, "day", total=len(days))
    ]


def read_day(
    parameters: Parameters, day: dt.date, *, asset: str, pipeline: Declared, store: ArtifactStore
) -> StoredDay:
    """The manifests of one day's `asset` and of the rows it was made of, where they belong together."""
    shared = shared_assets(pipeline)
    upstream = [name for name in pipeline.assets[asset].inputs if name in shared]
    try:
        evaluation = store.find(pipeline.key(asset, parameters, day))
        keys = [pipeline.key(name, parameters, day) for name in upstream]
        found = [store.find(key) for key in keys] if evaluation else []
    except (CorruptArtifactError, SharedRunIdError) as error:
        return StoredDay(as_of=day, trouble=str(error))
    inputs = tuple(manifest for manifest in found if manifest)
    other = [manifest.asset for manifest in inputs if evaluation and not evaluation.made_of(manifest)]
    if other:
        names = {"asset": asset.replace("_", " "), "upstream": other[0].replace("_", " ")}
        return StoredDay(as_of=day, trouble=OTHER_ROWS.format(**names))
    return StoredDay(as_of=day, measured=evaluation, inputs=inputs)


def measured_by(
    parameters: Parameters, days: Sequence[dt.date], *, pipeline: Declared, store: ArtifactStore
) -> str:
    """The asset that gives the declared metrics: as the latest of the days that are stored say; else the likeliest."""
    metrics, likely = Metrics.of(pipeline), metric_assets(pipeline)
    for day in reversed(days if len(likely) > 1 else ()):
        for asset in likely:
            with contextlib.suppress(CorruptArtifactError, SharedRunIdError):
                manifest = store.find(pipeline.key(asset, parameters, day))
                if manifest and measured(metrics, [manifest]):
                    return asset
    return likely[0]


def covered_days(
    parameters: Parameters,
    days: Sequence[dt.date],
    *,
    pipeline: Declared,
    store: ArtifactStore,
    metric: str,
) -> Coverage:
    """Which days of the window the store covers for which parameter sets about the same, such as the same dataset."""
    asset = measured_by(parameters, days, pipeline=pipeline, store=store)
    about = {name: value_text(getattr(parameters, name)) for name in subjects(pipeline)}
    found = list(_entries(asset, about, set(days), folder=pipeline.folder, store=store))
    metric = Metrics.of(pipeline).shown(metric, {name for entry in found for name in entry.metrics})
    cells = (
        Cell(parameters=it.parameters, as_of=it.key.as_of, value=it.metrics[metric])
        for it in found
        if metric in it.metrics
    )
    return coverage(pipeline.identity(parameters), days, cells, metric=metric, pipeline=pipeline)


def _entries(
    asset: str, about: Mapping[str, str], days: set[dt.date], *, folder: str, store: ArtifactStore
) -> Iterator[Entry]:
    """Those of the days that are about the same. A damaged artifact covers nothing."""
    where = Filter.of_days(min(days), max(days))
    for entry in store.entries(asset, where, folder=folder):
        if isinstance(entry, CorruptArtifactError):
            continue
        if isinstance(entry, StoreError):
            raise entry
        if entry.key.as_of in days and all(entry.key.value(name) == text for name, text in about.items()):
            yield entry
