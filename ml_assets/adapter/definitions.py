"""All that Dagster needs of a pipeline: assets, checks, a job, resources that refuse a bad value at launch, and what launches."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dagster as dg

from ml_assets.adapter.assets import assets_of_view
from ml_assets.adapter.io_manager import io_manager_of
from ml_assets.adapter.launching.of_view import launching_of
from ml_assets.adapter.parameters import options_resource, params_resource
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import problems_of
from ml_assets.errors import DefinitionError


def definitions_of(
    pipeline: Declared,
    *,
    prefix: str = "",
    pinned: Mapping[str, Any] = MappingProxyType({}),
    assets: Sequence[dg.AssetsDefinition] = (),
    partitions: dg.TimeWindowPartitionsDefinition | None = None,
) -> dg.Definitions:
    """The definitions of a pipeline; they can be merged with those of others, and with other views of it.

    Args:
        pipeline: what is shown.
        prefix: the first part of its asset keys, and of the names of its job and resources.
        pinned: parameters that cannot be given in this view, and their values.
        assets: those beside the pipeline that its runs can make, such as `@pipeline.dagster_asset` declares.
        partitions: the days; by default from the first day of the settings on.

    Raises:
        DefinitionError: prefix and pinned parameters do not fit the pipeline.
    """
    view = View(pipeline=pipeline, prefix=prefix, pinned=dict(pinned))
    _refuse_pins(view)
    made = assets_of_view(view, partitions=partitions)
    own = dg.Definitions(
        assets=[made, *assets],
        jobs=[job_of(view)],
        resources=resources_of(view, steps=[item.node_def.name for item in assets]),
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(own, launching_of(view))


def job_of(view: View) -> Any:
    """The job that makes all assets of a view, of one day or of a range."""
    return dg.define_asset_job(
        view.job_name,
        selection=dg.AssetSelection.assets(*map(view.key, view.pipeline.assets)),
        description=f"Make the assets of {view.name}. Parameters: resources.{view.params}; the partition is the as_of.",
    )


def resources_of(
    view: View, *, steps: Sequence[str], reserved: Sequence[str] = ()
) -> dict[str, dg.ResourceDefinition]:
    """The resources of a view; the options are those of all pipelines.

    Args:
        view: of which pipeline.
        steps: those of assets beside it.
        reserved: names that an asset of one's own cannot have beside those of the pipeline's assets.
    """
    return {
        view.params: params_resource(view),
        OPTIONS: options_resource(),
        view.io_manager: io_manager_of(view, steps=steps, reserved=reserved),
    }


def _refuse_pins(view: View) -> None:
    if view.pinned and not view.prefix:
        raise DefinitionError(
            f'{view.name}: parameters are pinned in a view of its own. Give it a prefix="...".'
        )
    problems = problems_of(view.pinned, view.pipeline.parameters)
    if problems:
        raise DefinitionError("\n".join(f"{view.name}: pinned: {problem}" for problem in problems.values()))
