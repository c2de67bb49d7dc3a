"""The asset `predictions`: a day's rows, scored by the model that serves or by one that was named."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg

from ml_assets.adapter.own import announce, each_day, requested, workspace_for
from ml_assets.adapter.partitions import BACKFILL, daily
from ml_assets.adapter.refusal import in_our_words
from ml_assets.adapter.refused_at_launch import refused_at_launch
from ml_assets.adapter.start import days_of, refuse_mistyped
from ml_assets.config import OptionsConfig, plain
from ml_assets.defs.configs import ScoringConfig, TrainingConfig
from ml_assets.defs.training import VIEW
from ml_assets.pipeline.draft import Draft, Made
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.scoring.model import rows_of_model, scoring_model
from ml_assets.pipelines.tabular.scoring.parameters import (
    ASSET,
    ScoringParameters,
    check_scoring,
    scoring_identity,
)
from ml_assets.pipelines.tabular.scoring.predictions import predict_day, predictions_key

JOB = "score"


@refused_at_launch(
    fields=ScoringParameters.model_fields,
    refuse=check_scoring,
    backfill_policy=BACKFILL,
)
@dg.asset(
    name=ASSET,
    partitions_def=daily(),
    deps=["model"],
    group_name="scoring",
    kinds={"python", "parquet"},
    description="The scores of the rows of the partition's day. The dataset is the run's parameter, and the "
    "source too where it is given, by default the one that the model was trained on. Its own config: model, which is `live` for the one that serves, or a run_id.",
)
@in_our_words
def predictions(
    context: dg.AssetExecutionContext, params: TrainingConfig, options: OptionsConfig, config: ScoringConfig
) -> Iterator[dg.Output[Any]]:
    """Score each day of the run; a day that fails neither stops nor hides the others."""
    days = days_of(context)
    refuse_mistyped(context)
    parameters, own = plain(params, TrainingParameters), plain(config, ScoringParameters)
    workspace = workspace_for(context, options, ASSET, ScoringParameters, view=VIEW)
    model = scoring_model(parameters, own, workspace=workspace, asset=ASSET, requested=requested(context))
    parameters = rows_of_model(parameters, model, named=workspace.given, workspace=workspace)
    names = [predictions_key(parameters, model.manifest, day).run_id for day in days]
    announce(context, scoring_identity(parameters, model.manifest), names, job=JOB, view=VIEW)

    def make(day: dt.date) -> Draft | Made:
        return predict_day(parameters, day, model=model, workspace=workspace)

    yield dg.Output(each_day(days, make))


score = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(ASSET),
    description="Score the rows of a day. Dataset, and source if not the model's: resources.params; which model: "
    f"ops.{ASSET}.config. The partition is the day.",
)
