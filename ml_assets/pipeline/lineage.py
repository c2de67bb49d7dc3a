"""What is stored of what is promoted: the artifacts of its run, each checked byte for byte."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.command import run_command
from ml_assets.core.manifest import Manifest
from ml_assets.core.pipeline import Declared
from ml_assets.core.promotion.gates import Evidence
from ml_assets.errors import ArtifactNotFoundError, CorruptArtifactError
from ml_assets.pipeline.code import code_of
from ml_assets.pipeline.released import FoundModel, parameters_of
from ml_assets.pipeline.versions import packages_of
from ml_assets.storage.artifact_store import ArtifactStore


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """The artifacts of one run: where each is kept, and what the gates of a promotion are to judge."""

    keys: dict[str, ArtifactKey]
    evidence: Evidence


def lineage(model: FoundModel, store: ArtifactStore, *, pipeline: Declared, environment: str) -> Lineage:
    """Read and check all that belongs to what is promoted; what is missing or damaged is told, not raised.

    Args:
        model: what is promoted.
        store: where it is.
        pipeline: what made it.
        environment: what that is called in a command; `default` for that of the settings.

    Raises:
        RefusedError: the code that is here does not know its parameters.
        CorruptArtifactError: it does not say of what it was made.
    """
    keys = keys_of(model.key, model.manifest, pipeline=pipeline)
    read = {asset: _read(key, store) for asset, key in keys.items()}
    parameters = parameters_of(model.manifest, pipeline.slice(pipeline.promotes))
    code = {name: code_of(pipeline.assets[name], pipeline.identity(parameters, name)) for name in keys}
    command = run_command(parameters, model.manifest.as_of, pipeline=pipeline, environment=environment)
    return Lineage(
        keys=keys,
        evidence=Evidence(
            manifests={asset: found for asset, found in read.items() if isinstance(found, Manifest)},
            missing={a: command for a, found in read.items() if isinstance(found, ArtifactNotFoundError)},
            damaged={a: str(found) for a, found in read.items() if isinstance(found, CorruptArtifactError)},
            code={name: one.version for name, one in code.items()},
            packages={name: packages_of(one.packages) for name, one in code.items()},
            pipeline=pipeline,
        ),
    )


def keys_of(
    model: ArtifactKey, manifest: Manifest, *, pipeline: Declared, assets: Collection[str] | None = None
) -> dict[str, ArtifactKey]:
    """Where the artifacts of one run are kept, in the order in which they are made: all that its parameters decide.

    Args:
        model: where what is promoted is kept.
        manifest: its manifest.
        pipeline: what made it.
        assets: only these; by default all.

    Raises:
        CorruptArtifactError: it does not say of what it was made.
    """
    fields = pipeline.assets[model.asset].slice.model_fields.keys()
    return {
        name: _key_of(name, model, manifest, pipeline=pipeline)
        for name, asset in pipeline.assets.items()
        if asset.slice.model_fields.keys() <= fields and (assets is None or name in assets)
    }


def _key_of(name: str, model: ArtifactKey, manifest: Manifest, *, pipeline: Declared) -> ArtifactKey:
    """Of the same parameters beside it; of an input where it says that it was: the digest tells whether it is the one."""
    promoted, decided_by = pipeline.assets[model.asset], pipeline.assets[name].slice
    if decided_by.model_fields.keys() == promoted.slice.model_fields.keys():
        return replace(model, asset=name, identity=manifest.parameters)
    if (used := manifest.input_of(name)) is not None:
        return model.beside(name, run_id=used.run_id, names=decided_by.model_fields)
    if name in promoted.inputs:
        which = name.replace("_", " ")
        raise CorruptArtifactError(f"{model.path}: does not say of which {which} it was made. Make it again.")
    values = {
        field: value for field, value in manifest.parameters.items() if field in decided_by.model_fields
    }
    return pipeline.key_of_identity(name, values, manifest.as_of)


def _read(key: ArtifactKey, store: ArtifactStore) -> Manifest | ArtifactNotFoundError | CorruptArtifactError:
    try:
        return store.verify(key)
    except (ArtifactNotFoundError, CorruptArtifactError) as error:
        return error
