"""How good a model is on the holdout: metrics with their intervals, against a baseline; curves; what it relies on."""

import math
from collections.abc import Mapping
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.entities import entities, entity_name
from ml_assets.core.figures import BLUE, DARK, GREY, figure_of, finish, png, short
from ml_assets.core.product import Product
from ml_assets.core.scores import SCORES, scored_rows
from ml_assets.core.statistics.calibration import perfect_calibration_error
from ml_assets.core.statistics.intervals import mean_interval
from ml_assets.core.statistics.row_values import RowValues
from ml_assets.core.statistics.yes_no import auc, calibration_groups
from ml_assets.errors import TrainingError
from ml_assets.pipelines.tabular.features import importance, single_features, spread, suspects
from ml_assets.pipelines.tabular.folds import FOLD, HOLDOUT, TRAIN
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.training import labels, predict

POINTS = 50
MOST_FEATURES = 20  # of a picture
METRIC_DIGITS, CURVE_DIGITS = 10, 6
OF_ROWS = ("average_precision", "log_loss", "brier", "calibration_error", "lift_at_10pct", "skill")
MEANS = ("log_loss", "brier")  # never below 0: these have an interval beside the ROC AUC's


def evaluate(
    model: Any, table: pl.DataFrame, *, contract: DatasetContract, parameters: TrainingParameters
) -> Product[Any]:
    """Measure a fitted model on the holdout fold of its training set.

    Returns:
        A product whose value is a JSON document with `metrics`, `rows`, `entity`, `curves`, `feature_importance` and
        `single_features`, and whose attachments are the scores of the holdout's rows and its pictures.

    Raises:
        TrainingError: the holdout rows have one class only.
    """
    train, holdout = (table.filter(pl.col(FOLD) == fold) for fold in (TRAIN, HOLDOUT))
    y = labels(holdout, contract)
    if not 0 < y.sum() < len(y):
        raise TrainingError(
            f"{contract.label}: the holdout rows have one class only. Choose a larger holdout_days."
        )
    score = predict(model, holdout, contract)
    entity = entities(table, contract)[(table[FOLD] == HOLDOUT).to_numpy()]
    document: dict[str, Any] = {
        "metrics": _all_metrics(model, train, y, score, entity, contract=contract),
        "rows": {"train": train.height, "holdout": holdout.height},
        "entity": {"name": entity_name(table, contract), "holdout": len(set(entity.tolist()))},
        "curves": curves(y, score),
        "feature_importance": importance(model, holdout, contract=contract, seed=parameters.seed),
        "single_features": single_features(train, holdout, contract=contract),
    }
    return Product(
        value=document,
        facts=_facts(document),
        metrics=document["metrics"],
        attachments={
            SCORES: scored_rows(holdout, score, contract=contract),
            "curves.png": curves_png(document),
            "feature_importance.png": feature_importance_png(document),
        },
    )


def _facts(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "train_rows": document["rows"]["train"],
        "holdout_rows": document["rows"]["holdout"],
        "entity": document["entity"]["name"],
        "holdout_entities": document["entity"]["holdout"],
        "suspects": suspects(document["single_features"]),
    }


def _all_metrics(
    model: Any, train: pl.DataFrame, y: Any, score: Any, entity: Any, *, contract: DatasetContract
) -> dict[str, float]:
    """Those of the holdout, whose outcomes, scores and entities are given, and one of the training rows."""
    y_train = labels(train, contract)
    numbers = metrics(y, score, base_rate=float(y_train.mean()), entity=entity)
    numbers["train_roc_auc"] = auc(y_train, predict(model, train, contract))
    return {name: round(value, METRIC_DIGITS) for name, value in numbers.items()}


def metrics(y: Any, score: Any, *, base_rate: float, entity: Any) -> dict[str, float]:
    """The metrics of scores (shape (n,), probabilities) against outcomes (shape (n,), 0 or 1).

    Args:
        y: outcomes; both classes must be there.
        score: predicted probabilities of outcome 1.
        base_rate: share of positives in the training rows: what the baseline always predicts.
        entity: whole numbers of shape (n,), equal for rows that are not independent of each other.

    Returns:
        Numbers by name, not rounded. `<metric>_low` and `<metric>_high` are the ends of a 95 % interval by entity
        (`core.statistics.intervals`); those of log loss and Brier score are left out where all rows are of one entity,
        which says nothing of others. `calibration_error_expected` is what a perfectly calibrated model would show on as
        many rows; `base_rate` is the share of positives in `y`; `lift_at_10pct` is how much denser they are in the
        top tenth; `skill` is 1 - Brier score / that of the baseline.
    """
    import numpy as np

    found = {name: METRICS.of_rows(name).values(y, score, base_rate) for name in OF_ROWS}
    constant = np.full(len(y), base_rate)
    baseline = {name: METRICS.of_rows(name).values(y, constant, base_rate).value for name in MEANS}
    return {
        "roc_auc": auc(y, score),
        **_ends("roc_auc", METRICS.of_rows("roc_auc").interval(y, score, entity)),
        "average_precision": found["average_precision"].value,
        **_mean("log_loss", found["log_loss"], entity),
        **_mean("brier", found["brier"], entity),
        "calibration_error": found["calibration_error"].value,
        "calibration_error_expected": perfect_calibration_error(score),
        "lift_at_10pct": found["lift_at_10pct"].value,
        "base_rate": float(y.mean()),
        **{f"baseline_{name}": value for name, value in baseline.items()},
        "skill": found["skill"].value,
    }


def _mean(name: str, found: RowValues, entity: Any) -> dict[str, float]:
    """A mean with its interval, which ends where no mean can be; without one where that is infinitely wide."""
    low, high = mean_interval(found.value, found.contributions, entity)
    ends = _ends(name, METRICS.of_rows(name).within(low, high)) if math.isfinite(low) else {}
    return {name: found.value, **ends}


def _ends(name: str, interval: tuple[float, float]) -> dict[str, float]:
    return dict(zip((f"{name}_low", f"{name}_high"), interval, strict=True))


def curves(y: Any, score: Any) -> dict[str, dict[str, list[float]]]:
    """ROC, precision-recall and calibration curves of scores and outcomes, both of shape (n,).

    Returns:
        `roc`, `precision_recall` and `calibration`, each with equally long lists of coordinates by name: at most 50
        points, and at most ten groups with their `rows` for the calibration.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    fpr, tpr, _ = roc_curve(y, score)
    precision, recall, _ = precision_recall_curve(y, score)
    return {
        "roc": {"false_positive_rate": _thin(fpr), "true_positive_rate": _thin(tpr)},
        # the last point, recall 0 at precision 1, is a convention of scikit-learn and no threshold has it
        "precision_recall": {"recall": _thin(recall[:-1]), "precision": _thin(precision[:-1])},
        "calibration": calibration_curve(y, score),
    }


def calibration_curve(y: Any, score: Any) -> dict[str, list[float]]:
    """`predicted`, `observed` and `rows` of at most ten groups by score; `y` and `score` have shape (n,)."""
    predicted, observed, rows = _calibration(y, score)
    return {"predicted": _thin(predicted), "observed": _thin(observed), "rows": _thin(rows)}


def _calibration(y: Any, score: Any) -> tuple[Any, Any, Any]:
    """Mean prediction, observed rate and row count of at most ten groups by score; equal scores share one."""
    import numpy as np

    group = calibration_groups(score)
    rows = np.bincount(group)
    held = rows > 0
    predicted, observed = (np.bincount(group, weights=part)[held] for part in (score, y))
    return predicted / rows[held], observed / rows[held], rows[held]


def _thin(values: Any) -> list[float]:
    return [round(float(values[place]), CURVE_DIGITS) for place in spread(len(values), POINTS)]


def curves_png(document: Mapping[str, Any]) -> bytes:
    """ROC, precision-recall and calibration side by side, each with its baseline: 1000 x 330 pixels."""
    numbers, points = document["metrics"], document["curves"]
    figure = figure_of(10, 3.3)
    roc, recall, calibration = figure.subplots(1, 3)
    figure.subplots_adjust(left=0.055, right=0.99, bottom=0.15, top=0.91, wspace=0.24)
    _roc(roc, points["roc"], numbers=numbers)
    _precision_recall(recall, points["precision_recall"], numbers=numbers)
    _draw_calibration(calibration, points["calibration"], numbers=numbers)
    return png(figure)


def feature_importance_png(document: Mapping[str, Any]) -> bytes:
    """How far the ROC AUC falls when a feature is shuffled, 700 pixels wide; at most the 20 most important."""
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
    finish(axes, x="fall of ROC AUC when shuffled", y="")
    return png(figure)


def _roc(axes: Any, points: Mapping[str, Any], *, numbers: Mapping[str, float]) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="chance")
    axes.plot(points["false_positive_rate"], points["true_positive_rate"], color=BLUE)
    _unit(axes)
    axes.legend(loc="lower right", frameon=False, fontsize=8)
    auc, low, high = (numbers[name] for name in ("roc_auc", "roc_auc_low", "roc_auc_high"))
    title = f"ROC: AUC {auc:.3f} ({low:.3f} to {high:.3f})"
    finish(axes, x="false positive rate", y="true positive rate", title=title)


def _precision_recall(axes: Any, points: Mapping[str, Any], *, numbers: Mapping[str, float]) -> None:
    base = numbers["base_rate"]
    axes.axhline(base, color=GREY, linestyle="--", linewidth=1, label=f"base rate {base:.3f}")
    axes.plot(points["recall"], points["precision"], color=BLUE)
    _unit(axes)
    axes.legend(loc="upper right", frameon=False, fontsize=8)
    title = f"Precision-recall: average {numbers['average_precision']:.3f}"
    finish(axes, x="recall", y="precision", title=title)


def _draw_calibration(axes: Any, points: Mapping[str, Any], *, numbers: Mapping[str, float]) -> None:
    top = 1.08 * max(*points["predicted"], *points["observed"])
    axes.plot([0, top], [0, top], color=GREY, linestyle="--", linewidth=1, label="perfect")
    axes.plot(points["predicted"], points["observed"], color=BLUE, marker="o", markersize=4)
    axes.set(xlim=(0, top), ylim=(0, top))
    axes.locator_params(nbins=5)
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    error, chance = numbers["calibration_error"], numbers["calibration_error_expected"]
    title = f"Calibration error {error:.3f} (chance: {chance:.3f})"
    finish(axes, x="predicted probability", y="observed rate", title=title)


def _unit(axes: Any) -> None:
    axes.set(
        xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=[0, 0.25, 0.5, 0.75, 1], yticks=[0, 0.25, 0.5, 0.75, 1]
    )
