"""The metrics of `tabular`, each declared once: which way is better, what it is beside, over which days it is."""

from ml_assets.core.asset import Metric
from ml_assets.core.metrics import Metrics

HOLDOUT, LOOKBACK = "holdout_days", "lookback_days"

METRICS = Metrics(
    (
        Metric(
            "roc_auc", better="larger", margin=0.01, interval=("roc_auc_low", "roc_auc_high"), over=HOLDOUT
        ),
        Metric("average_precision", better="larger", over=HOLDOUT),
        Metric(
            "log_loss",
            better="smaller",
            margin=0.01,
            interval=("log_loss_low", "log_loss_high"),
            over=HOLDOUT,
            baseline="baseline_log_loss",
        ),
        Metric(
            "brier",
            better="smaller",
            margin=0.005,
            interval=("brier_low", "brier_high"),
            over=HOLDOUT,
            baseline="baseline_brier",
        ),
        Metric("calibration_error", better="smaller", over=HOLDOUT),
        Metric("calibration_error_expected", over=HOLDOUT),
        Metric("lift_at_10pct", better="larger", over=HOLDOUT),
        Metric("base_rate", over=HOLDOUT),
        Metric("baseline_log_loss", over=HOLDOUT),
        Metric("baseline_brier", over=HOLDOUT),
        Metric("skill", better="larger", over=HOLDOUT),
        Metric("train_roc_auc", over=LOOKBACK),
    )
)
