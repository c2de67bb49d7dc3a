"""Pictures of an evaluation, as PNG bytes that are equal for equal documents."""

import io
from collections.abc import Mapping
from typing import Any

BLUE, GREY = "#2f6fab", "#9aa5b1"
DPI = 100


def curves_png(document: Mapping[str, Any]) -> bytes:
    """ROC, precision-recall and calibration side by side, 1000 x 330 pixels."""
    figure = _figure(10, 3.3)
    numbers, points = document["metrics"], document["curves"]
    roc, recall, calibration = figure.subplots(1, 3)
    _curve(roc, points["roc"], title=f"ROC, AUC {numbers['roc_auc']:.3f}")
    roc.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    _curve(
        recall, points["precision_recall"], title=f"Precision-recall, AP {numbers['average_precision']:.3f}"
    )
    recall.axhline(numbers["base_rate"], color=GREY, linestyle="--", linewidth=1)
    _curve(
        calibration,
        points["calibration"],
        title=f"Calibration, error {numbers['calibration_error']:.3f}",
        marker="o",
    )
    top = 1.05 * max(*points["calibration"]["predicted"], *points["calibration"]["observed"])
    calibration.plot([0, top], [0, top], color=GREY, linestyle="--", linewidth=1)
    return _png(figure)


def importance_png(document: Mapping[str, Any]) -> bytes:
    """How far the ROC AUC falls when each feature is shuffled, 700 pixels wide."""
    items = list(reversed(document["feature_importance"]))
    figure = _figure(7, 0.8 + 0.3 * max(len(items), 1))
    axes = figure.subplots()
    axes.barh(
        [i["feature"] for i in items], [i["mean"] for i in items], xerr=[i["std"] for i in items], color=BLUE
    )
    axes.set_xlabel("fall of ROC AUC when shuffled")
    axes.spines[["top", "right"]].set_visible(False)
    return _png(figure)


def _figure(width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _curve(axes: Any, points: Mapping[str, Any], *, title: str, marker: str = "") -> None:
    (x_name, x), (y_name, y) = points.items()
    axes.plot(x, y, color=BLUE, marker=marker)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x_name.replace("_", " "))
    axes.set_ylabel(y_name.replace("_", " "))
    axes.spines[["top", "right"]].set_visible(False)


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
