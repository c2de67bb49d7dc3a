"""What the card of a model of a number says of how good it is."""

from collections.abc import Mapping
from typing import Any

from ml_assets.pipelines.tabular.card.text import independent, table


def performance(document: Mapping[str, Any]) -> str:
    """The metrics on the holdout beside those of always answering with the mean of the training rows."""
    metrics, rows = document["metrics"], document["rows"]["holdout"]
    shown = (
        (
            "mae",
            "mean absolute error",
            f"{metrics['baseline_mae']:.6g}",
            "in the unit of the label; lower is better",
        ),
        (
            "rmse",
            "RMSE",
            f"{metrics['baseline_rmse']:.6g}",
            "root of the mean squared error; large errors weigh more",
        ),
        ("r2", "R\u00b2", "0 at most", "share of the variance that is explained; 1 is perfect"),
    )
    lines = [
        (label, f"{metrics[name]:.6g}", _interval(name, metrics), baseline, note)
        for name, label, baseline, note in shown
    ]
    return (
        f"## Performance on {rows:,} held-out rows\n\n"
        + table(("metric", "model", "95 % interval", "always the mean", "how to read it"), lines)
        + f"\n\n{independent(document['entity'], rows)}\n\nOn the training rows R\u00b2 is {metrics['train_r2']:.4f}."
    )


def errors(curves: Mapping[str, Any]) -> str:
    """By how much predictions are off, and whether they are right on average."""
    residuals, groups = curves["residuals"], curves["calibration"]
    quantiles = [
        (f"{quantile:.0%}", f"{value:.6g}")
        for quantile, value in zip(residuals["quantile"], residuals["value"], strict=True)
    ]
    lines = [
        (f"{rows:.0f}", f"{predicted:.6g}", f"{observed:.6g}")
        for predicted, observed, rows in zip(
            *(groups[name] for name in ("predicted", "observed", "rows")), strict=True
        )
    ]
    return (
        "## How far off is it?\n\n"
        "Of prediction less outcome, so much of the held-out rows is below:\n\n"
        + table(("share", "prediction - outcome"), quantiles)
        + "\n\nHeld-out rows in groups by their prediction, the lowest first, with the means of either:\n\n"
        + table(("rows", "predicted", "actual"), lines)
    )


def _interval(name: str, metrics: Mapping[str, float]) -> str:
    low, high = (metrics.get(f"{name}_{end}") for end in ("low", "high"))
    return "" if low is None or high is None else f"{low:.6g} to {high:.6g}"
