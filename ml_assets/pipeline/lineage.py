"""What is stored of a model: the artifacts of its run, each checked byte for byte."""

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
    """The artifacts of a model's run: where each is kept, and what the gates of a promotion are to judge."""

    keys: dict[str, ArtifactKey]
    evidence: Evidence


def lineage(model: FoundModel, store: ArtifactStore, *, pipeline: Declared, environment: str) -> Lineage:
    """Read and check all that belongs to a model; what is missing or damaged is told, not raised.

    Args:
        model: the model.
        store: where it is.
        pipeline: what made it.
        environment: what that is called in a command; `default` for that of the settings.

    Raises:
        RefusedError: the code that is here does not know its parameters.
        CorruptArtifactError: it does not say of which training set it was made.
    """
    keys = keys_of(model.key, model.manifest, pipeline=pipeline)
    read = {asset: _read(key, store) for asset, key in keys.items()}
    parameters = parameters_of(model.manifest, pipeline.parameters)
    code = {
        name: code_of(asset, pipeline.identity(parameters, name)) for name, asset in pipeline.assets.items()
    }
    command = run_command(parameters, model.manifest.as_of, environment=environment)
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


def keys_of(model: ArtifactKey, manifest: Manifest, *, pipeline: Declared) -> dict[str, ArtifactKey]:
    """Where the artifacts of a model's run are kept, in the order in which they are made.

    CorruptArtifactError where the model does not say of which training set it was made.
    """
    rows = manifest.input_of("training_set")
    if rows is None:
        raise CorruptArtifactError(
            f"{model.path}: does not say of which training set it was made. Train it again."
        )
    return {
        asset: model.beside(asset, run_id=rows.run_id, names=pipeline.assets[asset].slice.model_fields)
        if asset == rows.asset  # its digest tells whether it is the one
        else replace(model, asset=asset, identity=manifest.parameters)
        for asset in pipeline.assets
    }


def _read(key: ArtifactKey, store: ArtifactStore) -> Manifest | ArtifactNotFoundError | CorruptArtifactError:
    try:
        return store.verify(key)
    except (ArtifactNotFoundError, CorruptArtifactError) as error:
        return error
