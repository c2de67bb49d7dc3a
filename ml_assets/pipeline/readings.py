"""Which rows a pipeline reads for a day: as its assets declare it, else as the latest of them that is stored tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.core.asset import Asset
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.errors import CorruptArtifactError, SharedRunIdError
from ml_assets.pipeline.made_days import days_stored
from ml_assets.storage.artifact_store import ArtifactStore

SOURCE = "source"  # the parameter, where a pipeline has it, that names where rows come from


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Rows that an asset asks for.

    Attributes:
        asset: whose function asks.
        source: the logical name.
        dataset: of the source.
        days: how many days, as_of the last of them; None where it is the newest one that there is.
    """

    asset: str
    source: str
    dataset: str
    days: int | None


def reads_rows(pipeline: Declared) -> list[str]:
    """The assets whose functions ask for rows, in order."""
    return [name for name, asset in pipeline.assets.items() if "rows" in asset.takes.values()]


def readings(parameters: Parameters, *, pipeline: Declared, store: ArtifactStore) -> list[Reading]:
    """The rows that each asset of these parameters asks for; none of one that neither declares it nor is stored."""
    found: list[Reading] = []
    for name in reads_rows(pipeline):
        declared = list(_declared(pipeline.assets[name], parameters))
        found += declared or _stored(name, parameters, pipeline=pipeline, store=store)
    return found


def _declared(asset: Asset, parameters: Parameters) -> Iterator[Reading]:
    """What the asset's window says, of the source that its parameters name."""
    window: Mapping[str, Any] = asset.window(parameters) if asset.window else {}
    source = getattr(parameters, SOURCE, "")
    for dataset, before in window.items():
        yield Reading(asset=asset.name, source=source, dataset=dataset, days=before + 1)


def _stored(asset: str, parameters: Parameters, *, pipeline: Declared, store: ArtifactStore) -> list[Reading]:
    """What the latest artifact of these parameters tells; none where it cannot be read."""
    days = sorted(days_stored(asset, parameters, pipeline=pipeline, store=store))
    if not days:
        return []
    try:
        manifest = store.manifest(pipeline.key(asset, parameters, days[-1]))
    except (CorruptArtifactError, SharedRunIdError):
        return []
    return [
        Reading(asset=asset, source=item.source, dataset=item.dataset, days=_days(item, manifest))
        for item in manifest.sources
    ]


def _days(asked: InputSource, manifest: Manifest) -> int | None:
    first = asked.first or (asked.days[0].date if asked.last is None and asked.days else None)
    return (manifest.as_of - first).days + 1 if first else None
