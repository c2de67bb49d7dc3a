"""How good a model is on the holdout: metrics against a baseline, curves, and what it relies on."""

import math
from typing import Any

import polars as pl

from ml_assets.core.contract import DatasetContract
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.plots import curves_png, feature_importance_png
from ml_assets.core.product import Product
from ml_assets.core.scores import SCORES, scored_rows
from ml_assets.core.training import labels, matrix, predict, probability
from ml_assets.core.training_set import FOLD, HOLDOUT, TRAIN
from ml_assets.errors import TrainingError

BINS = 10
POINTS = 50
IMPORTANCE_ROWS = 500  # of each class: ROC AUC does not depend on how many there are of either
REPEATS = 3
SHUFFLED_ROWS = 50_000  # predicted in one go
METRIC_DIGITS, CURVE_DIGITS = 10, 6
Z95 = 1.959963984540054


def evaluate(
    model: Any, table: pl.DataFrame, *, contract: DatasetContract, parameters: TrainingParameters
) -> Product:
    """Measure a fitted model on the holdout fold of its training set.

    Returns:
        A product whose value is a JSON document with `metrics`, `rows`, `curves` and `feature_importance`,
        and whose attachments are the scores of the holdout's rows and its pictures.

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
    document: dict[str, Any] = {
        "metrics": _all_metrics(model, train, y, score, contract=contract),
        "rows": {"train": train.height, "holdout": holdout.height},
        "curves": curves(y, score),
        "feature_importance": importance(model, holdout, contract=contract, seed=parameters.seed),
    }
    return Product(
        value=document,
        facts={"train_rows": train.height, "holdout_rows": holdout.height},
        metrics=document["metrics"],
        attachments={
            SCORES: scored_rows(holdout, score, contract=contract),
            "curves.png": curves_png(document),
            "feature_importance.png": feature_importance_png(document),
        },
    )


def _all_metrics(
    model: Any, train: pl.DataFrame, y: Any, score: Any, *, contract: DatasetContract
) -> dict[str, float]:
    """Those of the holdout, whose outcomes and scores are given, and one of the training rows."""
    y_train = labels(train, contract)
    numbers = metrics(y, score, base_rate=float(y_train.mean()))
    numbers["train_roc_auc"] = _roc_auc(y_train, predict(model, train, contract))
    return {name: round(value, METRIC_DIGITS) for name, value in numbers.items()}


def metrics(y: Any, score: Any, *, base_rate: float) -> dict[str, float]:
    """The metrics of scores (shape (n,), probabilities) against outcomes (shape (n,), 0 or 1).

    Args:
        y: outcomes; both classes must be there.
        score: predicted probabilities of outcome 1.
        base_rate: share of positives in the training rows: what the baseline always predicts.

    Returns:
        Numbers by name, not rounded. `roc_auc_low` and `roc_auc_high` are the 95 % interval after Hanley and McNeil
        (1982); `base_rate` is the share of positives in `y`; `lift_at_10pct` is how much denser they are in the top
        tenth; `skill` is 1 - Brier score / that of the baseline.
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
    """How often a positive scores higher than a negative (Mann and Whitney's U), ties counted half.

    It is scikit-learn's number in a tenth of the time, of which importance takes 30 an evaluation.
    """
    from scipy.stats import rankdata  # type: ignore[import-untyped,unused-ignore]

    positives = int((y == 1).sum())
    above = rankdata(score)[y == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(y) - positives)))


def _auc_error(auc: float, positive: int, negative: int) -> float:
    """Standard error of a ROC AUC after Hanley and McNeil (1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positive - 1) * (q1 - auc**2) + (negative - 1) * (q2 - auc**2)
    return math.sqrt(max(spread, 0.0) / (positive * negative))


def _calibration(y: Any, score: Any) -> tuple[Any, Any, Any]:
    """Mean prediction, observed rate and row count of at most ten groups by score; equal scores share one."""
    import numpy as np

    edges = np.quantile(score, np.linspace(0, 1, BINS + 1)[1:-1])
    group = np.searchsorted(edges, score)
    rows = np.bincount(group, minlength=BINS)
    held = rows > 0
    predicted, observed = (np.bincount(group, weights=part, minlength=BINS)[held] for part in (score, y))
    return predicted / rows[held], observed / rows[held], rows[held]


def _calibration_error(y: Any, score: Any) -> float:
    """Mean distance of predicted and observed rate over the groups, weighted by their rows."""
    predicted, observed, rows = _calibration(y, score)
    return float((abs(predicted - observed) * rows).sum() / rows.sum())


def _lift(y: Any, score: Any) -> float:
    """How many times more often positives occur in the top tenth by score than overall.

    Of rows that tie for the last places, the mean outcome counts: their order says nothing.
    """
    import numpy as np

    places = max(1, len(y) // 10)
    last = np.sort(score)[-places]
    above, tied = y[score > last], y[score == last]
    positives = above.sum() + (places - len(above)) * tied.mean()
    return float(positives / places / y.mean())


def curves(y: Any, score: Any) -> dict[str, dict[str, list[float]]]:
    """ROC, precision-recall and calibration curves of scores and outcomes, both of shape (n,).

    Returns:
        `roc`, `precision_recall` and `calibration`, each with equally long lists of coordinates by name: at most 50
        points, and at most ten groups with their `rows` for the calibration.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    fpr, tpr, _ = roc_curve(y, score)
    precision, recall, _ = precision_recall_curve(y, score)
    predicted, observed, rows = _calibration(y, score)
    return {
        "roc": {"false_positive_rate": _thin(fpr), "true_positive_rate": _thin(tpr)},
        # the last point, recall 0 at precision 1, is a convention of scikit-learn and no threshold has it
        "precision_recall": {"recall": _thin(recall[:-1]), "precision": _thin(precision[:-1])},
        "calibration": {"predicted": _thin(predicted), "observed": _thin(observed), "rows": _thin(rows)},
    }


def _thin(values: Any) -> list[float]:
    return [round(float(values[place]), CURVE_DIGITS) for place in _spread(len(values), POINTS)]


def _spread(count: int, most: int) -> list[int]:
    """At most `most` of the positions 0 to count - 1, the first and last included, evenly apart."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def importance(
    model: Any, holdout: pl.DataFrame, *, contract: DatasetContract, seed: int
) -> list[dict[str, Any]]:
    """By how much the ROC AUC falls when one feature is shuffled, the most important first.

    At most 500 rows of each class, spread evenly over the holdout, are used.

    Returns:
        For each feature its name as `feature`, and `mean` and `std` of the fall over three shuffles.
    """
    import numpy as np

    rows = holdout[_of_each_class(labels(holdout, contract))]
    y, cells = labels(rows, contract), matrix(rows, contract)
    random = np.random.default_rng(seed)
    reference = _roc_auc(y, probability(model, cells))
    found = []
    at_once = max(
        1, SHUFFLED_ROWS // (REPEATS * len(y))
    )  # few large predictions are quicker than many small ones
    for start in range(0, len(contract.features), at_once):
        names = contract.features[start : start + at_once]
        copies = np.tile(cells, (len(names), REPEATS, 1, 1))
        for place, repeat in np.ndindex(len(names), REPEATS):
            copies[place, repeat, :, start + place] = random.permutation(cells[:, start + place])
        scores = probability(model, copies.reshape(-1, cells.shape[1])).reshape(len(names), REPEATS, -1)
        found += [
            _fall(name, [reference - _roc_auc(y, s) for s in of])
            for name, of in zip(names, scores, strict=True)
        ]
    return sorted(found, key=lambda item: (-item["mean"], item["feature"]))


def _fall(feature: str, falls: list[float]) -> dict[str, Any]:
    import numpy as np

    mean, std = (round(float(value), CURVE_DIGITS) for value in (np.mean(falls), np.std(falls)))
    return {"feature": feature, "mean": mean, "std": std}


def _of_each_class(y: Any) -> list[int]:
    import numpy as np

    places = [np.flatnonzero(y == outcome) for outcome in (0, 1)]
    return sorted(int(of[i]) for of in places for i in _spread(len(of), IMPORTANCE_ROWS))
