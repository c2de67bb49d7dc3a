"""All that Dagster needs of a pipeline: assets, checks, jobs, and resources that refuse a bad value at launch."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dagster as dg

from ml_assets.adapter.assets import assets_of_view
from ml_assets.adapter.io_manager import io_manager_of
from ml_assets.adapter.launching.of_view import launching_of
from ml_assets.adapter.parameters import options_resource, params_resource
from ml_assets.adapter.promotion import promotion, promotion_job
from ml_assets.adapter.reports.asset import backfill_report, report_job
from ml_assets.adapter.reports.sensor import report_after_backfill
from ml_assets.adapter.reproduction import reproduction
from ml_assets.adapter.sweeps.asset import leaderboard, sweep_job
from ml_assets.adapter.sweeps.sensor import leaderboard_after_sweep
from ml_assets.adapter.verification import verification
from ml_assets.adapter.view import OPTIONS, View
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import problems_of
from ml_assets.core.sweep import result as sweeps
from ml_assets.errors import DefinitionError
from ml_assets.pipeline import failed_trials, report

STEPS = (report.ASSET, sweeps.ASSET)
"""The assets with days that are beside those of every pipeline."""


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
        prefix: the first part of its asset keys, and of the names of its jobs and resources.
        pinned: parameters that cannot be given in this view, and their values.
        assets: those beside the pipeline that its runs can make, such as `@pipeline.dagster_asset` declares.
        partitions: the days; by default from the first day of the settings on.

    Raises:
        DefinitionError: prefix and pinned parameters do not fit the pipeline.
    """
    view = View(pipeline=pipeline, prefix=prefix, pinned=dict(pinned))
    _refuse_pins(view)
    shown = definitions_of_view(view, steps=[item.node_def.name for item in assets], partitions=partitions)
    return (
        dg.Definitions.merge(shown, dg.Definitions(assets=assets, jobs=_jobs_of(assets))) if assets else shown
    )


def _jobs_of(assets: Sequence[dg.AssetsDefinition]) -> list[Any]:
    """A job for each asset beside a pipeline: only the launchpad of a named one can be filled in by an address."""
    return [
        dg.define_asset_job(
            f"{item.node_def.name}_job",
            selection=dg.AssetSelection.assets(*item.keys),
            description=f"Make {', '.join(sorted(key.to_user_string() for key in item.keys))}.",
        )
        for item in assets
    ]


def definitions_of_view(
    view: View,
    *,
    group: str = "",
    steps: Sequence[str] = (),
    reserved: Sequence[str] = (),
    partitions: dg.TimeWindowPartitionsDefinition | None = None,
    beside: Sequence[Callable[[View], dg.Definitions]] | None = None,
) -> dg.Definitions:
    """The definitions of a view: its assets, what is beside them, and its resources.

    Args:
        view: what is shown.
        group: of its assets; by default that of the view.
        steps: those of further assets with days beside it.
        reserved: further names that an asset of one's own cannot have.
        partitions: the days; by default from the first day of the settings on.
        beside: what gives the rest, by default all that is beside every pipeline's assets.
    """
    made = dg.Definitions(
        assets=[assets_of_view(view, group=group, partitions=partitions)],
        jobs=[job_of(view)],
        resources=resources_of(view, steps=steps, reserved=reserved),
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(made, *(each(view) for each in (BESIDE if beside is None else beside)))


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
        steps: those of assets beside it that not every pipeline has.
        reserved: further names that an asset of one's own cannot have beside those of the pipeline's assets.
    """
    known = (*STEPS, failed_trials.ASSET, *reserved)
    return {
        view.params: params_resource(view),
        OPTIONS: options_resource(),
        view.io_manager: io_manager_of(view, steps=[*map(view.step_of, STEPS), *steps], reserved=known),
    }


def reports_of(view: View) -> dg.Definitions:
    """The report on a backfill: its asset, its job, and the sensor that asks for it."""
    return dg.Definitions(
        assets=[backfill_report(view)], jobs=[report_job(view)], sensors=[report_after_backfill(view)]
    )


def _sweeps(view: View) -> dg.Definitions:
    """Nothing where no metric is declared by which trials could be ranked."""
    if not Metrics.of(view.pipeline).ranked:
        return dg.Definitions()
    return dg.Definitions(
        assets=[leaderboard(view)], jobs=[sweep_job(view)], sensors=[leaderboard_after_sweep(view)]
    )


def _promotion(view: View) -> dg.Definitions:
    """Nothing where the pipeline promotes nothing."""
    if view.pipeline.promotes is None:
        return dg.Definitions()
    return dg.Definitions(assets=[promotion(view)], jobs=[promotion_job(view)])


BESIDE: tuple[Callable[[View], dg.Definitions], ...] = (
    reports_of,
    _sweeps,
    _promotion,
    reproduction,
    verification,
    launching_of,
)
"""What every view has beside its assets; each gives nothing where a pipeline lacks what it needs."""


def _refuse_pins(view: View) -> None:
    if view.pinned and not view.prefix:
        raise DefinitionError(
            f'{view.name}: parameters are pinned in a view of its own. Give it a prefix="...".'
        )
    problems = problems_of(view.pinned, view.pipeline.parameters)
    if problems:
        raise DefinitionError("\n".join(f"{view.name}: pinned: {problem}" for problem in problems.values()))
