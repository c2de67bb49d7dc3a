"""A view: the names under which Dagster knows a pipeline, and the parameters that are pinned there.

Dagster's partition knows only the day. Where two datasets of one pipeline should have pages and plots of their own, each
gets a view; the store and the run_ids are the same.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import dagster as dg

from ml_assets.adapter.checks import ShownCheck, checks_of
from ml_assets.core.command import retry_commands
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.shown_as import folder_in
from ml_assets.settings import load_settings

OPTIONS = "options"  # one for all pipelines of a code location


@dataclass(frozen=True, kw_only=True)
class View:
    """How Dagster knows a pipeline.

    Attributes:
        pipeline: what is shown.
        prefix: the first part of its asset keys; "" for none.
        pinned: the parameters that cannot be given in this view, and their values.
        step: the name of the one step that makes its assets; by default it is named after the view.
        job: the name of the job that makes its assets; by default that of the view.
    """

    pipeline: Declared
    prefix: str = ""
    pinned: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    step: str = ""
    job: str = ""

    @property
    def is_main(self) -> bool:
        """Whether it is the project's main pipeline, whose keys and resources have bare names."""
        return not self.prefix and not self.pipeline.folder

    @property
    def is_free(self) -> bool:
        """Whether there is a parameter that can be given in this view."""
        return not set(self.pipeline.parameters.model_fields) <= set(self.pinned)

    @property
    def name(self) -> str:
        """The name of the view, of its job and, with an ending, of its resources."""
        return f"{self.prefix}_{self.pipeline.name}" if self.prefix else self.pipeline.name

    @property
    def params(self) -> str:
        """The key of the resource that holds its parameters."""
        return "params" if self.is_main else f"{self.name}_params"

    @property
    def io_manager(self) -> str:
        """The key of its IO manager."""
        return "io_manager" if self.is_main else f"{self.name}_io_manager"

    @property
    def step_name(self) -> str:
        """The name of the step that makes its assets."""
        return self.step or f"{self.name}_assets"

    @property
    def job_name(self) -> str:
        """The name of the job that makes its assets."""
        return self.job or self.name

    def beside(self, kind: str, *, main: str = "") -> str:
        """The name of a job, schedule or sensor beside its own job: that of the main one is bare."""
        return main or kind if self.is_main else f"{self.name}_{kind}"

    def group(self, kind: str) -> str:
        """The group of what is beside its assets: the main one has several, others have theirs."""
        return kind if self.is_main else self.name

    def step_of(self, asset: str) -> str:
        """The name of the step of an asset beside it, under which its config stands."""
        return "__".join(self.key(asset).path)

    def folder_in(self, root: str) -> str:
        """The folder of its files, such as presets, below that of all: the main one has the whole."""
        return folder_in(root, "" if self.is_main else self.name)

    def key(self, asset: str) -> dg.AssetKey:
        """The asset key of one of its assets; one that is used has that of its owner."""
        if asset in self.pipeline.uses:
            return View(pipeline=self.pipeline.uses[asset]).key(asset)
        return dg.AssetKey([*self._first, *asset.split("/")])

    def asset_of(self, key: dg.AssetKey) -> str:
        """The name of the asset with this key, as it is in the store; that of an asset of others is its whole key."""
        first = self._first
        is_ours = bool(first) and key.path[: len(first)] == first
        return "/".join(key.path[len(first) :] if is_ours else key.path)

    def owns(self, run: dg.DagsterRun) -> bool:
        """Whether a run is one of a job that has the name of the view, or one that makes its assets only."""
        first, keys = self._first, run.asset_selection or ()
        if run.job_name == self.job_name or run.job_name.startswith(f"{self.name}_"):
            return True
        return bool(keys) and all(key.path[: len(first)] == first for key in keys)

    def retry(self, parameters: Parameters, days: Iterable[dt.date], *, environment: str) -> list[str]:
        """The commands that make just these days again."""
        first = load_settings().first_pipeline
        return retry_commands(parameters, days, pipeline=self.pipeline, first=first, environment=environment)

    def checks(self, asset: str) -> dict[str, ShownCheck]:
        """The checks of one of its assets, by name."""
        return checks_of(self.pipeline, asset, self.key(asset))

    def pinned_problems(self, values: Mapping[str, Any]) -> list[str]:
        """One line for each pinned parameter that was given another value."""
        return [
            f"{name}: is {json.dumps(value)} in {self.name}. Leave it out."
            for name, value in self.pinned.items()
            if name in values and (type(values[name]), values[name]) != (type(value), value)
        ]

    @property
    def _first(self) -> list[str]:
        return [part for part in (self.prefix, self.pipeline.folder) if part]
