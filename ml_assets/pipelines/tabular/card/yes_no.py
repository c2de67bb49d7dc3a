"""What the card of a model of a yes or no says of how good it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from ml_assets.pipelines.tabular.card.text import independent, interval, table

CALIBRATION = ("predicted", "observed", "rows")
FAR_ABOVE = 0.1  # of the holdout's interval: a ROC AUC of the training rows that is warned of
SHOWN = (
    ("roc_auc", "ROC AUC", "0.5 is chance, 1 is perfect"),
    ("average_precision", "average precision", "the base rate is chance"),
    ("log_loss", "log loss", "lower is better"),
    ("brier", "Brier score", "lower is better"),
    ("skill", "skill", "share of the baseline's Brier score that is gone; 1 is perfect"),
    (
        "calibration_error",
        "calibration error",
        "mean distance of predicted and observed rate; a perfectly calibrated model would show {calibration_error_expected:.4f} by chance",
    ),
    ("lift_at_10pct", "lift in the top tenth", "1 is chance"),
)


def performance(document: Mapping[str, Any]) -> str:
    """The metrics on the holdout beside those of always answering with the base rate."""
    metrics, rows = document["metrics"], document["rows"]["holdout"]
    baseline = {"log_loss": metrics["baseline_log_loss"], "brier": metrics["baseline_brier"], "roc_auc": 0.5}
    baseline |= {"average_precision": metrics["base_rate"], "lift_at_10pct": 1.0, "skill": 0.0}
    lines = [
        (
            label,
            f"{metrics[name]:.4f}",
            interval(name, metrics),
            f"{baseline[name]:.4f}" if name in baseline else "",
            note.format(**metrics),
        )
        for name, label, note in SHOWN
    ]
    return (
        f"## Performance on {rows:,} held-out rows\n\n"
        + table(("metric", "model", "95 % interval", "always the base rate", "how to read it"), lines)
        + f"\n\n{independent(document['entity'], rows)}\n\n{_learned(metrics)}"
    )


def _learned(metrics: Mapping[str, float]) -> str:
    """How good it is on the rows that it has learned from, with a warning where that is far better than on others."""
    train = f"On the training rows the ROC AUC is {metrics['train_roc_auc']:.4f}"
    if metrics["train_roc_auc"] <= metrics["roc_auc_high"] + FAR_ABOVE:
        return f"{train}."
    return (
        f"**{train}, which is above the interval on held-out rows by more than {FAR_ABOVE}.** The model has learned its rows "
        "by heart, or what was held out behaves otherwise: give it less freedom or more rows, and rely on the held-out rows alone."
    )


def calibration(points: Mapping[str, Sequence[float]]) -> str:
    """Predicted and observed rates of groups of rows by their score."""
    lines = [
        (f"{rows:.0f}", f"{predicted:.1%}", f"{observed:.1%}")
        for predicted, observed, rows in zip(*(points[name] for name in CALIBRATION), strict=True)
    ]
    return (
        "## Can the probability be taken at its word?\n\n"
        "Held-out rows in groups by their score, the lowest first. Where the two rates differ, use the score to rank rows, "
        "not as a probability.\n\n" + table(("rows", "predicted", "observed"), lines)
    )
