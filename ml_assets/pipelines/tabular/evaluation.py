"""How good a model is on the holdout: metrics with their intervals, against a baseline; curves; what it relies on."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.entities import entity_codes, entity_name
from ml_assets.core.figures import BLUE, DARK, GREY, figure_of, finish, png, short
from ml_assets.core.product import Product
from ml_assets.core.scores import SCORES, Scored, scored, scored_rows
from ml_assets.core.statistics import numbers as number_metrics
from ml_assets.core.statistics.classes import mean_auc
from ml_assets.core.statistics.intervals import count_clusters
from ml_assets.errors import TrainingError
from ml_assets.pipelines.tabular.columns import class_names
from ml_assets.pipelines.tabular.evaluated import classes, numbers, yes_no
from ml_assets.pipelines.tabular.features import WORSE, importance, single_features, suspects
from ml_assets.pipelines.tabular.folds import HOLDOUT, TRAIN, rows_of
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.training import predict

MOST_FEATURES = 20  # of a picture
METRIC_DIGITS = 10
NOUNS = {"binary": "0 or 1", "multiclass": "a class", "regression": "a number"}


def evaluate(
    model: Any, table: pl.DataFrame, *, contract: DatasetContract, parameters: TrainingParameters
) -> Product[Any]:
    """Measure a fitted model on the holdout fold of its training set.

    Returns:
        A product whose value is a JSON document with `metrics`, `rows`, `entity`, `feature_importance`, `single_features`
        and, as the task of the contract says, `curves`, or `classes` and `confusion`; and whose attachments are the scores
        of the holdout's rows and its pictures.

    Raises:
        TrainingError: the holdout rows have one class only, or one number.
    """
    train, holdout = (rows_of(table, fold) for fold in (TRAIN, HOLDOUT))
    if holdout[contract.label].n_unique() == 1:
        kind = "number" if contract.task == "regression" else "class"
        raise TrainingError(
            f"{contract.label}: the holdout rows have one {kind} only. Choose a larger holdout_days."
        )
    entity_id = entity_name(table, contract)
    entity = entity_codes(holdout, entity_id)
    parts = {fold: _scores(model, rows, contract) for fold, rows in ((TRAIN, train), (HOLDOUT, holdout))}
    seen, held = scored(parts[TRAIN]), scored(parts[HOLDOUT])
    document: dict[str, Any] = {
        **_measured(seen, held, entity),
        "rows": {"train": train.height, "holdout": holdout.height},
        "entity": {"name": entity_id, "holdout": count_clusters(entity)},
        "feature_importance": importance(model, holdout, contract=contract, seed=parameters.seed),
        "single_features": single_features(train, holdout, contract=contract),
    }
    return Product(
        value=document,
        facts=_facts(document),
        metrics=document["metrics"],
        attachments={
            SCORES: parts[HOLDOUT],
            **_pictures(document),
            "feature_importance.png": feature_importance_png(document),
        },
    )


def _scores(model: Any, rows: pl.DataFrame, contract: DatasetContract) -> pl.DataFrame:
    score = predict(model, rows, contract)
    return scored_rows(rows, score, contract=contract, classes=class_names(model, contract))


def _measured(train: Scored, held: Scored, entity: Any) -> dict[str, Any]:
    """The metrics, and what else the task has; `binary`, the first, does not say which it is."""
    import numpy as np

    y, score = held.outcome, held.score
    if held.task == "binary":
        found = yes_no.metrics(y, score, base_rate=float(train.outcome.mean()), entity=entity)
        found["train_roc_auc"] = mean_auc(train.outcome, train.score)
        return {"metrics": _rounded(found), "curves": yes_no.curves(y, score)}
    if held.task == "regression":
        found = numbers.metrics(y, score, mean=float(train.outcome.mean()), entity=entity)
        found["train_r2"] = number_metrics.r2(train.outcome, train.score, 0.0).value
        return {"task": held.task, "metrics": _rounded(found), "curves": numbers.curves(y, score)}
    shares = np.bincount(train.outcome, minlength=len(held.classes)) / len(train)
    found = classes.metrics(y, score, shares=shares, entity=entity)
    found["train_roc_auc"] = mean_auc(train.outcome, train.score)
    return {
        "task": held.task,
        "metrics": _rounded(found),
        "classes": classes.by_class(y, score, classes=held.classes, shares=shares),
        "confusion": classes.confusion(y, score, classes=held.classes),
    }


def _rounded(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, METRIC_DIGITS) for name, value in metrics.items()}


def _pictures(document: Mapping[str, Any]) -> dict[str, bytes]:
    task = document.get("task", "binary")
    if task == "regression":
        return {"predictions.png": numbers.predictions_png(document)}
    if task == "multiclass":
        return {"confusion.png": classes.confusion_png(document)}
    return {"curves.png": yes_no.curves_png(document)}


def _facts(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "train_rows": document["rows"]["train"],
        "holdout_rows": document["rows"]["holdout"],
        "entity": document["entity"]["name"],
        "holdout_entities": document["entity"]["holdout"],
        "suspects": suspects(document["single_features"]),
        "not_measured": _not_measured(document),
    }


def _not_measured(document: dict[str, Any]) -> dict[str, str]:
    """Why each other declared metric is not told."""
    task = document.get("task", "binary")
    reason = f"the label is {NOUNS[task]}"
    absent = {metric.name: reason for metric in METRICS.declared if metric.name not in document["metrics"]}
    if "roc_auc" in absent and task == "multiclass":
        absent["roc_auc"] = "a class does not occur in the holdout"
    return absent


def feature_importance_png(document: Mapping[str, Any]) -> bytes:
    """How much worse it is when a feature is shuffled, 700 pixels wide; at most the 20 most important."""
    items = document["feature_importance"][:MOST_FEATURES][::-1]
    rows = range(len(items))
    height = 0.75 + 0.28 * len(items)
    figure = figure_of(7, height)
    names = [short(item["feature"]) for item in items]
    left = 0.04 + 0.0105 * max(map(len, names), default=0)
    axes = figure.add_axes((left, 0.5 / height, 0.97 - left, 1 - 0.6 / height))
    means, spreads = ([item[part] for item in items] for part in ("mean", "std"))
    error = {"ecolor": DARK, "elinewidth": 1, "capsize": 2}
    axes.barh(rows, means, height=0.65, xerr=spreads, color=BLUE, error_kw=error)
    axes.set_yticks(rows, names)
    axes.axvline(0, color=GREY, linewidth=1)
    axes.locator_params(axis="x", nbins=6)
    finish(axes, x=f"{WORSE[document.get('task', 'binary')]} when shuffled", y="")
    return png(figure)
