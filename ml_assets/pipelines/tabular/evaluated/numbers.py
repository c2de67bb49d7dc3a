"""How good a model of a number is on the holdout, against always saying the mean; predictions beside what was."""

from collections.abc import Mapping
from typing import Any

from ml_assets.core.figures import BLUE, DARK, GREY, figure_of, finish, png
from ml_assets.pipelines.tabular.evaluated.yes_no import calibration_curve
from ml_assets.pipelines.tabular.features import spread
from ml_assets.pipelines.tabular.metrics import of_task

MOST_POINTS = 400
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
BINS = 30
FIGURES = 12  # significant ones of a number of the label's own size


def metrics(y: Any, score: Any, *, mean: float, entity: Any) -> dict[str, float]:
    """The metrics of predictions against outcomes, both of shape (n,).

    Args:
        y: outcomes; they must differ.
        score: predictions.
        mean: that of the outcomes of the training rows: what the baseline always predicts.
        entity: whole numbers of shape (n,), equal for rows that are not independent of each other.

    Returns:
        Numbers by name, not rounded. The ends of the intervals are Student's by entity, with the variance of the metrics'
        influences (`core.statistics.row_values`; of r2 and rmse by the delta method: Jaeckel 1972; Huber 1981, chapter 1).
    """
    import numpy as np

    known, constant = of_task("regression"), np.full(len(y), mean)
    return {
        **known.measured(y, score, entity, facts={}),
        **{f"baseline_{name}": known.value(name, y, constant) for name in ("mae", "rmse")},
    }


def curves(y: Any, score: Any) -> dict[str, dict[str, list[float]]]:
    """Predictions beside outcomes, both of shape (n,).

    Returns:
        `predictions`: at most 400 rows, spread evenly over the outcomes in their order, as `actual` and `predicted`;
        `calibration`: means of tenths by prediction; `residuals`: quantiles of prediction - outcome.
    """
    import numpy as np

    order = np.lexsort((score, y))[spread(len(y), MOST_POINTS)]
    residuals = np.quantile(score - y, QUANTILES)
    return {
        "predictions": {"actual": _rounded(y[order]), "predicted": _rounded(score[order])},
        "calibration": calibration_curve(y, score),
        "residuals": {"quantile": list(QUANTILES), "value": _rounded(residuals)},
    }


def predictions_png(document: Mapping[str, Any]) -> bytes:
    """What was beside what was predicted, and how far they are apart: 900 x 400 pixels."""
    import numpy as np

    points, numbers = document["curves"]["predictions"], document["metrics"]
    actual, predicted = np.array(points["actual"]), np.array(points["predicted"])
    figure = figure_of(9, 4)
    left, right = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.14, top=0.91, wspace=0.25)
    ends = [min(actual.min(), predicted.min()), max(actual.max(), predicted.max())]
    left.plot(ends, ends, color=GREY, linestyle="--", linewidth=1)
    left.plot(predicted, actual, "o", color=BLUE, markersize=3, alpha=0.5)
    finish(left, x="predicted", y="actual", title=f"R\u00b2 {numbers['r2']:.3f}")
    right.hist(predicted - actual, bins=BINS, color=BLUE)
    right.locator_params(axis="x", nbins=5)
    right.axvline(0, color=DARK, linewidth=1)
    finish(right, x="predicted - actual", y="rows", title=f"mean absolute error {numbers['mae']:.6g}")
    return png(figure)


def _rounded(values: Any) -> list[float]:
    return [float(f"{value:.{FIGURES}g}") for value in values.tolist()]
