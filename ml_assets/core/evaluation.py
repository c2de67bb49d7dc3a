"""How good a model is on the holdout: metrics against a baseline, curves, and what it relies on."""

import math
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.plots import curves_png, importance_png
from ml_assets.core.product import Product
from ml_assets.core.training import labels, predict
from ml_assets.core.training_set import FOLD, HOLDOUT, TRAIN

BINS = 10
POINTS = 60
IMPORTANCE_ROWS = 1000
REPEATS = 3
Z95 = 1.959963984540054


def evaluate(
    model: Any, table: pl.DataFrame, *, contract: DatasetContract, parameters: TrainingParameters
) -> Product:
    """Measure a fitted model on the holdout fold of its training set.

    Returns:
        A product whose value is a JSON document with `metrics`, `curves` and `feature_importance`.
    """
    train, holdout = (table.filter(pl.col(FOLD) == fold) for fold in (TRAIN, HOLDOUT))
    y, score = labels(holdout, contract), predict(model, holdout, contract)
    y_train = labels(train, contract)
    numbers = metrics(y, score, base_rate=float(y_train.mean()))
    numbers["train_roc_auc"] = _roc_auc(y_train, predict(model, train, contract))
    rounded = {name: round(value, 10) for name, value in numbers.items()}
    document = {
        "metrics": rounded,
        "rows": {"train": train.height, "holdout": holdout.height},
        "curves": curves(y, score),
        "feature_importance": importance(model, holdout, contract=contract, seed=parameters.seed),
    }
    pictures = {"curves.png": curves_png(document), "feature_importance.png": importance_png(document)}
    facts = {"train_rows": train.height, "holdout_rows": holdout.height}
    return Product(value=document, facts=facts, metrics=rounded, attachments=pictures)


def metrics(y: Any, score: Any, *, base_rate: float) -> dict[str, float]:
    """The metrics of scores (shape (n,), probabilities) against outcomes (shape (n,), 0 or 1).

    Args:
        y: outcomes; both classes must be there.
        score: predicted probabilities of outcome 1.
        base_rate: share of positives in the training rows: what the baseline always predicts.
    """
    import numpy as np
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss

    constant = np.full(len(y), base_rate)
    auc = _roc_auc(y, score)
    margin = Z95 * _auc_error(auc, int(y.sum()), int(len(y) - y.sum()))
    brier, baseline = float(brier_score_loss(y, score)), float(brier_score_loss(y, constant))
    return {
        "roc_auc": auc,
        "roc_auc_low": max(0.0, auc - margin),
        "roc_auc_high": min(1.0, auc + margin),
        "average_precision": float(average_precision_score(y, score)),
        "log_loss": float(log_loss(y, score, labels=[0, 1])),
        "brier": brier,
        "calibration_error": _calibration_error(y, score),
        "lift_at_10pct": _lift(y, score),
        "base_rate": float(y.mean()),
        "baseline_log_loss": float(log_loss(y, constant, labels=[0, 1])),
        "baseline_brier": baseline,
        "skill": 1 - brier / baseline,
    }


def _roc_auc(y: Any, score: Any) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, score))


def _auc_error(auc: float, positive: int, negative: int) -> float:
    """Standard error of a ROC AUC after Hanley and McNeil (1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positive - 1) * (q1 - auc**2) + (negative - 1) * (q2 - auc**2)
    return math.sqrt(max(spread, 0.0) / (positive * negative))


def _calibration_error(y: Any, score: Any) -> float:
    """Mean distance of predicted and observed rate over ten groups of equal size, by score."""
    import numpy as np

    order = np.argsort(score, kind="stable")
    groups = [group for group in np.array_split(order, BINS) if len(group)]
    return float(sum(abs(y[g].mean() - score[g].mean()) * len(g) for g in groups) / len(y))


def _lift(y: Any, score: Any) -> float:
    """How many times more often positives occur in the top tenth by score than overall."""
    import numpy as np

    top = np.argsort(-score, kind="stable")[: max(1, len(y) // 10)]
    return float(y[top].mean() / y.mean())


def curves(y: Any, score: Any) -> dict[str, Any]:
    """ROC, precision-recall and calibration curves as lists of points, at most 60 each."""
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import precision_recall_curve, roc_curve

    fpr, tpr, _ = roc_curve(y, score)
    precision, recall, _ = precision_recall_curve(y, score)
    observed, predicted = calibration_curve(y, score, n_bins=BINS, strategy="quantile")
    return {
        "roc": {"false_positive_rate": _thin(fpr), "true_positive_rate": _thin(tpr)},
        "precision_recall": {"recall": _thin(recall), "precision": _thin(precision)},
        "calibration": {"predicted": _thin(predicted), "observed": _thin(observed)},
    }


def _thin(values: Any) -> list[float]:
    import numpy as np

    kept = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).round().astype(int))
    return [round(float(values[index]), 6) for index in kept]


def importance(
    model: Any, holdout: pl.DataFrame, *, contract: DatasetContract, seed: int
) -> list[dict[str, Any]]:
    """By how much the ROC AUC falls when one feature is shuffled, the most important first.

    At most 1,000 rows, spread evenly over the holdout, are used.
    """
    import numpy as np

    keep = np.unique(
        np.linspace(0, holdout.height - 1, min(IMPORTANCE_ROWS, holdout.height)).round().astype(int)
    )
    rows = holdout[keep.tolist()]
    y = labels(rows, contract)
    if len(np.unique(y)) < 2:  # noqa: PLR2004
        return []
    random = np.random.default_rng(seed)
    reference = _roc_auc(y, predict(model, rows, contract))
    found = []
    for feature in contract.features:
        shuffled = [
            rows.with_columns(rows[feature][random.permutation(rows.height).tolist()]) for _ in range(REPEATS)
        ]
        falls = [reference - _roc_auc(y, predict(model, other, contract)) for other in shuffled]
        found.append(
            {
                "feature": feature,
                "mean": round(float(np.mean(falls)), 6),
                "std": round(float(np.std(falls)), 6),
            }
        )
    return sorted(found, key=lambda item: (-item["mean"], item["feature"]))
