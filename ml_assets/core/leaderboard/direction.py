"""Which metrics can rank trials, and which way each of them is better."""

from ml_assets.errors import RefusedError

LARGER = ("roc_auc", "average_precision", "lift_at_10pct", "skill")
SMALLER = ("log_loss", "brier", "calibration_error")


def larger_is_better(metric: str) -> bool:
    """Whether a larger value is better.

    Raises:
        RefusedError: the metric says nothing about how good a model is, such as `base_rate`, or is unknown.
    """
    if metric not in LARGER + SMALLER:
        raise RefusedError([f"metric: cannot rank trials. Allowed: {', '.join(LARGER + SMALLER)}."])
    return metric in LARGER
