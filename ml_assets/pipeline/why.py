"""Why an artifact was made: the nearest one that was there before it, and what kept that from being used.

Nearest is, in this order: an earlier one of the same key; of the same asset, subject and as_of the one with the
fewest other parameters; the same parameters on the nearest earlier as_of. Of equals the smallest run_id counts.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import hash_identity, same_identity
from ml_assets.core.slices import subjects
from ml_assets.core.where import Condition, Filter
from ml_assets.errors import StoreError
from ml_assets.pipeline.differences import (
    Difference,
    differences,
    made_of,
    parameter_differences,
    version_differences,
)
from ml_assets.pipeline.reuse import is_reusable
from ml_assets.storage.artifact_store import ArtifactStore, Entry

UNCOUNTED = ("code", "package", "hardware")  # what does not decide whether a recorded artifact is made again
Kind = Literal["same run_id", "other parameters", "earlier as_of", "none"]


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why one artifact was made.

    Attributes:
        key: the artifact.
        manifest: its committed manifest.
        kind: how near the nearest earlier artifact is.
        nearest: the key of that one, and `earlier` its manifest; None where there was none.
        differences: what made it not reusable, or what had changed of one that is made anew each time. Empty for an
            earlier one of the same key means that nothing had changed.
        damaged: artifacts that could not be read and so could not be compared.
    """

    key: ArtifactKey
    manifest: Manifest
    kind: Kind
    nearest: ArtifactKey | None = None
    earlier: Manifest | None = None
    differences: tuple[Difference, ...] = ()
    damaged: tuple[StoreError, ...] = ()

    @property
    def reason(self) -> str:
        """One sentence for people."""
        if self.kind == "same run_id":
            return self._reason_again
        if self.kind == "other parameters":
            return "no artifact of these parameters existed for this day"
        if self.kind == "earlier as_of":
            return "no artifact for this day existed"
        return "nothing earlier: no artifact to compare with existed"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of its code: that it does not count, or of which modules all counts, and why."""
        modules = self.manifest.code_modules.items()
        recorded = [
            "recorded: code and packages do not make it again, only inputs, or whoever asks for it by name"
        ]
        return (
            *(recorded if self.manifest.recorded else ()),
            *(f"all of {name} counts as code: {why}" for name, why in modules),
        )

    @property
    def _reason_again(self) -> str:
        again = "made again" if is_reusable(self.manifest) else "made again, as it is each time"
        if self.manifest.recorded and all(item.what in UNCOUNTED for item in self.differences):
            return "asked anew by name, for it is recorded: the earlier one is in its history"
        if any(item.what != "hardware" for item in self.differences):  # which decides nothing
            return f"{again}: what it is made from had changed"
        if is_reusable(self.manifest):
            return f"{again}: nothing had changed, so reuse was off or the stored one was damaged"
        return f"{again}: no input that is recorded had changed"

    def document(self, store: ArtifactStore) -> dict[str, Any]:
        """It as JSON values; `store` is where both artifacts are."""
        nearest = None
        if self.nearest and self.earlier:
            nearest = {
                "run_id": self.nearest.run_id,
                "as_of": str(self.nearest.as_of),
                "created_at": self.earlier.created_at.isoformat(),
                "uri": store.uri(self.nearest),
            }
        return {
            "asset": self.key.asset,
            "run_id": self.key.run_id,
            "as_of": str(self.key.as_of),
            "created_at": self.manifest.created_at.isoformat(),
            "kind": self.kind,
            "reason": self.reason,
            "nearest": nearest,
            **({"notes": list(self.notes)} if self.notes else {}),
            "differences": [vars(difference) for difference in self.differences],
        }


def why(store: ArtifactStore, key: ArtifactKey, *, pipeline: Declared) -> Why:
    """Compare an artifact of a pipeline with the nearest earlier one.

    Raises ArtifactNotFoundError where there is no such artifact, CorruptArtifactError where it is damaged.
    """
    manifest, damaged = store.manifest(key), list[StoreError]()
    found = (
        _same_key(store, key, manifest, pipeline)
        or _same_day(store, key, manifest, damaged, pipeline)
        or _same_parameters(store, key, manifest, damaged)
        or Why(key=key, manifest=manifest, kind="none")
    )
    return Why(**{**vars(found), "damaged": tuple(damaged)})


def nearest_first(
    asset: str, parameters: dict[str, object], others: Iterable[Entry], *, pipeline: Declared
) -> list[Entry]:
    """The entries by how few parameters differ from the given ones, then by run_id."""
    return sorted(
        others,
        key=lambda entry: (
            len(parameter_differences(asset, entry.parameters, parameters, pipeline=pipeline)),
            entry.key.run_id,
        ),
    )


def _same_key(store: ArtifactStore, key: ArtifactKey, manifest: Manifest, pipeline: Declared) -> Why | None:
    before = [m for m in store.history(key) if m != manifest and m.created_at <= manifest.created_at]
    if not before:
        return None
    was = before[-1]
    found = (
        *parameter_differences(key.asset, was.parameters, manifest.parameters, pipeline=pipeline),
        *differences(made_of(was), made_of(manifest)),
    )
    return Why(key=key, manifest=manifest, kind="same run_id", nearest=key, earlier=was, differences=found)


def _same_day(
    store: ArtifactStore,
    key: ArtifactKey,
    manifest: Manifest,
    damaged: list[StoreError],
    pipeline: Declared,
) -> Why | None:
    about = [(name, "=", key.value(name)) for name in subjects(pipeline) if key.value(name)]
    where = _where(("as_of", "=", str(key.as_of)), *about)
    entries = store.entries(key.asset, where, folder=key.folder)
    others = [e for e in _sound(entries, damaged) if e.key != key]
    for entry in nearest_first(key.asset, manifest.parameters, others, pipeline=pipeline):
        was = _as_it_was(store, entry.key, manifest.started_at, damaged)
        if was:
            found = (
                *parameter_differences(key.asset, was.parameters, manifest.parameters, pipeline=pipeline),
                *version_differences(made_of(was), made_of(manifest)),
            )
            kind: Kind = "other parameters"
            return Why(
                key=key, manifest=manifest, kind=kind, nearest=entry.key, earlier=was, differences=found
            )
    return None


def _same_parameters(
    store: ArtifactStore, key: ArtifactKey, manifest: Manifest, damaged: list[StoreError]
) -> Why | None:
    """Found by path: the run_id of these parameters on another as_of can be computed."""
    where = _where(("as_of", "<", str(key.as_of)), *((name, "=", value) for name, value in key.values))
    keys = store.keys(key.asset, where, folder=key.folder)
    earlier = [other for other in keys if other.values == key.values]
    run_ids = {day: hash_identity(manifest.parameters, day) for day in {other.as_of for other in earlier}}
    same = [other for other in earlier if other.run_id == run_ids[other.as_of]]
    for other in sorted(same, key=lambda other: other.as_of, reverse=True):
        was = _as_it_was(store, other, manifest.started_at, damaged)
        if was and same_identity(was.parameters, manifest.parameters):
            day = Difference(what="as_of", name="as_of", was=str(other.as_of), now=str(key.as_of))
            found = (day, *version_differences(made_of(was), made_of(manifest)))
            kind: Kind = "earlier as_of"
            return Why(key=key, manifest=manifest, kind=kind, nearest=other, earlier=was, differences=found)
    return None


def _as_it_was(
    store: ArtifactStore, key: ArtifactKey, moment: dt.datetime, damaged: list[StoreError]
) -> Manifest | None:
    """What was there under `key` at the moment; it may have been made again since."""
    try:
        before = [m for m in store.history(key) if m.created_at <= moment]
    except StoreError as error:
        damaged.append(error)
        return None
    return before[-1] if before else None


def _sound(found: Iterable[Entry | StoreError], damaged: list[StoreError]) -> Iterator[Entry]:
    for item in found:
        if isinstance(item, StoreError):
            damaged.append(item)
        else:
            yield item


def _where(*conditions: tuple[str, str, str]) -> Filter:
    return Filter(tuple(Condition(name=name, op=op, value=value) for name, op, value in conditions))
