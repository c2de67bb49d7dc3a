"""How good a model of a yes or no is on the holdout, against always saying the base rate; curves and their picture."""

from collections.abc import Mapping
from typing import Any

from ml_assets.core.figures import BLUE, GREY, figure_of, finish, png
from ml_assets.core.statistics.calibration import perfect_calibration_error
from ml_assets.core.statistics.yes_no import calibration_groups
from ml_assets.pipelines.tabular.features import spread
from ml_assets.pipelines.tabular.metrics import of_task

POINTS = 50
CURVE_DIGITS = 6
MEANS = ("log_loss", "brier")  # those that the baseline has too


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

    known, constant = of_task("binary"), np.full(len(y), base_rate)
    return {
        **known.measured(y, score, entity, facts={"train_base_rate": base_rate}),
        "calibration_error_expected": perfect_calibration_error(score),
        "base_rate": float(y.mean()),
        **{f"baseline_{name}": known.value(name, y, constant) for name in MEANS},
    }


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
