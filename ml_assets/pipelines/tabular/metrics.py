"""The metrics of `tabular`, each declared once: which way is better, what it is beside and of rows, over which days it is."""

import math
from collections.abc import Mapping

from ml_assets.core.asset import Metric
from ml_assets.core.contract import Task
from ml_assets.core.metrics import Metrics
from ml_assets.core.statistics import classes, numbers, yes_no
from ml_assets.core.statistics.row_values import RowMetric

HOLDOUT, LOOKBACK = "holdout_days", "lookback_days"

METRICS = Metrics(
    (
        Metric(
            "roc_auc",
            better="larger",
            margin=0.01,
            interval=("roc_auc_low", "roc_auc_high"),
            over=HOLDOUT,
            rows=RowMetric(values=classes.area, ends=classes.area_ends, largest=1.0),
        ),
        Metric(
            "average_precision",
            better="larger",
            over=HOLDOUT,
            rows=RowMetric(values=yes_no.average_precision, largest=1.0),
        ),
        Metric(
            "log_loss",
            better="smaller",
            margin=0.01,
            interval=("log_loss_low", "log_loss_high"),
            over=HOLDOUT,
            baseline="baseline_log_loss",
            rows=RowMetric(values=classes.log_loss),
        ),
        Metric(
            "brier",
            better="smaller",
            margin=0.005,
            interval=("brier_low", "brier_high"),
            over=HOLDOUT,
            baseline="baseline_brier",
            rows=RowMetric(values=yes_no.brier, largest=1.0),
        ),
        Metric(
            "calibration_error",
            better="smaller",
            over=HOLDOUT,
            rows=RowMetric(values=yes_no.calibration_error, largest=1.0),
        ),
        Metric("calibration_error_expected", over=HOLDOUT),
        Metric("lift_at_10pct", better="larger", over=HOLDOUT, rows=RowMetric(values=yes_no.lift)),
        Metric("base_rate", over=HOLDOUT),
        Metric("baseline_log_loss", over=HOLDOUT),
        Metric("baseline_brier", over=HOLDOUT),
        Metric(
            "skill",
            better="larger",
            over=HOLDOUT,
            rows=RowMetric(values=yes_no.skill, lowest=-math.inf, largest=1.0, fact="train_base_rate"),
        ),
        Metric("train_roc_auc", over=LOOKBACK),
        Metric(
            "accuracy",
            better="larger",
            margin=0.01,
            interval=("accuracy_low", "accuracy_high"),
            over=HOLDOUT,
            rows=RowMetric(values=classes.accuracy, largest=1.0),
        ),
        Metric(
            "balanced_accuracy",
            better="larger",
            interval=("balanced_accuracy_low", "balanced_accuracy_high"),
            over=HOLDOUT,
            rows=RowMetric(values=classes.balanced_accuracy, largest=1.0),
        ),
        Metric(
            "mae",
            better="smaller",
            margin=0.02,
            relative=True,
            interval=("mae_low", "mae_high"),
            over=HOLDOUT,
            baseline="baseline_mae",
            rows=RowMetric(values=numbers.mae),
        ),
        Metric(
            "rmse",
            better="smaller",
            margin=0.02,
            relative=True,
            interval=("rmse_low", "rmse_high"),
            over=HOLDOUT,
            baseline="baseline_rmse",
            rows=RowMetric(values=numbers.rmse),
        ),
        Metric(
            "r2",
            better="larger",
            interval=("r2_low", "r2_high"),
            over=HOLDOUT,
            rows=RowMetric(values=numbers.r2, lowest=-math.inf, largest=1.0),
        ),
        Metric("baseline_mae", over=HOLDOUT),
        Metric("baseline_rmse", over=HOLDOUT),
        Metric("train_r2", over=LOOKBACK),
    )
)

ONLY: Mapping[Task, tuple[str, ...]] = {
    "multiclass": ("accuracy", "balanced_accuracy"),
    "regression": ("mae", "rmse", "r2", "baseline_mae", "baseline_rmse", "train_r2"),
}
"""The metrics that no other task has."""

SHARED = ("roc_auc", "log_loss", "baseline_log_loss", "train_roc_auc")
"""Those that a yes or no has in common with one of several classes."""


def of_task(task: Task) -> Metrics:
    """The metrics of a task, in the order in which all are declared."""
    if task == "binary":
        others = [name for names in ONLY.values() for name in names]
        return Metrics(tuple(metric for metric in METRICS.declared if metric.name not in others))
    names = (*(SHARED if task == "multiclass" else ()), *ONLY[task])
    return Metrics(tuple(metric for metric in METRICS.declared if metric.name in names))
