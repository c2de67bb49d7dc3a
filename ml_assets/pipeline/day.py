"""One as_of, from parameters to manifests: the one way in which artifacts are made."""

import datetime as dt
import logging
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from tempfile import TemporaryDirectory
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.command import run_command
from ml_assets.core.manifest import InputArtifact, InputSource, Manifest
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.core.rows import Rows, ask_again
from ml_assets.errors import CorruptArtifactError
from ml_assets.pipeline.calling import arguments, call, limited_threads
from ml_assets.pipeline.checking import judge
from ml_assets.pipeline.code import Code, code_of
from ml_assets.pipeline.differences import MadeOf, made_of
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.reuse import reasons
from ml_assets.pipeline.stored_value import TABLE, load_value
from ml_assets.pipeline.versions import packages_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings

__all__ = ("Computed", "Day", "Draft", "Look", "Made")
LOGGER = logging.getLogger("ml_assets")


@dataclass(frozen=True, kw_only=True)
class Computed:
    """What the function of an asset gave, and the rows that it asked for."""

    product: Product[Any]
    sources: tuple[InputSource, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """Whether an asset is stored as it would be made now.

    Attributes:
        stored: the manifest that is there, every byte of its files checked; None where there is none to use.
        reasons: why it must be made, one line each; none where what is stored can be used.
        computed: what was made to know that.
    """

    stored: Manifest | None
    reasons: tuple[str, ...]
    computed: Computed | None = None


@dataclass(kw_only=True)
class Day:
    """The artifacts of one parameter set and as_of, made or found one after the other.

    Attributes:
        parameters: the parameter set.
        as_of: the day.
        workspace: what is made, and where it reads and writes.
        loaded: what was read from the store, by path and SHA-256; trials of one day share it, that each is read once.
        pinned: manifests of upstream assets that are used, by asset, whatever the store holds by now.
        making: the asset that is being made, or was when an error ended it.
        extra: further arguments of the function of an asset, by asset: they decide nothing.
    """

    parameters: Parameters
    as_of: dt.date
    workspace: Workspace
    loaded: dict[str, Any] = field(default_factory=dict)
    pinned: Mapping[str, Manifest] = field(default_factory=dict)
    making: str = ""
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _manifests: dict[str, Manifest] = field(default_factory=dict)
    _fresh: dict[str, Any] = field(default_factory=dict)
    _rows: dict[str, Rows] = field(default_factory=dict)

    @property
    def pipeline(self) -> Declared:
        """What is made."""
        return self.workspace.pipeline

    def run(self, assets: Collection[str] | None = None) -> Iterator[Made]:
        """Make the named assets in order, by default all; each is committed before the next one starts."""
        return (item.commit() for item in self.steps(assets))

    def steps(self, assets: Collection[str] | None = None) -> Iterator[Draft | Made]:
        """The named assets in order: what is stored and unchanged, or a draft.

        A draft that nobody has committed when the next one is asked for is committed then.
        """
        for asset in self.pipeline.assets:
            if assets is None or asset in assets:
                self.making = asset
                item = self._step(asset)
                yield item
                self._manifests[asset] = item.commit().manifest
                if isinstance(item, Draft):
                    self._keep(asset, item)

    def product(self, asset: str) -> Product[Any]:
        """What is stored of an upstream asset, without attachments: nobody else has this very value."""
        manifest = self.manifest(asset)
        value = self._fresh.pop(asset) if asset in self._fresh else self._load(asset, manifest)
        return Product(value=value, facts=manifest.facts, metrics=manifest.metrics)

    def manifest(self, asset: str) -> Manifest:
        """The manifest of an upstream asset: as just made, else the pinned one, else from the store."""
        if asset not in self._manifests:
            self._manifests[asset] = self.pinned.get(asset) or self.workspace.store.manifest(self.key(asset))
        return self._manifests[asset]

    def known(self, asset: str) -> Manifest | None:
        """The manifest of an asset, where it was made or looked at before."""
        return self._manifests.get(asset)

    def key(self, asset: str) -> ArtifactKey:
        """Where an asset is kept."""
        return self.pipeline.key(asset, self.parameters, self.as_of)

    def reusable(self, asset: str) -> bool:
        """Whether an asset that is made of others is stored as it would be made of them; ArtifactNotFoundError without these."""
        return not self.look(asset, self._inputs(asset)).reasons

    def look(self, asset: str, artifacts: tuple[InputArtifact, ...]) -> Look:
        """Whether an asset is stored as it would be made of these artifacts and of the rows as they are now.

        An artifact that says which rows it asked for is held against the same rows; of one that does not, the asset
        is made.
        """
        stored = self._stored(asset)
        if stored.stored is None:
            return stored
        kind, before = self.pipeline.assets[asset], made_of(stored.stored)
        now = replace(self._made_of(asset), artifacts=artifacts, sources=before.sources)
        if (changed := reasons(stored.stored, now)) or "rows" not in kind.takes.values():
            return replace(stored, reasons=tuple(changed))
        if any(source.last is None for source in before.sources):
            return self._with(stored, self.compute(asset), now)
        again = ask_again(before.sources, self._rows_of(asset))
        return replace(stored, reasons=tuple(reasons(stored.stored, replace(now, sources=again))))

    def completed(self, look: Look, asset: str, artifacts: tuple[InputArtifact, ...]) -> Look:
        """The same of an asset that must be made, with what is made of it, and what that tells of its rows."""
        computed = look.computed or self.compute(asset)
        return self._with(look, computed, replace(self._made_of(asset), artifacts=artifacts))

    def code(self, asset: str) -> Code:
        """The code that makes an asset of these parameters."""
        return code_of(self.pipeline.assets[asset], self.pipeline.identity(self.parameters, asset))

    def compute(self, asset: str) -> Computed:
        """Call the function of an asset, and commit nothing."""
        kind, rows = self.pipeline.assets[asset], self._rows_of(asset)
        with limited_threads(kind.threads, packages=self.code(asset).packages), ExitStack() as folders:
            given = arguments(
                kind.takes,
                slices=dict.fromkeys(kind.takes, kind.slice),
                parameters=self.parameters,
                as_of=self.as_of,
                product=self.product,
                rows=rows,
                tmp=lambda: folders.enter_context(TemporaryDirectory(prefix="ml-assets-")),
            )
            given |= self.extra.get(asset, {})
            value = call(kind.function, given, name=f"{asset} of {self.as_of}")
            product = value if isinstance(value, Product) else Product(value=value)
            weakref.finalize(product, folders.pop_all().close)  # what it wrote is there until that is stored
        del self._rows[asset]  # they need not be held
        return Computed(product=product, sources=rows.asked)

    def _rows_of(self, asset: str) -> Rows:
        """Where an asset asks for rows: what was read to know whether it must be made is not read again."""
        return self._rows.setdefault(asset, self.workspace.rows(self.as_of))

    def _step(self, asset: str) -> Draft | Made:
        started, key = self.workspace.now(), self.key(asset)
        self._refuse_mixed(asset)
        artifacts = self._inputs(asset)
        look = self.look(asset, artifacts)
        if look.stored is not None and not look.reasons:
            LOGGER.info("%s %s reused: nothing changed", self.as_of, asset)
            return Made(key=key, manifest=look.stored, reused=True, reason="nothing changed")
        return self._draft(key, self.completed(look, asset, artifacts), started=started)

    def _draft(self, key: ArtifactKey, look: Look, *, started: dt.datetime) -> Draft:
        kind, code = self.pipeline.assets[key.asset], self.code(key.asset)
        given = tuple(name for name in self.workspace.given if name in kind.slice.model_fields)
        assert look.computed is not None
        return Draft(
            key=key,
            identity=self.pipeline.identity(self.parameters, key.asset),
            product=look.computed.product,
            format=kind.format,
            returns=kind.returns,
            inputs=tuple(map(self.manifest, kind.inputs)),
            sources=look.computed.sources,
            workspace=replace(self.workspace, given=given),
            code_version=code.version,
            packages=packages_of(code.packages),
            started_at=started,
            reason="; ".join(look.reasons),
            judge=lambda draft: judge(self, draft),
        )

    def _load(self, asset: str, manifest: Manifest) -> Any:
        """The value of the one that is told as the input."""
        key, kind = self.key(asset), self.pipeline.assets[asset]
        name = f"{key.path}/{manifest.sha256}"
        return load_value(name, key, manifest, asset=kind, store=self.workspace.store, loaded=self.loaded)

    def _keep(self, asset: str, draft: Draft) -> None:
        """What was just made, for those that are made of it: a table, or bytes and their value for the first of them."""
        manifest, value = self._manifests[asset], draft.stored_product().value
        took = (manifest.created_at - manifest.started_at).total_seconds()
        LOGGER.info("%s %s made in %.1f s", self.as_of, asset, took)
        is_table = draft.format == TABLE
        self.loaded[f"{draft.key.path}/{manifest.sha256}"] = value if is_table else draft.data
        if not is_table:
            self._fresh[asset] = value

    def _stored(self, asset: str) -> Look:
        """What the store holds of an asset, every byte of it checked."""
        store, key = self.workspace.store, self.key(asset)
        try:
            if store.find(key) is None:
                return Look(stored=None, reasons=("new",))
            if not self.workspace.reuse:
                return Look(stored=None, reasons=("reuse is off",))
            return Look(stored=store.verify(key), reasons=())
        except CorruptArtifactError as error:
            return Look(stored=None, reasons=(f"the stored one was damaged: {error}",))

    def _made_of(self, asset: str) -> MadeOf:
        code = self.code(asset)
        return MadeOf(code_version=code.version, packages=packages_of(code.packages))

    def _with(self, look: Look, computed: Computed, now: MadeOf) -> Look:
        """The same with what was made, and all that differs from what is stored."""
        now = replace(now, sources=computed.sources)
        why = look.reasons if look.stored is None else tuple(reasons(look.stored, now))
        return replace(look, computed=computed, reasons=why)

    def _refuse_mixed(self, asset: str) -> None:
        """CorruptArtifactError where an input was made of another artifact than the one that is an input too."""
        inputs = self.pipeline.assets[asset].inputs
        for name in inputs:
            for base in self.pipeline.assets[name].inputs:
                if base in inputs and not self.manifest(name).made_of(self.manifest(base)):
                    raise self._mixed(asset, name, base)

    def _mixed(self, asset: str, name: str, base: str) -> CorruptArtifactError:
        settings = load_settings()
        again = run_command(
            self.parameters,
            self.as_of,
            pipeline=self.pipeline,
            first=settings.first_pipeline,
            environment=settings.in_a_command(self.workspace.environment),
        )
        return CorruptArtifactError(
            f"{self.workspace.store.uri(self.key(name))}: was made of another {base.replace('_', ' ')} than the one that is "
            f"there now, so no {asset} can be made of both. Make the {name} again as well: {again}"
        )

    def _inputs(self, asset: str) -> tuple[InputArtifact, ...]:
        return tuple(self.manifest(name).as_input for name in self.pipeline.assets[asset].inputs)
