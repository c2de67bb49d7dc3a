"""An asset of the library beside a pipeline that takes values of its own: declared, refused and started in one way."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import dagster as dg

from ml_assets.adapter.launch_again import launchpads_of, repository_of
from ml_assets.adapter.launching.launch_refused import refused_launchpad
from ml_assets.adapter.own import announce, workspace_for
from ml_assets.adapter.partitions import BACKFILL, days_of_pipeline
from ml_assets.adapter.refusal import our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.parameters import Parameters
from ml_assets.core.result import Failed
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipeline.launchpads import Launchpads
from ml_assets.pipeline.workspace import Workspace

Own = TypeVar("Own", bound=Parameters)


@dataclass(frozen=True, kw_only=True)
class OwnRun(Generic[Own]):
    """A run of such an asset.

    Attributes:
        context: Dagster's.
        view: whose asset it is.
        days: the as_of days of the run.
        parameters: of the pipeline.
        own: the asset's own values.
    """

    context: dg.AssetExecutionContext
    view: View
    days: Sequence[dt.date]
    parameters: Parameters
    own: Own

    @property
    def options(self) -> OptionsConfig:
        """How the run is carried out."""
        options: OptionsConfig = self.context.resources.options
        return options

    def announce(self, values: Mapping[str, Any], run_ids: Sequence[str], *, job: str) -> None:
        """Refuse a mistyped run config; then state what the run makes, in the log and, in the asset's own job, in tags."""
        announce(self.context, values, run_ids, job=job, view=self.view)

    def launchpads(self) -> Launchpads:
        """Where the pipeline's own runs are launched again."""
        repository = repository_of(self.context)
        return launchpads_of(self.view, options=self.options, run=self.context.run, repository=repository)

    def workspace(self, asset: str) -> Workspace:
        """Where it reads and writes."""
        return workspace_for(self.context, self.options, asset, type(self.own), view=self.view)


def own_asset(
    view: View,
    name: str,
    *,
    check: Callable[[Mapping[str, Any]], Own],
    model: type[Own],
    make: Callable[[OwnRun[Own]], Mapping[str, Draft | Made | Failed]],
    deps: Sequence[str],
    **declared: Any,
) -> dg.AssetsDefinition:
    """Declare such an asset, for each day of a view.

    Args:
        view: whose parameters it takes, and whose IO manager commits it.
        name: of the asset, in the store too.
        check: the validated values of its own, or RefusedError with every problem of them.
        model: the class of these values.
        make: what comes of each day of a run.
        deps: the names of the assets that are upstream of it.
        declared: further options of `@dg.asset`.
    """

    def body(context: dg.AssetExecutionContext) -> Iterator[dg.Output[Any]]:
        with our_words(lambda: refused_launchpad(context.run, view)):
            days = days_of(context, every=view.pipeline.every)
            parameters = plain(getattr(context.resources, view.params), view.pipeline.parameters)
            own = check(context.op_execution_context.op_config)
            made = make(OwnRun(context=context, view=view, days=days, parameters=parameters, own=own))
        yield dg.Output(made)

    asset: dg.AssetsDefinition = dg.asset(
        **{
            "key": view.key(name),
            "partitions_def": days_of_pipeline(view.pipeline),
            "deps": [view.key(asset) for asset in deps],
            "io_manager_key": view.io_manager,
            "required_resource_keys": {view.params, OPTIONS},
            "config_schema": dict,  # what it takes is refused, and shown, by what is around it
            **declared,
        }
    )(body)
    return refused_at_launch(fields=model.model_fields, refuse=check, backfill_policy=BACKFILL)(asset)
