"""What all promises are tried with: a pipeline, parameters, days, and what was made of them once."""

import datetime as dt
import itertools
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ml_assets.api import Pipeline
from ml_assets.conformance.probe import probed
from ml_assets.conformance.report import NotAskedError
from ml_assets.conformance.values import other_values, used
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import check
from ml_assets.pipeline.attempt import Attempt, attempt
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.settings import load_settings
from ml_assets.storage.artifact_store import ArtifactStore

Calls = list[tuple[str, dt.date]]


@dataclass(kw_only=True)
class Case:
    """One pipeline that is put through the promises.

    Attributes:
        pipeline: what is tried.
        values: the parameters that are given; the others are at their default.
        days: three days in a row, oldest first.
        folder: where everything lies.
        environment: the one of the settings.
        quick: whether what is done over and over is done less often.
    """

    pipeline: Pipeline
    values: Mapping[str, Any]
    days: tuple[dt.date, ...]
    folder: Path
    environment: str
    quick: bool
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def day(self) -> dt.date:
        """The day of what is made for one day."""
        return self.days[-1]

    @cached_property
    def parameters(self) -> Parameters:
        """The parameter set."""
        return check(self.values, self.pipeline.parameters)

    @cached_property
    def others(self) -> Mapping[str, list[Any]]:
        """By field, other values with which the parameters are sound."""
        return {
            name: found
            for name, found in other_values(self.values, self.pipeline.parameters).items()
            if found
        }

    @cached_property
    def made(self) -> Attempt:
        """The last day, made once in plain Python; nothing is ever done to its store."""
        return self.make(self.first_store)

    @cached_property
    def first_store(self) -> ArtifactStore:
        """Where `made` is kept."""
        return self.empty_store()

    @property
    def manifests(self) -> Mapping[str, Manifest]:
        """The manifests of `made` by asset."""
        return {item.key.asset: item.manifest for item in self.made.made}

    @property
    def computed(self) -> list[str]:
        """The assets that code makes again; an answer that is recorded is kept whatever becomes of code and packages."""
        return [name for name, asset in self.pipeline.assets.items() if not asset.recorded]

    def empty_store(self) -> ArtifactStore:
        """A store with nothing in it."""
        return ArtifactStore(str(self.new_folder()))

    def new_folder(self) -> Path:
        """A folder that does not exist yet."""
        return self.folder / f"place-{next(self._numbers)}"

    def copied_store(self) -> ArtifactStore:
        """A store with what `made` has made, to be harmed."""
        assert self.made  # which makes what is copied
        store = self.empty_store()
        shutil.copytree(self.first_store.root, store.root)
        return store

    def workspace(self, store: ArtifactStore, pipeline: Pipeline | None = None) -> Workspace:
        """Where a run reads and writes, in this process."""
        opened = open_workspace(load_settings(), pipeline=pipeline or self.pipeline)
        return replace(opened, store=store, workers=1)

    def make(
        self,
        store: ArtifactStore,
        *,
        pipeline: Pipeline | None = None,
        change: Callable[[Workspace], Workspace] = lambda workspace: workspace,
        day: dt.date | None = None,
        assets: Collection[str] | None = None,
        **values: Any,
    ) -> Attempt:
        """One day in plain Python; an error of ours is raised."""
        workspace = change(self.workspace(store, pipeline))
        parameters = check({**self.values, **values}, workspace.pipeline.parameters)
        done = attempt(parameters, day or self.day, workspace=workspace, assets=assets)
        if done.error:
            raise done.error
        return done

    def commit_as(self, store: ArtifactStore, asset: str, **changes: Any) -> None:
        """Commit an artifact of `made` once more, a little later, with a manifest that tells something else."""
        key, manifest = self.pipeline.key(asset, self.parameters, self.day), self.manifests[asset]
        later = {"created_at": manifest.created_at + dt.timedelta(milliseconds=1)}
        files = {file.file: store.read_file(key, file) for file in manifest.files}
        store.commit(key, manifest.model_copy(update={**later, **changes}), files)

    def counted(self) -> tuple[Pipeline, Calls]:
        """The pipeline, and a list of each call of a function of it."""
        calls: Calls = []
        return probed(self.pipeline, lambda asset, day: calls.append((asset, day))), calls

    def other(self, name: str) -> Any:
        """Another sound value of a field."""
        return self.others[name][0]

    def takes(self, asset: str, name: str, other: Any) -> bool:
        """Whether a field decides an asset: by the marks of its class, with the value that it has or with the other."""
        cls = self.pipeline.assets[asset].slice
        return any(name in used(cls, {**self.parameters.__dict__, **more}) for more in ({}, {name: other}))

    def fields_to_try(self) -> list[str]:
        """Fields with another sound value: all of them, or of each slice one, where it should be quick."""
        if not self.quick:
            return list(self.others)
        by_slices: dict[tuple[str, ...], str] = {}
        for name in reversed([*self.others]):
            slices = tuple(a.name for a in self.pipeline.assets.values() if name in a.slice.model_fields)
            by_slices.setdefault(slices, name)
        return sorted(by_slices.values())

    def ranked_metric(self) -> str:
        """The first declared metric that ranks; NotAskedError without one that was measured."""
        metrics = [metric.name for metric in self.pipeline.metrics if metric.better != "none"]
        if not metrics:
            raise NotAskedError("it declares no metric that ranks")
        measured = {name for manifest in self.manifests.values() for name in manifest.metrics}
        if found := [name for name in metrics if name in measured]:
            return found[0]
        raise NotAskedError(f"of {', '.join(metrics)} nothing was measured with these parameters")
