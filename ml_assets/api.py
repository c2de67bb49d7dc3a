"""What a pipeline can do: be resolved and made in plain Python, and be shown to Dagster.

Nothing heavy is loaded before it is asked for: a file of definitions costs what it imports itself.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any

from ml_assets.core.pipeline import Asset, Declared
from ml_assets.errors import DefinitionError

if TYPE_CHECKING:
    import dagster as dg

    from ml_assets.pipeline.run import Result, Run
    from ml_assets.storage.artifact_store import ArtifactStore


class Assets(Mapping[str, Asset]):
    """The assets of a pipeline by name; called, it gives them as they are in Dagster: `demand.assets()`."""

    def __init__(self, pipeline: "Pipeline", assets: Mapping[str, Asset]) -> None:
        self._pipeline, self._assets = pipeline, assets

    def __getitem__(self, name: str) -> Asset:
        return self._assets[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._assets)

    def __len__(self) -> int:
        return len(self._assets)

    def __repr__(self) -> str:
        return f"Assets({', '.join(self)})"

    def __call__(
        self,
        *,
        prefix: str = "",
        pinned: Mapping[str, Any] = MappingProxyType({}),
        partitions: "dg.TimeWindowPartitionsDefinition | None" = None,
    ) -> "dg.AssetsDefinition":
        """One step of Dagster that makes them, for the definitions of a project that also have its resources.

        Args:
            prefix: the first part of their keys.
            pinned: parameters that cannot be given there, and their values.
            partitions: the days; by default from the first day of the settings on.
        """
        from ml_assets.adapter.assets import assets_of

        self._pipeline.freeze()
        return assets_of(self._pipeline, prefix=prefix, pinned=pinned, partitions=partitions)


class Pipeline(Declared):
    """A named, ordered set of typed functions over one class of parameters.

    demand = Pipeline("demand", Forecast, path=("method", "shop"), promotes="forecast")

    @demand.asset
    def history(params: Series, rows: Rows, as_of: dt.date) -> pl.DataFrame: ...
    """

    @property
    def assets(self) -> Assets:
        """Its assets by name, in the order in which they are made; called, as they are in Dagster."""
        return Assets(self, super().assets)

    def _refuse_unreadable(self, asset: Asset) -> None:
        """DefinitionError where a file or a module that it names as its code is not there."""
        if asset.files or asset.code:
            from ml_assets.pipeline.code_beside import beside_problem

            if problem := beside_problem(asset):
                raise DefinitionError(f"{asset.name}: {problem}")

    def resolve(
        self, values: Mapping[str, Any], *, as_of: dt.date | str = "", environment: str = "default"
    ) -> "Run":
        """The run that is asked for, as `ml_assets.resolve` gives it.

        Args:
            values: parameters by name; those that are left out have their default.
            as_of: a day or its name, YYYY-MM-DD; by default the last complete day, in UTC.
            environment: the name of an environment; by default that of the settings.

        Raises:
            RefusedError: with one line for each problem, none of which repeats a value.
            SettingsError: the settings cannot be used, or know no such environment.
        """
        from ml_assets.pipeline.run import resolve

        self.freeze()
        return resolve(self, values, as_of=as_of, environment=environment)

    def make(
        self,
        run: "Run",
        assets: Collection[str] | None = None,
        *,
        store: "ArtifactStore | EllipsisType | None" = ...,
        again: Collection[str] = (),
        resources: Mapping[str, Any] = MappingProxyType({}),
    ) -> "dict[str, Result]":
        """The artifacts of a run by asset, made or found unchanged, as `ml_assets.make` gives them.

        Args:
            run: what `resolve` has found sound.
            assets: those to make, by default all; what they need of the others must be stored.
            store: where artifacts are kept, by default that of the run's environment; with None, nowhere.
            again: assets that are made again though nothing has changed; a recorded one only so.
            resources: what stands for a resource in a test, by its name; then `store` must be given.
        """
        from ml_assets.pipeline.run import make

        return make(run, assets, store=store, again=again, resources=resources)

    def definitions(
        self,
        *,
        prefix: str = "",
        pinned: Mapping[str, Any] = MappingProxyType({}),
        assets: "Sequence[dg.AssetsDefinition]" = (),
        partitions: "dg.TimeWindowPartitionsDefinition | None" = None,
    ) -> "dg.Definitions":
        """All that Dagster needs of it; they can be merged with those of others, and with other views of it.

        Assets, checks, job and resources; report, leaderboard, promotion and reproduction; schedules and sensors, which
        are off until somebody turns them on. Without metrics there is no leaderboard, without `promotes` no promotion.

        Args:
            prefix: the first part of its asset keys, and of the names of its job and resources.
            pinned: parameters that cannot be given in this view, and their values.
            assets: those beside the pipeline that its runs can make, such as `dagster_asset` declares.
            partitions: the days; by default from the first day of the settings on.
        """
        from ml_assets.adapter.definitions import definitions_of

        self.freeze()
        return definitions_of(self, prefix=prefix, pinned=pinned, assets=assets, partitions=partitions)

    def daily_views(self) -> "dg.Definitions":
        """A view of each preset with `daily = true`: assets, plots and *only failed and missing* of its days alone.

        It has the preset's name as the first part of its keys, all parameters pinned, a job, a report, and a schedule that
        is off until somebody turns it on. Beside `definitions()` this is one line more, in a file of its own in `defs/`.
        """
        from ml_assets.adapter.daily_views import daily_views

        self.freeze()
        return daily_views(self)

    def dagster_asset(
        self,
        *,
        prefix: str = "",
        pinned: Mapping[str, Any] = MappingProxyType({}),
        threads: int = 1,
        partitions: "dg.TimeWindowPartitionsDefinition | None" = None,
        **declared: Any,
    ) -> Callable[[Callable[..., Any]], "dg.AssetsDefinition"]:
        """Declare an asset beside the pipeline, in a step of Dagster of its own.

        Args:
            prefix: the first part of its key, and of those of the view in which it is.
            pinned: parameters that cannot be given there, and their values.
            threads: the threads that linear algebra may use while it is made.
            partitions: the days; by default from the first day of the settings on.
            declared: what else `@dg.asset` takes.
        """
        from ml_assets.adapter.beside import dagster_asset

        return dagster_asset(
            self, prefix=prefix, pinned=pinned, threads=threads, partitions=partitions, **declared
        )
