"""A stored artifact made again from its manifest alone, in a place of its own: the same bytes, or what has changed."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.errors import RefusedError
from ml_assets.pipeline.day import Day
from ml_assets.pipeline.days import main_asset
from ml_assets.pipeline.differences import Difference, differences, made_of
from ml_assets.pipeline.released import parameters_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.storage.artifact_store import ArtifactStore

RECORDED = "recorded, not made again"


@dataclass(frozen=True, kw_only=True)
class Reproduced:
    """What came of making an artifact again.

    Attributes:
        key: where it is kept.
        stored: its manifest.
        again: the manifest of what was made now.
        files: the names of its files that have other bytes now.
        changed: what is not what it was: code, packages, hardware, inputs and days of rows.
        kept: whether it is recorded, so that its bytes were taken and it was not made again.
    """

    key: ArtifactKey
    stored: Manifest
    again: Manifest
    files: tuple[str, ...]
    changed: tuple[Difference, ...]
    kept: bool = False

    @property
    def same(self) -> bool:
        """Whether every byte is the same."""
        return not self.files

    @property
    def reason(self) -> str:
        """Why bytes differ, as far as manifests tell; where they do not, the hardware if it is another, or why they cannot."""
        if self.kept:
            return RECORDED
        if self.same:
            return "; ".join(str(item) for item in self.changed if item.what == "hardware")
        if told := "; ".join(map(str, self.changed)):
            return told
        if self.again.hardware and not self.stored.hardware:
            return f"nothing that is recorded has changed, but the hardware was not recorded; here it is {self._here}"
        here = f", hardware included ({self._here})" if self._here else ""
        return f"nothing that is recorded has changed{here}: this step does not give the same bytes twice"

    def document(self) -> dict[str, object]:
        """It as JSON values."""
        return {
            "asset": self.key.asset,
            "run_id": self.key.run_id,
            "as_of": str(self.key.as_of),
            "same": self.same,
            "sha256": self.stored.sha256,
            "sha256_again": self.again.sha256,
            "files_that_differ": list(self.files),
            "changed": [str(difference) for difference in self.changed],
        }

    @property
    def _here(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.again.hardware.items())


def reproduce(keys: Sequence[ArtifactKey], *, workspace: Workspace) -> list[Reproduced]:
    """Make artifacts of one run again and compare every file; the store is only read.

    Args:
        keys: the artifacts; others than those of the pipeline are not looked at.
        workspace: the store they are in, and the sources by name.

    Raises:
        RefusedError: none of them is an artifact of the pipeline, or the code here does not know its parameters.
        CorruptArtifactError: a stored byte is not the one that was committed.
        SourceError, TrainingError: they cannot be made any more; the message says why.
    """
    store, assets = workspace.store, workspace.pipeline.assets
    stored = {key.asset: (key, store.verify(key)) for key in keys if key.asset in assets}
    if (main := stored.get(main_asset(workspace.pipeline))) is not None:
        inputs = {key.asset: (key, store.verify(key)) for key in _inputs_of(main[1], workspace.pipeline)}
        stored = inputs | stored
    if not stored:
        raise RefusedError([f"RUN_ID|PATH: nothing that can be made again. Allowed: {', '.join(assets)}."])
    again = _made_again(stored, workspace)
    return [
        _compared(key, manifest, again[asset], kept=assets[asset].recorded)
        for asset, (key, manifest) in stored.items()
    ]


def _inputs_of(manifest: Manifest, pipeline: Declared) -> list[ArtifactKey]:
    """Where the inputs of an artifact are kept, which may have run_ids of their own."""
    found = []
    for name in pipeline.assets[manifest.asset].inputs:
        if name in pipeline.uses:
            continue  # which is reproduced with its own pipeline
        fields = pipeline.slice(name).model_fields
        values = {field: value for field, value in manifest.parameters.items() if field in fields}
        found.append(pipeline.key_of_identity(name, values, manifest.as_of))
    return found


def _made_again(
    stored: Mapping[str, tuple[ArtifactKey, Manifest]], workspace: Workspace
) -> Mapping[str, Manifest]:
    """The manifests of the same run in an empty store; the widest slice among the artifacts names its parameters.

    What is recorded, and what is of other pipelines, is there already, byte for byte as the artifacts were made of it.
    """
    widest = max((manifest for _, manifest in stored.values()), key=lambda item: len(item.parameters))
    pipeline = workspace.pipeline
    assets = list(pipeline.assets)
    last = max(assets.index(asset) for asset in stored)
    wanted = assets[: last + 1]
    parameters = parameters_of(widest, pipeline.parameters)
    with tempfile.TemporaryDirectory(prefix="ml_assets-reproduce-") as place:
        target = ArtifactStore(place, workspace.store.access)
        given = {
            name: _taken(name, pipeline.key(name, parameters, widest.as_of), stored, workspace.store, target)
            for name in _not_made(pipeline, wanted)
        }
        day = Day(
            parameters=parameters,
            as_of=widest.as_of,
            workspace=replace(workspace, store=target, reuse=False),
            pinned=given,
        )
        made = day.run([asset for asset in wanted if asset not in given])
        return given | {item.key.asset: item.manifest for item in made}


def _not_made(pipeline: Declared, wanted: Sequence[str]) -> list[str]:
    """What is recorded among the wanted assets, and what they use of other pipelines."""
    inputs = {name for asset in wanted for name in pipeline.assets[asset].inputs}
    used = [name for name in pipeline.uses if name in inputs]
    return [*used, *(asset for asset in wanted if pipeline.assets[asset].recorded)]


def _taken(
    name: str,
    key: ArtifactKey,
    stored: Mapping[str, tuple[ArtifactKey, Manifest]],
    source: ArtifactStore,
    target: ArtifactStore,
) -> Manifest:
    """The artifact that was an input of what is stored, itself or an earlier one under its key, copied as it is.

    Raises:
        ArtifactNotFoundError: there is none under its key.
        CorruptArtifactError: a byte of it is not the one that was committed.
    """
    latest = source.manifest(key)
    used = [item.input_of(name) for _, item in stored.values()]
    digests = {item.sha256 for item in used if item} or {latest.sha256}
    kept = next((item for item in (latest, *source.history(key)) if item.sha256 in digests), latest)
    files = {file.file: source.read_file(key, file) for file in kept.files}
    return target.commit(key, kept, files)


def _compared(key: ArtifactKey, stored: Manifest, again: Manifest, *, kept: bool) -> Reproduced:
    before, after = ({file.name: file.sha256 for file in item.files} for item in (stored, again))
    return Reproduced(
        key=key,
        stored=stored,
        again=again,
        files=tuple(
            name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)
        ),
        changed=tuple(differences(made_of(stored), made_of(again))),
        kept=kept,
    )
