"""A price, three classes and 0 or 1, each trained from a landing zone of its own names, by every shipped model version."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as known

from ml_assets.errors import RefusedError, SourceError, TrainingError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import RECIPES
from ml_assets.storage.artifact_store import ArtifactStore
from ml_assets_tests.three_tasks import AS_OF, CLASSES, LABELS, TASKS, land_tasks, rows

DAYS = {"source": "shop", "lookback_days": 60, "holdout_days": 20}
VERSIONS = ("v1", "v2", "v3")


@pytest.fixture
def zone(tmp_path, monkeypatch):
    monkeypatch.setenv("ML_ASSETS_SOURCES__SHOP", str(land_tasks(tmp_path / "zone")))
    return tmp_path / "zone"


def made(store, dataset, version="v1", **values):
    run = tabular.resolve({"dataset": dataset, "model_version": version, **DAYS, **values}, as_of=AS_OF)
    return tabular.make(run, store=store)


def scores(results, tmp_path):
    """The stored scores of the holdout, in the order of the ids."""
    folder = tmp_path / "store" / str(results["evaluation"].key.path)
    (file,) = [item for item in results["evaluation"].manifest.files if item.name == "scores.parquet"]
    return pl.read_parquet(folder / file.file).sort("id")


def expected(dataset, found):
    """The same metrics by scikit-learn, on rows that were never stored."""
    actual = rows(dataset).filter(pl.col("id").is_in(found["id"].to_list())).sort("id")[LABELS[dataset]]
    if dataset == "houses":
        y, predicted = actual.to_numpy(), found["score"].to_numpy()
        return {
            "mae": known.mean_absolute_error(y, predicted),
            "rmse": known.root_mean_squared_error(y, predicted),
            "r2": known.r2_score(y, predicted),
        }
    if dataset == "trials":
        y, predicted = actual.to_numpy(), found["score"].to_numpy()
        return {"roc_auc": known.roc_auc_score(y, predicted), "log_loss": known.log_loss(y, predicted)}
    y, predicted = actual.to_numpy(), found.select(f"score_{name}" for name in CLASSES).to_numpy()
    likeliest = np.array(CLASSES)[predicted.argmax(axis=1)]
    return {
        "roc_auc": known.roc_auc_score(y, predicted, multi_class="ovr", labels=CLASSES),
        "log_loss": known.log_loss(y, predicted, labels=CLASSES),
        "accuracy": known.accuracy_score(y, likeliest),
        "balanced_accuracy": known.balanced_accuracy_score(y, likeliest),
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("dataset", TASKS)
def test_each_metric_is_that_of_scikit_learn_and_each_check_holds(zone, tmp_path, dataset, version):
    results = made(ArtifactStore(str(tmp_path / "store")), dataset, version)

    found, told = scores(results, tmp_path), results["evaluation"].metrics
    assert found.height == results["evaluation"].value["rows"]["holdout"] == 200
    assert {name: told[name] for name in expected(dataset, found)} == pytest.approx(
        expected(dataset, found), abs=1e-9, rel=1e-9
    )
    for name in expected(dataset, found):
        assert told[f"{name}_low"] < told[name] < told[f"{name}_high"]
    verdicts = [check.passed for made in results.values() for check in made.manifest.checks.values()]
    assert verdicts
    assert all(verdicts)


@pytest.mark.parametrize("dataset", TASKS)
def test_what_a_task_does_not_have_is_told_with_its_reason(zone, tmp_path, dataset):
    results = made(ArtifactStore(str(tmp_path / "store")), dataset)

    facts, told = results["evaluation"].manifest.facts, results["evaluation"].metrics
    names = {metric.name for metric in tabular.metrics}
    assert {*facts["not_measured"]} == names - {*told}
    assert all(facts["not_measured"].values())


@pytest.mark.parametrize("dataset", TASKS)
def test_a_second_run_has_the_same_bytes_and_a_third_makes_nothing(zone, tmp_path, dataset):
    first, second = (made(ArtifactStore(str(tmp_path / of)), dataset, "v3") for of in ("one", "two"))
    third = made(ArtifactStore(str(tmp_path / "two")), dataset, "v3")

    assert {name: made.sha256 for name, made in first.items()} == {
        name: made.sha256 for name, made in second.items()
    }
    assert all(made.reused for made in third.values())
    assert [item.asset for item in third["evaluation"].manifest.artifacts] == ["model", "training_set"]


def test_another_task_makes_everything_stale_and_refuses_what_it_cannot_learn(zone, tmp_path):
    store = ArtifactStore(str(tmp_path / "store"))
    before = {name: made(store, name) for name in ("trials", "houses")}
    for name in before:
        path = zone / name / "dataset.toml"
        text = path.read_text().replace('task = "regression"', "")
        path.write_text(f'{text}task = "multiclass"\n')

    after = made(store, "trials")

    assert not any(result.reused for result in after.values())
    assert after["training_set"].value["cured"].dtype == pl.String
    assert "accuracy" in after["evaluation"].metrics
    assert {name: of.key for name, of in after.items()} == {
        name: of.key for name, of in before["trials"].items()
    }
    with pytest.raises(SourceError, match="It must hold the names of classes"):
        made(store, "houses")


def test_the_card_names_the_task_s_own_baseline_and_numbers(zone, tmp_path):
    store = ArtifactStore(str(tmp_path / "store"))
    houses, tickets = (made(store, name)["model_card"].value for name in ("houses", "tickets"))

    assert "Model: ridge regression; run" in houses
    assert "Rows: data set `houses`; the label: `price`\nThe score is the estimated `price`." in houses
    assert "| mean absolute error |" in houses
    assert "## How far off is it?" in houses
    assert "It beats always answering with the mean, by RMSE on the holdout." in houses
    assert "Model: regularised logistic regression; run" in tickets
    assert "are `billing`" in tickets
    assert "## Which class is told from the others?" in tickets
    assert tickets.count("\n| `") >= len(CLASSES)


def test_a_data_set_that_is_not_there_is_refused_with_those_that_are(zone, tmp_path):
    with pytest.raises(
        SourceError,
        match=r"has no dataset `house`. There are: houses, tickets, trials. Did you mean houses\?",
    ):
        made(None, "house")
    with pytest.raises(RefusedError, match=r"dataset: unknown. Allowed: orders, customers."):
        tabular.resolve({"dataset": "houses"}, as_of=AS_OF)


def test_a_class_that_the_holdout_alone_has_counts_as_wrong_and_is_told(zone, tmp_path):
    for day in ("2025-04-20", "2025-04-21"):
        path = zone / "tickets" / f"date={day}" / "part.parquet"
        pl.read_parquet(path).with_columns(team=pl.lit("legal")).write_parquet(path)

    results = made(ArtifactStore(str(tmp_path / "store")), "tickets")

    evaluation, checks = results["evaluation"], results["training_set"].manifest.checks
    assert evaluation.metrics["accuracy"] < 0.95
    assert evaluation.value["confusion"]["classes"] == [*CLASSES, "(other)"]
    assert sum(map(sum, evaluation.value["confusion"]["rows"])) == 200
    assert not checks["enough_rows"].passed
    assert "The training rows have 0 rows of class legal, fewer than 10." in checks["enough_rows"].message


def test_a_holdout_without_a_class_has_no_roc_auc_and_says_why(zone, tmp_path):
    for path in sorted((zone / "tickets").glob("date=2025-04-*/part.parquet"))[5:]:
        table = pl.read_parquet(path)
        table.with_columns(team=pl.col("team").replace("other", "billing")).write_parquet(path)

    evaluation = made(ArtifactStore(str(tmp_path / "store")), "tickets")["evaluation"]

    assert "roc_auc" not in evaluation.metrics
    assert evaluation.manifest.facts["not_measured"]["roc_auc"] == "a class does not occur in the holdout"
    assert json.dumps(evaluation.value["classes"])


@pytest.mark.parametrize("dataset", ["tickets", "houses"])
def test_a_feature_that_is_the_outcome_is_suspected(zone, tmp_path, dataset):
    for path in (zone / dataset).glob("date=*/part.parquet"):
        table, label = pl.read_parquet(path), LABELS[dataset]
        leak = pl.col(label).rank("dense") if dataset == "houses" else pl.col(label)
        told = pl.col(label) * 3 - 1 if dataset == "houses" else leak
        table.with_columns(age=told).write_parquet(path)

    evaluation = made(ArtifactStore(str(tmp_path / "store")), dataset)["evaluation"]

    assert evaluation.manifest.facts["suspects"] == ["age"]
    assert evaluation.value["feature_importance"][0]["feature"] == "age"


def test_calibrate_is_refused_where_the_label_is_a_number(zone, tmp_path):
    with pytest.raises(
        TrainingError, match=r"calibrate: `price` is a number and no probability. Leave calibrate out."
    ):
        made(ArtifactStore(str(tmp_path / "store")), "houses", calibrate=True)


def test_all_shipped_versions_are_tried_here():
    assert {*VERSIONS} <= {*RECIPES}
