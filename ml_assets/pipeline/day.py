"""One as_of, from parameters to manifests: the one way in which artifacts are made."""

import datetime as dt
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ml_assets.core.artifact import ArtifactKey, key_of
from ml_assets.core.catalog import CATALOG
from ml_assets.core.command import run_command
from ml_assets.core.manifest import InputArtifact, InputSource, Manifest
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.product import Product
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipeline.differences import MadeOf
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.reuse import reasons
from ml_assets.pipeline.steps import STEPS
from ml_assets.pipeline.versions import code_version, packages
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings

TRAINING_SET = "training_set"
LOGGER = logging.getLogger("ml_assets")


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What the store holds under a key before a run: a verified manifest, or why there is none to use."""

    manifest: Manifest | None
    trouble: str = "new"


def reasons_to_make(
    stored: Stored,
    asset: str,
    *,
    artifacts: tuple[InputArtifact, ...],
    sources: tuple[InputSource, ...],
    product: Product[Any] | None,
) -> list[str]:
    """Why a stored artifact cannot be used as it is, one line each; none where it can.

    `product` is what was made of rows, to know whether they or what `dataset.toml` says of them have changed.
    """
    if stored.manifest is None:
        return [stored.trouble]
    now = MadeOf(
        code_version=code_version(asset),
        packages=packages(asset),
        artifacts=artifacts,
        sources=sources,
        contract=product.facts.get("contract") if product else None,
    )
    return reasons(stored.manifest, now)


@dataclass(kw_only=True)
class Day:
    """The artifacts of one parameter set and as_of, made or found one after the other.

    Attributes:
        parameters: the parameter set.
        as_of: the day.
        workspace: where it reads and writes.
        loaded: values from the store by path and SHA-256; trials of one day share it, that each is read once.
        pinned: manifests of upstream assets that are used, by asset, whatever the store holds by now.
    """

    parameters: TrainingParameters
    as_of: dt.date
    workspace: Workspace
    loaded: dict[str, Any] = field(default_factory=dict)
    pinned: Mapping[str, Manifest] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)
    _manifests: dict[str, Manifest] = field(default_factory=dict)

    def run(self, assets: Collection[str] = tuple(CATALOG)) -> Iterator[Made]:
        """Make the named assets in order; each is committed before the next one starts."""
        for item in self.steps(assets):
            yield item.commit()

    def steps(self, assets: Collection[str] = tuple(CATALOG)) -> Iterator[Draft | Made]:
        """Each of the named assets as it is made or found; one that nobody has committed by then is, when it goes on."""
        for asset in CATALOG:
            if asset in assets:
                item = self._make(asset)
                yield item
                self._manifests[asset] = item.commit().manifest

    def value(self, asset: str) -> Any:
        """The value of an upstream asset: as just made, else the pinned one, else from the store."""
        if asset not in self._values:
            key, manifest = self._key(asset), self.manifest(asset)  # the one that is told as the input
            name = f"{key.path}/{manifest.sha256}"
            if name not in self.loaded:
                self.loaded[name] = self.workspace.store.load(key, manifest)
            self._values[asset] = self.loaded[name]
        return self._values[asset]

    def manifest(self, asset: str) -> Manifest:
        """The manifest of an upstream asset: as just made, else the pinned one, else from the store."""
        if asset not in self._manifests:
            self._manifests[asset] = self.pinned.get(asset) or self.workspace.store.manifest(self._key(asset))
        return self._manifests[asset]

    def _key(self, asset: str) -> ArtifactKey:
        return key_of(asset, self.parameters, self.as_of)

    def _make(self, asset: str) -> Draft | Made:
        started, key = self.workspace.now(), self._key(asset)
        self._refuse_mixed(asset)
        artifacts = self._inputs(asset)
        product = None if artifacts else self.product(asset)  # rows are read to know whether they changed
        sources = self.sources(asset)
        stored = self.stored(asset)
        why = reasons_to_make(stored, asset, artifacts=artifacts, sources=sources, product=product)
        if stored.manifest is not None and not why:
            LOGGER.info("%s %s reused: nothing changed", self.as_of, asset)
            return Made(key=key, manifest=stored.manifest, reused=True, reason="nothing changed")
        product = product or self.product(asset)
        LOGGER.info(
            "%s %s made in %.1f s", self.as_of, asset, (self.workspace.now() - started).total_seconds()
        )
        return self._draft(key, product, started=started, sources=sources, reason="; ".join(why))

    def reusable(self, asset: str) -> bool:
        """Whether an asset that is made of others is stored as it would be made of them; ArtifactNotFoundError without these."""
        artifacts, stored = self._inputs(asset), self.stored(asset)
        return not reasons_to_make(stored, asset, artifacts=artifacts, sources=(), product=None)

    def product(self, asset: str) -> Product[Any]:
        """Compute an asset, and commit nothing."""
        product = STEPS[asset](self)
        self._values[asset] = product.value
        return product

    def stored(self, asset: str) -> Stored:
        """What the store holds of an asset, every byte of it checked."""
        store, key = self.workspace.store, self._key(asset)
        try:
            if store.find(key) is None:
                return Stored(manifest=None)
            if not self.workspace.reuse:
                return Stored(manifest=None, trouble="reuse is off")
            return Stored(manifest=store.verify(key))
        except CorruptArtifactError as error:
            return Stored(manifest=None, trouble=f"the stored one was damaged: {error}")

    def sources(self, asset: str) -> tuple[InputSource, ...]:
        """What an asset that is made of rows was made of; the rows must have been read."""
        return () if CATALOG[asset].inputs else (self._source(self._values[asset]),)

    def _refuse_mixed(self, asset: str) -> None:
        """CorruptArtifactError where an input was made of other rows than those that are there: columns may be others."""
        for name in CATALOG[asset].inputs:
            if name != TRAINING_SET and not self.manifest(name).made_of(self.manifest(TRAINING_SET)):
                here = load_settings().in_a_command(self.workspace.environment)
                raise CorruptArtifactError(
                    f"{self.workspace.store.uri(self._key(name))}: was made of another training set than the one that is "
                    f"there now, so no {asset} can be made of both. Make the {name} again as well: "
                    f"{run_command(self.parameters, self.as_of, environment=here)}"
                )

    def _inputs(self, asset: str) -> tuple[InputArtifact, ...]:
        found = map(self.manifest, CATALOG[asset].inputs)
        return tuple(InputArtifact(asset=m.asset, run_id=m.run_id, sha256=m.sha256) for m in found)

    def _source(self, table: Any) -> InputSource:
        from ml_assets.core.training_set import source_days

        name, dataset = self.parameters.source, self.parameters.dataset
        uri = f"{self.workspace.source(name).uri}/{dataset}"
        return InputSource(source=name, dataset=dataset, uri=uri, days=source_days(table))

    def _draft(
        self,
        key: ArtifactKey,
        product: Product[Any],
        *,
        started: dt.datetime,
        sources: tuple[InputSource, ...],
        reason: str,
    ) -> Draft:
        kind = CATALOG[key.asset]
        given = tuple(name for name in self.workspace.given if name in kind.slice.model_fields)
        return Draft(
            product=product,
            key=key,
            identity=identity(self.parameters, of=kind.slice),
            format=kind.format,
            inputs=tuple(self.manifest(name) for name in kind.inputs),
            workspace=replace(self.workspace, given=given),
            code_version=code_version(key.asset),
            packages=packages(key.asset),
            sources=sources,
            started_at=started,
            reason=reason,
        )
