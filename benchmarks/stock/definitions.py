"""The same four assets as a person writes them with stock Dagster, to compare with; no trick slows or speeds it up.

Daily partitions, a Config class, the default executor, the default IO manager (pickles under DAGSTER_HOME) and the
default backfill, which is one run a day. The work is plain_run.py's: the same rows, models and pictures.
"""

import datetime as dt
import os
from pathlib import Path

import dagster as dg
import polars as pl
from plain_run import card, evaluate, fit, folds, training_rows
from sklearn.pipeline import Pipeline

from ml_assets.pipelines.tabular import tabular
from ml_assets.sources.sample import SampleSource

days = dg.DailyPartitionsDefinition(start_date="2025-01-01")


class TrainingConfig(dg.Config):
    model_version: str = "v1"
    learning_rate: float = 0.05
    max_depth: int = 4


@dg.asset(partitions_def=days)
def training_set(context: dg.AssetExecutionContext) -> pl.DataFrame:
    table, _ = training_rows(dt.date.fromisoformat(context.partition_key))
    context.add_output_metadata({"rows": table.height})
    return table


@dg.asset(partitions_def=days)
def model(config: TrainingConfig, training_set: pl.DataFrame) -> Pipeline:
    boosting = {"learning_rate": config.learning_rate, "max_depth": config.max_depth}
    own = boosting if config.model_version == "v2" else {}
    return fit(
        config.model_version,
        folds(training_set)[0],
        SampleSource(samples=tabular.samples).contract("orders"),
        **own,
    )


@dg.asset(partitions_def=days)
def evaluation(
    context: dg.AssetExecutionContext, model: Pipeline, training_set: pl.DataFrame
) -> dict[str, float]:
    folder = Path(os.environ["STOCK_PICTURES"], context.run.run_id, context.partition_key)
    folder.mkdir(parents=True, exist_ok=True)
    metrics = evaluate(model, training_set, SampleSource(samples=tabular.samples).contract("orders"), folder)
    metrics = {name: float(value) for name, value in metrics.items()}
    context.add_output_metadata({**metrics, "pictures": dg.MetadataValue.path(folder)})
    return metrics


@dg.asset(partitions_def=days)
def model_card(evaluation: dict[str, float]) -> str:
    return card(evaluation)


defs = dg.Definitions(
    assets=[training_set, model, evaluation, model_card],
    resources={"io_manager": dg.FilesystemIOManager()},
)
