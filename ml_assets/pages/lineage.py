"""What a run was made of, as pairs of a label and a text that two runs can be held against each other by."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputArtifact, InputSource, Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.errors import StoreError
from ml_assets.pipeline.stored_inputs import used_input
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets.text import count

Pair = tuple[str, str]
_SHOWN = 12  # hex digits of a digest


@dataclass(eq=False)
class LineageReader:
    """Reads what runs were made of; an input that many share is read once.

    Attributes:
        store: where they are.
        pipeline: what made them.
    """

    store: ArtifactStore
    pipeline: Declared
    _read: dict[str, tuple[Pair, ...]] = field(default_factory=dict, repr=False)

    def pairs(self, key: ArtifactKey) -> tuple[Pair, ...]:
        """The pairs of a run, those of its inputs after its own; none where it is not there, or damaged.

        Of each artifact behind it: the code version, files that are named as code, packages, hardware, the artifacts
        and the rows that it was made of.
        """
        try:
            manifest = self.store.find(key)
        except StoreError:
            return ()
        return () if manifest is None else tuple(dict.fromkeys(self._all(manifest)))

    def _all(self, manifest: Manifest) -> Iterator[Pair]:
        yield from _own(manifest)
        for item in manifest.artifacts:
            yield from self._behind(item, manifest)

    def _behind(self, item: InputArtifact, manifest: Manifest) -> tuple[Pair, ...]:
        name = f"{item.name} {item.run_id} {item.sha256}"
        if name not in self._read:
            self._read[name] = self._of_input(item, manifest)
        return self._read[name]

    def _of_input(self, item: InputArtifact, manifest: Manifest) -> tuple[Pair, ...]:
        lost = ((f"{item.name}: sources", "not known: it is no longer under this root"),)
        try:
            used = used_input(item, manifest, self.store, pipeline=self.pipeline)
        except (StoreError, KeyError):  # KeyError: an input that the pipeline has no longer
            return lost
        return lost if used is None else tuple(self._all(used))


def _own(manifest: Manifest) -> Iterator[Pair]:
    asset = manifest.asset
    yield f"{asset}: code version", manifest.code_version
    yield from ((f"{asset}: code file {name}", digest) for name, digest in manifest.code_files.items())
    yield from ((f"{asset}: package {name}", version) for name, version in manifest.packages.items())
    yield from ((f"{asset}: hardware {name}", value) for name, value in manifest.hardware.items())
    for item in manifest.artifacts:
        yield f"{asset}: input {item.name}", f"run {item.run_id}, SHA-256 {item.sha256[:_SHOWN]}"
    yield from ((f"{asset}: rows of {it.source}/{it.dataset}", _rows(it)) for it in manifest.sources)


def _rows(source: InputSource) -> str:
    """`9,355 rows of 365 days, 2024-12-02 to 2025-12-01, at s3://landing/orders, fingerprints 3fa9c1d2e0ab`."""
    rows_of_all = sum(day.rows for day in source.days)
    days = sorted(source.fingerprints.items())
    digest = sha256(json.dumps([[str(day), text] for day, text in days]).encode()).hexdigest()[:_SHOWN]
    span = f", {days[0][0]} to {days[-1][0]}" if days else ""
    return f"{count(rows_of_all, 'row', grouped=True)} of {count(len(days), 'day')}{span}, at {source.uri}, fingerprints {digest}"
