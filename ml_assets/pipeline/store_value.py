"""Any asset's value as an artifact: for assets that are not part of the training run."""

from collections.abc import Iterable
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputArtifact, Manifest
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.product import Product
from ml_assets.pipeline.encode import encode
from ml_assets.pipeline.workspace import Workspace


def store_value(
    value: Any,
    *,
    key: ArtifactKey,
    format_name: str,
    inputs: Iterable[ArtifactKey],
    parameters: TrainingParameters,
    workspace: Workspace,
) -> Manifest:
    """Commit a value (or a Product) under its key; inputs that have no artifact are not listed."""
    product = value if isinstance(value, Product) else Product(value=value)
    files, contents = encode(product, asset=key.asset, format_name=format_name)
    upstream = [found for found in map(workspace.store.find, inputs) if found is not None]
    now = workspace.now()
    manifest = Manifest(
        asset=key.asset,
        run_id=key.run_id,
        as_of=key.as_of,
        parameters=identity(parameters, of=TrainingParameters),
        given=workspace.given,
        environment=workspace.environment,
        files=files,
        artifacts=tuple(InputArtifact(asset=m.asset, run_id=m.run_id, sha256=m.sha256) for m in upstream),
        code_version="",
        packages={},
        dagster_run_id=workspace.dagster_run_id,
        started_at=now,
        created_at=now,
        facts=dict(product.facts),
        metrics=dict(product.metrics),
    )
    return workspace.store.commit(key, manifest, contents)
