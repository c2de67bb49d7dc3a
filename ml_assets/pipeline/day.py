"""One as_of, from parameters to manifests: the one way in which artifacts are made."""

import datetime as dt
import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ml_assets.core.artifact import ArtifactKey
from ml_assets.core.command import run_command
from ml_assets.core.manifest import InputArtifact, Manifest
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.product import Product
from ml_assets.core.progress import tell_step
from ml_assets.core.rows import Rows, ask_again
from ml_assets.errors import CorruptArtifactError, RefusedError
from ml_assets.pipeline.checking import judge
from ml_assets.pipeline.code import Code, code_of
from ml_assets.pipeline.compute import Computed, Look, compute, window_of
from ml_assets.pipeline.differences import MadeOf, made_of
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.resources import resource_classes, resource_problems
from ml_assets.pipeline.reuse import of_inputs, reasons
from ml_assets.pipeline.stored_value import TABLE, load_value
from ml_assets.pipeline.versions import packages_of
from ml_assets.pipeline.workspace import Workspace
from ml_assets.settings import load_settings

__all__ = ("Computed", "Day", "Draft", "Look", "Made")
LOGGER = logging.getLogger("ml_assets")


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
        makes_used: whether what it uses of other pipelines is made, where it is not stored as it would be; else it is
            loaded.
    """

    parameters: Parameters
    as_of: dt.date
    workspace: Workspace
    loaded: dict[str, Any] = field(default_factory=dict)
    pinned: Mapping[str, Manifest] = field(default_factory=dict)
    making: str = ""
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    makes_used: bool = False
    _manifests: dict[str, Manifest] = field(default_factory=dict)
    _fresh: dict[str, Any] = field(default_factory=dict)
    _rows: dict[str, Rows] = field(default_factory=dict)
    _wanted: Collection[str] | None = None
    _is_making: bool = False
    _for: "Day | None" = None

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
        self._wanted = assets
        for asset in self.pipeline.assets:
            if assets is None or asset in assets:
                self.making = asset
                item = self._step(asset)
                yield item
                self._manifests[asset] = item.commit().manifest
                if isinstance(item, Draft):
                    self._keep(asset, item)
                tell_step("asset", total=len(self.pipeline.assets if assets is None else assets))

    def product(self, asset: str) -> Product[Any]:
        """What is stored of an upstream asset, without attachments: nobody else has this very value."""
        manifest = self.manifest(asset)
        value = self._fresh.pop(asset) if asset in self._fresh else self._load(asset, manifest)
        return Product(value=value, facts=manifest.facts, metrics=manifest.metrics)

    def manifest(self, asset: str) -> Manifest:
        """The manifest of an upstream asset: as just made, else the pinned one, else from the store."""
        if asset not in self._manifests:
            self._manifests[asset] = self.pinned.get(asset) or self._found(asset)
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
        if (manifest := stored.stored) is None:
            return stored
        kind, before = self.pipeline.assets[asset], made_of(manifest)
        now = replace(self._made_of(asset), artifacts=artifacts, sources=before.sources)
        if kind.recorded:
            kept = reasons(manifest, replace(now, artifacts=before.artifacts))
            stored, now = replace(stored, kept=tuple(kept)), of_inputs(manifest, now)
        if (changed := reasons(manifest, now)) or "rows" not in kind.takes.values():
            return replace(stored, reasons=tuple(changed))
        if any(source.last is None for source in before.sources):
            return self._with(stored, self.compute(asset), now)
        again = ask_again(before.sources, self._rows_of(asset))
        return replace(stored, reasons=tuple(reasons(manifest, replace(now, sources=again))))

    def completed(self, look: Look, asset: str, artifacts: tuple[InputArtifact, ...]) -> Look:
        """The same of an asset that must be made, with what is made of it, and what that tells of its rows."""
        computed = look.computed or self.compute(asset)
        return self._with(look, computed, replace(self._made_of(asset), artifacts=artifacts))

    def code(self, asset: str) -> Code:
        """The code that makes an asset of these parameters."""
        return code_of(self.pipeline.assets[asset], self.pipeline.identity(self.parameters, asset))

    def compute(self, asset: str) -> Computed:
        """Call the function of an asset, and commit nothing."""
        computed = compute(
            self.pipeline.assets[asset],
            parameters=self.parameters,
            as_of=self.as_of,
            product=self.product,
            rows=self._rows_of(asset),
            resources=self.workspace.resources,
            packages=self.code(asset).packages,
            extra=self.extra.get(asset, {}),
        )
        del self._rows[asset]  # they need not be held
        return computed

    def _rows_of(self, asset: str) -> Rows:
        """Where an asset asks for rows: what was read to know whether it must be made is not read again."""
        if asset not in self._rows:
            self._rows[asset] = self.workspace.rows(
                self.as_of, window=window_of(self.pipeline.assets[asset], self.parameters)
            )
        return self._rows[asset]

    def refuse_unset(self) -> None:
        """RefusedError, before anything is made, where the settings lack something for a resource of what may be made."""
        if self._for is not None:
            self._for.refuse_unset()  # whose own assets are made next
        if not self._is_making:
            classes = resource_classes(self.pipeline, self._wanted)
            if problems := resource_problems(classes, given=self.workspace.resources):
                raise RefusedError(problems)
            self._is_making = True

    def _found(self, asset: str) -> Manifest:
        """What is stored of an upstream asset; one of another pipeline is made by that first, where this is to be."""
        owner = self.pipeline.owner(asset)
        if owner is self.pipeline or not self.makes_used:
            return self.workspace.store.manifest(self.key(asset))
        day = Day(
            parameters=self.parameters,
            as_of=self.as_of,
            workspace=replace(self.workspace, pipeline=owner, again=()),
            loaded=self.loaded,
            makes_used=True,
            _for=self,
        )
        *_, made = day.run(owner.behind(asset))
        return made.manifest

    def _step(self, asset: str) -> Draft | Made:
        started, key = self.workspace.now(), self.key(asset)
        self._refuse_mixed(asset)
        artifacts = self._inputs(asset)
        look = self.look(asset, artifacts)
        if look.stored is not None and not look.reasons:
            LOGGER.info("%s %s reused: %s", self.as_of, asset, look.told)
            return Made(key=key, manifest=look.stored, reused=True, reason=look.told)
        self.refuse_unset()
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
            paths=self._paths(kind.inputs),
            code_version=code.version,
            code_files=code.files,
            code_modules=code.opaque,
            recorded=kind.recorded,
            packages=packages_of(code.packages),
            started_at=started,
            reason="; ".join(look.reasons),
            judge=lambda draft: judge(self, draft),
        )

    def _load(self, asset: str, manifest: Manifest) -> Any:
        """The value of the one that is told as the input."""
        key, kind = self.key(asset), self.pipeline.taken(asset)
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
            if not self.workspace.reuses(self.pipeline.assets[asset]):
                off = "named to be made again" if self.workspace.again else "reuse is off"
                return Look(stored=None, reasons=(off,))
            return Look(stored=store.verify(key), reasons=())
        except CorruptArtifactError as error:
            return Look(stored=None, reasons=(f"the stored one was damaged: {error}",))

    def _made_of(self, asset: str) -> MadeOf:
        code = self.code(asset)
        return MadeOf(code_version=code.version, packages=packages_of(code.packages), code_files=code.files)

    def _with(self, look: Look, computed: Computed, now: MadeOf) -> Look:
        """The same with what was made, and all that differs from what is stored."""
        now = replace(now, sources=computed.sources)
        why = look.reasons if look.stored is None else tuple(reasons(look.stored, now))
        return replace(look, computed=computed, reasons=why)

    def _refuse_mixed(self, asset: str) -> None:
        """CorruptArtifactError where an input was made of another artifact than the one that is an input too."""
        inputs = self.pipeline.assets[asset].inputs
        for name in inputs:
            owner = self.pipeline.owner(name)
            for base in owner.assets[name].inputs:
                is_input = base in inputs and owner.owner(base) is self.pipeline.owner(base)
                if is_input and not self.manifest(name).made_of(self.manifest(base)):
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

    def _paths(self, names: Collection[str]) -> dict[str, str]:
        """Where what is of other pipelines is kept, by asset."""
        return {name: self.key(name).path for name in names if name in self.pipeline.uses}
