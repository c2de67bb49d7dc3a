"""The asset `kpi_comparison`: two models on the same rows, whose outcomes had closed by the end of its partition."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ml_assets.adapter.own import announce, each_day, workspace_for
from ml_assets.adapter.partitions import BACKFILL, daily
from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of, refuse_mistyped
from ml_assets.config import OptionsConfig, plain
from ml_assets.core.comparison.document import ERROR
from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.release_line import ReleaseLine
from ml_assets.defs.configs import ComparisonConfig, TrainingConfig
from ml_assets.defs.training import VIEW
from ml_assets.pipeline.draft import Draft
from ml_assets.pipeline.released import named_model
from ml_assets.pipelines.tabular.comparison.artifact import (
    comparison_draft,
    comparison_identity,
    comparison_key,
)
from ml_assets.pipelines.tabular.comparison.parameters import (
    ASSET,
    ComparisonParameters,
    check_comparison,
    comparison_parameters,
)
from ml_assets.pipelines.tabular.comparison.scored import compare_scored, metrics_of, score_both
from ml_assets.settings import load_settings

JOB = "compare"


def _refuse(values: Mapping[str, Any]) -> None:
    """Raise RefusedError with every problem of the values."""
    check_comparison(values, slots=load_settings().slots)


@refused_at_launch(
    fields=comparison_parameters(load_settings().slots).model_fields,
    refuse=_refuse,
    backfill_policy=BACKFILL,
)
@dg.asset(
    name=ASSET,
    partitions_def=daily(),
    deps=["model"],
    group_name="releases",
    kinds={"python", "json"},
    description="Two models on the same rows, of which neither was trained on any and whose outcomes had closed by the end of "
    "the partition; each KPI with the interval of its difference. The dataset is the run's parameter. Its own config: candidate, reference, window_days, margins.",
)
@in_our_words
def kpi_comparison(
    context: dg.AssetExecutionContext,
    params: TrainingConfig,
    options: OptionsConfig,
    config: ComparisonConfig,
) -> Iterator[dg.Output[Any]]:
    """Score the same rows by both models; nothing is trained."""
    days = days_of(context)
    refuse_mistyped(context)
    own, settings = plain(config, ComparisonParameters), load_settings()
    workspace = workspace_for(context, options, ASSET, ComparisonParameters, view=VIEW)
    line = ReleaseLine.of(workspace.pipeline, {"dataset": params.dataset})
    reference, candidate = (
        named_model(name, line, settings=settings, environment=workspace.environment)
        for name in (own.reference, own.candidate)
    )
    metrics = metrics_of(candidate)
    names = [comparison_key(candidate, reference, own, day, metrics=metrics).run_id for day in days]
    announce(
        context, comparison_identity(candidate, reference, own, metrics=metrics), names, job=JOB, view=VIEW
    )
    margins = read_margins(own.margins, metrics=metrics)

    def make(day: dt.date) -> Draft:
        scored = score_both(candidate, reference, through=day, window_days=own.window_days, settings=settings)
        compared = compare_scored(scored, metrics=metrics, margins=margins, error=ERROR)
        return comparison_draft(compared, own, day, workspace=workspace)

    yield dg.Output(each_day(days, make))


compare = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Compare one model with another on the same rows. Dataset: resources.params; which models, over how many "
    f"days: ops.{ASSET}.config. Outcomes had closed by the end of the partition.",
)
