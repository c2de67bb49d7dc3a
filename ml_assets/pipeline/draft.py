"""The one writer: a value that was made becomes an artifact, or nothing of it is written.

What Dagster's IO manager, the workers of a batch and plain Python hand to each other is a `Draft`. Whoever commits it
first writes it; whoever commits it again gets what was written.
"""

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.foreign_text import visible
from ml_assets.core.manifest import InputArtifact, InputSource, Manifest, StoredVerdict
from ml_assets.core.product import Product
from ml_assets.errors import StoreError, UnstorableError
from ml_assets.pipeline.encode import prepare
from ml_assets.pipeline.stored_value import TABLE
from ml_assets.pipeline.versions import hardware_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.storage.formats import FORMATS, read_back

Judge = Callable[["Draft"], Mapping[str, StoredVerdict]]
"""What the checks of an artifact say of its `stored_product`; raises CheckError where it must not be stored."""


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


def _nothing(_: "Draft") -> Mapping[str, StoredVerdict]:
    return {}


@dataclass(kw_only=True)
class Draft:
    """A value that was made and is not stored yet.

    Attributes:
        key: where it will be kept.
        identity: the values that its run_id hashes.
        product: the value, and what is told of it.
        format: how the value is stored.
        workspace: where, and on whose behalf.
        returns: the annotation of the value, by which it is read back.
        inputs: the artifacts that it was made of.
        paths: where those of other pipelines are kept, by asset.
        sources: the rows that it was made of.
        code_version: of the code that made it.
        code_files: a digest of each file that is named as code.
        code_modules: the modules of which all counts as code, and why.
        recorded: whether it is kept whatever becomes of code and packages.
        packages: the versions that can change its bytes.
        started_at: when making it was begun.
        reason: why it was made.
        judge: its checks.
    """

    key: ArtifactKey
    identity: Mapping[str, Any]
    product: Product[Any]
    format: str
    workspace: Workspace
    started_at: dt.datetime
    returns: Any = Any
    inputs: tuple[Manifest, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[InputSource, ...] = ()
    code_version: str = ""
    code_files: Mapping[str, str] = field(default_factory=dict)
    code_modules: Mapping[str, str] = field(default_factory=dict)
    recorded: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)
    reason: str = "new"
    judge: Judge = _nothing
    _data: bytes = field(default=b"", init=False)
    _loaded: Product[Any] | None = field(default=None, init=False)
    _made: Made | None = field(default=None, init=False)

    def commit(self) -> Made:
        """Write it, once; whoever calls again gets what was written.

        Raises:
            StoreError: the value cannot be stored, does not come back as it was, or a metric is no number.
            CheckError: a check that must hold does not. In either case nothing was written.
        """
        if self._made is None:
            manifest = self._write()
            self._made = Made(key=self.key, manifest=manifest, reused=False, reason=self.reason)
            self._let_go()
        return self._made

    def _let_go(self) -> None:
        """What is written need not be held: attachments, and a large table once as it was given and once as bytes."""
        if self.format == TABLE and self._loaded is not None:
            self.product, self._data = self._loaded, b""
        else:
            self.product = replace(self.product, attachments={})

    def stored_product(self) -> Product[Any]:
        """The product as it is read back from its bytes, once they are there: nobody else has this very value."""
        if self.format == TABLE and self._loaded is not None:  # of which a copy costs nothing
            return replace(self._loaded, value=self._loaded.value.clone())
        product, self._loaded = self._loaded, None
        return product or self._read_back()

    @property
    def data(self) -> bytes:
        """The bytes of the value, once they are there."""
        return self._data

    def _write(self) -> Manifest:
        """Encode, read back, compare, judge; then write."""
        facts, metrics = (
            self._facts(),
            {name: self._number(name, v) for name, v in self.product.metrics.items()},
        )
        product = replace(self.product, facts=facts, metrics=metrics)
        ready = prepare(product, asset=self.key.asset, format_name=self.format, annotation=self.returns)
        self.product = product  # only now: a file that the function wrote is there as long as what it gave
        self._data = ready.contents[ready.files[0].file]
        self._loaded = replace(self.product, value=ready.value, attachments={})
        manifest = self._manifest(ready.files, self.judge(self))
        return self.workspace.store.commit(self.key, manifest, ready.contents)

    def _read_back(self) -> Product[Any]:
        return replace(
            self.product,
            value=read_back(self.format, self._data, annotation=self.returns),
            attachments={},
        )

    def _facts(self) -> dict[str, Any]:
        """As they are read from the manifest, so that whoever looks at them now sees the same as later."""
        try:
            facts: dict[str, Any] = read_back("json", FORMATS["json"].encode(dict(self.product.facts)))
        except UnstorableError as error:
            raise StoreError(
                f"{self._name}: facts{error.place}: {error.problem}. Nothing was written."
            ) from error
        return facts

    def _manifest(self, files: Any, checks: Mapping[str, StoredVerdict]) -> Manifest:
        return Manifest(
            asset=self.key.asset,
            run_id=self.key.run_id,
            as_of=self.key.as_of,
            parameters=dict(self.identity),
            given=self.workspace.given,
            environment=self.workspace.environment,
            files=files,
            artifacts=tuple(map(self._as_input, self.inputs)),
            sources=self.sources,
            code_version=self.code_version,
            code_files=dict(self.code_files),
            code_modules=dict(self.code_modules),
            recorded=self.recorded,
            packages=dict(self.packages),
            hardware=dict(hardware_of(self.packages)),
            dagster_run_id=self.workspace.dagster_run_id,
            started_at=self.started_at,
            created_at=self.workspace.now(),
            facts=dict(self.product.facts),
            metrics=dict(self.product.metrics),
            checks=dict(checks),
        )

    def _as_input(self, manifest: Manifest) -> InputArtifact:
        return manifest.as_input.model_copy(update={"path": self.paths.get(manifest.asset, "")})

    @property
    def _name(self) -> str:
        return f"{self.key.asset} of {self.key.as_of}"

    def _number(self, name: str, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise StoreError(
                f"{self._name}: the metric {visible(name)} is not a number. Leave it out where it could not be measured. "
                "Nothing was written."
            )
        return number
