"""Any asset's value as an artifact: for assets that are not part of the training run."""

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputArtifact, InputSource, Manifest
from ml_assets.core.product import Product
from ml_assets.pipeline.encode import prepare
from ml_assets.pipeline.versions import hardware_of
from ml_assets.pipeline.workspace import Workspace


def store_value(
    value: Any,
    *,
    key: ArtifactKey,
    parameters: Mapping[str, Any],
    format_name: str,
    inputs: Iterable[Manifest],
    workspace: Workspace,
    code_version: str = "",
    packages: Mapping[str, str] = MappingProxyType({}),
    sources: Iterable[InputSource] = (),
    started: dt.datetime | None = None,
) -> Manifest:
    """Commit a value (or a Product) under its key; `parameters` is the identity that the key's run_id hashes.

    `inputs` and `sources` are what it was made of; `started` is when that began, by default just now.
    """
    product = value if isinstance(value, Product) else Product(value=value)
    prepared = prepare(product, asset=key.asset, format_name=format_name)
    now = workspace.now()
    manifest = Manifest(
        asset=key.asset,
        run_id=key.run_id,
        as_of=key.as_of,
        parameters=dict(parameters),
        given=workspace.given,
        environment=workspace.environment,
        files=prepared.files,
        artifacts=tuple(InputArtifact(asset=m.asset, run_id=m.run_id, sha256=m.sha256) for m in inputs),
        sources=tuple(sources),
        code_version=code_version,
        packages=dict(packages),
        hardware=dict(hardware_of(packages)),
        dagster_run_id=workspace.dagster_run_id,
        started_at=started or now,
        created_at=now,
        facts=dict(product.facts),
        metrics=dict(product.metrics),
    )
    return workspace.store.commit(key, manifest, prepared.contents)
