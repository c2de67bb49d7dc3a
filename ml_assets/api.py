"""What a pipeline can do: be resolved and made in plain Python, and be shown to Dagster.

Nothing heavy is loaded before it is asked for: a file of definitions costs what it imports itself.
"""

import datetime as dt
import importlib
from collections.abc import Callable, Collection, Iterator, Mapping
from types import EllipsisType
from typing import TYPE_CHECKING, Any

from ml_assets.core.pipeline import Asset, Declared

if TYPE_CHECKING:
    import dagster as dg

    from ml_assets.pipeline.run import Run
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

    def __call__(self, **options: Any) -> "dg.AssetsDefinition":
        """One step of Dagster that makes them; the options are those of `ml_assets.adapter.assets.assets_of`."""
        self._pipeline.freeze()
        made: dg.AssetsDefinition = _adapter("assets", "assets_of")(self._pipeline, **options)
        return made


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
        self.freeze()
        run: Any = importlib.import_module("ml_assets.pipeline.run")
        resolved: Run = run.resolve(self, values, as_of=as_of, environment=environment)
        return resolved

    def make(
        self,
        run: "Run",
        assets: Collection[str] | None = None,
        *,
        store: "ArtifactStore | EllipsisType | None" = ...,
    ) -> Mapping[str, Any]:
        """The artifacts of a run by asset, made or found unchanged, as `ml_assets.make` gives them.

        Args:
            run: what `resolve` has found sound.
            assets: those to make, by default all; what they need of the others must be stored.
            store: where artifacts are kept, by default that of the run's environment; with None, nowhere.
        """
        engine: Any = importlib.import_module("ml_assets.pipeline.run")
        where = {} if store is ... else {"store": store}
        made: Mapping[str, Any] = engine.make(run, assets, **where)
        return made

    def definitions(self, **options: Any) -> "dg.Definitions":
        """All that Dagster needs to launch it; the options are those of `ml_assets.adapter.definitions.definitions_of`."""
        self.freeze()
        made: dg.Definitions = _adapter("definitions", "definitions_of")(self, **options)
        return made

    def dagster_asset(self, **options: Any) -> Callable[[Callable[..., Any]], "dg.AssetsDefinition"]:
        """Declare an asset beside the pipeline, in a step of Dagster of its own; the options are those of `@dg.asset`."""
        decorator: Callable[[Callable[..., Any]], dg.AssetsDefinition]
        decorator = _adapter("beside", "dagster_asset")(self, **options)
        return decorator


def _adapter(module: str, name: str) -> Callable[..., Any]:
    """A function of the adapter, which loads Dagster."""
    found: Callable[..., Any] = getattr(importlib.import_module(f"ml_assets.adapter.{module}"), name)
    return found
