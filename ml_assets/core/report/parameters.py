"""What decides a report beside the parameters of the run: how many days it covers, and which metric it draws."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ml_assets.core.parameters import Parameters, TrainingParameters, identity
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError

METRICS = (
    "roc_auc",
    "roc_auc_low",
    "roc_auc_high",
    "average_precision",
    "log_loss",
    "log_loss_low",
    "log_loss_high",
    "brier",
    "brier_low",
    "brier_high",
    "calibration_error",
    "calibration_error_expected",
    "lift_at_10pct",
    "base_rate",
    "baseline_log_loss",
    "baseline_brier",
    "skill",
    "train_roc_auc",
)
"""The metrics of an evaluation."""


def in_order(names: Iterable[str]) -> list[str]:
    """Names of metrics as they are shown: those of an evaluation first, then others by name; each once."""
    found = set(names)
    return [name for name in METRICS if name in found] + sorted(found - set(METRICS))


if TYPE_CHECKING:
    Metric = str
else:
    Metric = Literal[METRICS]


class ReportParameters(Parameters):
    """The parameters that only a report has; those of the run decide it as well."""

    window_days: int = Field(
        default=14, ge=1, le=366, description="Days of the report before and including as_of"
    )
    metric: Metric = Field(default="roc_auc", description="The metric that the pictures show")


def report_identity(parameters: TrainingParameters, own: ReportParameters) -> dict[str, Any]:
    """The values that are hashed and stored: those of the run and the report's own."""
    return {
        **identity(parameters, of=TrainingParameters),
        "window_days": own.window_days,
        "metric": own.metric,
    }


def check_report(values: Mapping[str, Any]) -> ReportParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    if problems := problems_of(values, ReportParameters):
        raise RefusedError(list(problems.values()))
    return ReportParameters.model_validate(dict(values))
