"""What decides a monitoring beside the model and the rows: over which days, and from how many rows on."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from ml_assets.core.manifest import Manifest
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.parameters import DatasetParameters
from ml_assets.pipelines.tabular.scoring.parameters import ScoringParameters, scoring_identity

ASSET = "monitoring"


class MonitoringParameters(ScoringParameters):
    """The parameters that only a monitoring has; dataset and source are those of the run."""

    window_days: int = Field(
        default=28,
        ge=1,
        le=366,
        description="Latest days with closed outcomes, which scores are held against",
    )
    drift_days: int = Field(
        default=7, ge=1, le=92, description="Latest days whose inputs and scores are held against training"
    )
    min_rows: int = Field(
        default=30, ge=2, le=100_000, description="Rows with outcomes from which on metrics are told"
    )


def monitoring_identity(
    parameters: DatasetParameters, own: MonitoringParameters, model: Manifest
) -> dict[str, Any]:
    """The values that are hashed and stored: those of the predictions and the monitoring's own."""
    return {
        **scoring_identity(parameters, model),
        "window_days": own.window_days,
        "drift_days": own.drift_days,
        "min_rows": own.min_rows,
    }


def check_monitoring(values: Mapping[str, Any]) -> MonitoringParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    if problems := problems_of(values, MonitoringParameters):
        raise RefusedError(list(problems.values()))
    return MonitoringParameters.model_validate(dict(values))
