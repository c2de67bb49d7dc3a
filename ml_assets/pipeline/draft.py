"""The one writer: a value that was made becomes an artifact, or nothing of it is written."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.manifest import InputSource, Manifest
from ml_assets.core.product import Product
from ml_assets.pipeline.store_value import store_value
from ml_assets.pipeline.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Made:
    """One artifact of a run.

    Attributes:
        key: where it is kept.
        manifest: its committed manifest.
        reused: whether it was there already and nothing had changed.
        reason: why it was made: "new", or what had changed since it was last made.
    """

    key: ArtifactKey
    manifest: Manifest
    reused: bool
    reason: str

    def commit(self) -> "Made":
        """Itself: it is committed."""
        return self


@dataclass(kw_only=True)
class Draft:
    """A value that was made and is not stored yet."""

    key: ArtifactKey
    identity: Mapping[str, Any]
    product: Product[Any]
    format: str
    workspace: Workspace
    started_at: dt.datetime
    returns: Any = Any
    inputs: tuple[Manifest, ...] = ()
    sources: tuple[InputSource, ...] = ()
    code_version: str = ""
    packages: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reason: str = "new"
    _made: Made | None = field(default=None, init=False)

    def commit(self) -> Made:
        """Write it, once; whoever calls again gets what was written."""
        if self._made is None:
            manifest = store_value(
                self.product,
                key=self.key,
                parameters=self.identity,
                format_name=self.format,
                inputs=self.inputs,
                workspace=self.workspace,
                code_version=self.code_version,
                packages=self.packages,
                sources=self.sources,
                started=self.started_at,
            )
            self._made = Made(key=self.key, manifest=manifest, reused=False, reason=self.reason)
        return self._made
