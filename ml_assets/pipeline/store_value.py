"""Any asset's value as an artifact: for assets that are not part of a pipeline."""

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.core.product import Product
from ml_assets.pipeline.draft import Draft
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
    draft = Draft(
        key=key,
        identity=parameters,
        product=value if isinstance(value, Product) else Product(value=value),
        format=format_name,
        workspace=workspace,
        inputs=tuple(inputs),
        sources=tuple(sources),
        code_version=code_version,
        packages=packages,
        started_at=started or workspace.now(),
    )
    return draft.commit().manifest
