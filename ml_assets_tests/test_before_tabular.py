"""An asset of one's own before a shipped pipeline's first: features of another pipeline, joined into its rows."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from ml_assets import Metric, Pipeline, Product, Rows, Verdict
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import DatasetParameters, TrainingParameters

DAY = dt.date(2025, 12, 1)
VALUES = {"lookback_days": 120, "holdout_days": 20}
rows_of_tabular = tabular.assets["training_set"].function

traits = Pipeline("traits", DatasetParameters, path=("dataset",))


@traits.asset
def habits(params: DatasetParameters, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """How many orders each customer had in the days of the window."""
    first = as_of - dt.timedelta(days=params.lookback_days - 1)
    orders = rows.scan(params.dataset, source=params.source, first=first, last=as_of)
    return (
        orders.group_by("customer_id")
        .agg(orders_before=pl.len().cast(pl.Float64))
        .sort("customer_id")
        .collect()
    )


richer = Pipeline(
    "richer",
    TrainingParameters,
    path=("model_version", "dataset"),
    promotes="model",
    metrics=[*tabular.metrics, Metric("known_share", better="larger")],
)
richer.use(traits, "habits")

_orders = tabular.samples["orders"]
for _pipeline in (traits, richer):
    _pipeline.sample(**_orders.contract.model_dump(exclude_defaults=True))(_orders.function)


@richer.asset
def training_set(
    params: DatasetParameters, habits: pl.DataFrame, rows: Rows, as_of: dt.date
) -> Product[pl.DataFrame]:
    """The rows of tabular, with one feature more."""
    made = rows_of_tabular(params, rows, as_of)
    table = made.value.join(habits, on="customer_id", how="left", maintain_order="left")
    contract = {**made.facts["contract"], "features": [*made.facts["contract"]["features"], "orders_before"]}
    schema = {**made.facts["schema"], "orders_before": "number"}
    known = 1.0 - table["orders_before"].null_count() / table.height
    return Product(
        table, facts={**made.facts, "contract": contract, "schema": schema}, metrics={"known_share": known}
    )


for _name in ("model", "evaluation", "model_card"):
    richer.asset(tabular.assets[_name].function)


@richer.check(blocking=True)
def most_customers_are_known(training_set: Product[Any]) -> Verdict:
    """Nine in ten rows have the feature."""
    share = training_set.metrics["known_share"]
    return Verdict(share >= 0.9, f"{share:.0%} of the rows")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from ml_assets.storage.artifact_store import ArtifactStore

    store = ArtifactStore(str(tmp_path_factory.mktemp("store")))
    return richer.make(richer.resolve(VALUES, as_of=DAY), store=store), store


def test_the_model_learns_from_the_feature_of_the_other_pipeline(made):
    results, _ = made

    assert results["model"].manifest.facts["numbers"][-1] == "orders_before"
    assert results["training_set"].value["orders_before"].min() >= 1


def test_its_lineage_names_the_other_pipeline(made):
    results, store = made
    own = traits.make(traits.resolve(VALUES, as_of=DAY), store=store)["habits"]

    [used] = results["training_set"].manifest.artifacts
    assert (used.name, used.sha256) == ("traits/habits", own.sha256)
    assert own.reused


def test_its_own_metric_and_check_are_told_beside_those_of_the_shipped_one(made):
    results, _ = made

    assert results["training_set"].metrics == {"known_share": 1.0}
    assert results["training_set"].manifest.checks["most_customers_are_known"].message == "100% of the rows"
    assert "roc_auc" in results["evaluation"].metrics


def test_nothing_of_the_shipped_pipeline_is_touched(made):
    _, store = made

    assert not [*store.keys("training_set")]
    assert [*store.keys("training_set", folder="richer")]
