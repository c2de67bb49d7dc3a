"""What is known of `tabular` beside its functions: its metrics, each declared once, and its assets."""

from typing import Any

from ml_assets.core.catalog import CATALOG
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.pipeline import Asset, Declared, Metric
from ml_assets.core.product import Product

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


def _measured() -> Product[Any]:
    """What gives metrics."""
    raise NotImplementedError


def _made() -> Any:
    """What gives none."""
    raise NotImplementedError


def _declared() -> Declared:
    pipeline = Declared(
        "tabular",
        TrainingParameters,
        path=("model_version", "dataset"),
        promotes="model",
        metrics=METRICS.declared,
        folder="",
    )
    for name, kind in CATALOG.items():
        pipeline._assets[name] = Asset(  # noqa: SLF001 - its functions have no typed arguments yet
            name=name,
            function=_measured if name == "evaluation" else _made,
            slice=kind.slice,
            takes={} if kind.inputs else {"rows": "rows"},
            inputs=kind.inputs,
            returns=None,
            format=kind.format,
            description="",
        )
    return pipeline


TABULAR = _declared()
