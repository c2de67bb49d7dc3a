"""Pictures of an evaluation, as PNG bytes that are equal for equal documents."""

from collections.abc import Mapping
from typing import Any

from ml_assets.core.figures import BLUE, DARK, GREY, figure_of, finish, png, short

MOST_FEATURES = 20


def curves_png(document: Mapping[str, Any]) -> bytes:
    """ROC, precision-recall and calibration side by side, each with its baseline: 1000 x 330 pixels."""
    numbers, points = document["metrics"], document["curves"]
    figure = figure_of(10, 3.3)
    roc, recall, calibration = figure.subplots(1, 3)
    figure.subplots_adjust(left=0.055, right=0.99, bottom=0.15, top=0.91, wspace=0.24)
    _roc(roc, points["roc"], numbers=numbers)
    _precision_recall(recall, points["precision_recall"], numbers=numbers)
    _calibration(calibration, points["calibration"], numbers=numbers)
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


def _calibration(axes: Any, points: Mapping[str, Any], *, numbers: Mapping[str, float]) -> None:
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
