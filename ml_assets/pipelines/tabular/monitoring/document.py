"""A monitoring: all that is known of a model in use at the end of one day."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ml_assets.core.contract import Task
from ml_assets.core.report.record import Part
from ml_assets.pipelines.tabular.monitoring.drift import Drift
from ml_assets.pipelines.tabular.monitoring.measure import Outcomes

_DRIFT = (
    "Drift says that inputs or scores are not those of training, and not that the model is worse: a season does that too.",
    "Of many features, one in twenty goes beyond chance where nothing has changed.",
)
_INTERVALS = "Intervals take rows of one entity as dependent, and days as alike: a week unlike those of the evaluation counts as a change."
NOTES_OF: Mapping[Task, tuple[str, ...]] = {
    "binary": (
        *_DRIFT,
        "Log loss and Brier score depend on the base rate: where that has moved, the verdicts on ranking and calibration say more.",
        _INTERVALS,
    ),
    "multiclass": (
        *_DRIFT,
        "Log loss and accuracy depend on how frequent each class is: where that has moved, the verdict on calibration says more.",
        _INTERVALS,
    ),
    "regression": (
        *_DRIFT,
        "Errors grow with the numbers themselves: where these have moved, look at r2 and at the bias.",
        _INTERVALS,
    ),
}
NOTES = NOTES_OF["binary"]


class MonitoredModel(Part):
    """The model that made the scores."""

    run_id: str
    model_version: str
    as_of: dt.date
    sha256: str


class Monitoring(Part):
    """What is known of one model on the rows of one source at the end of `as_of`.

    Attributes:
        dataset: of which rows.
        source: where they come from.
        model: which model.
        as_of: the day up to whose end things are known.
        outcomes: scores against outcomes.
        drift: inputs and scores against training; None where no day of the drift window is scored.
        drift_first: the first day of the drift window; as_of is the last.
        missing: days of either window with rows and without predictions.
        commands: what scores them.
        notes: how far to trust it.
    """

    dataset: str
    source: str
    model: MonitoredModel
    as_of: dt.date
    outcomes: Outcomes
    drift: Drift | None
    drift_first: dt.date
    missing: tuple[dt.date, ...]
    commands: tuple[str, ...]
    notes: tuple[str, ...] = NOTES

    def document(self) -> dict[str, Any]:
        """It as JSON values; equal ones give equal documents."""
        return self.model_dump(mode="json")

    def numbers(self) -> dict[str, float]:
        """The numbers that are worth a line over time."""
        found = {name: value for name, value in self.outcomes.overall.metrics.items() if name in PLOTTED}
        found |= self.outcomes.verdicts.numbers()
        if self.drift is not None:
            found["score_psi"] = self.drift.scores.psi
            found["largest_input_psi"] = max(item.psi for item in self.drift.inputs)
        return found


PLOTTED = (
    "roc_auc",
    "roc_auc_low",
    "roc_auc_high",
    "log_loss",
    "brier",
    "calibration_error",
    "calibration_error_expected",
    "base_rate",
    "accuracy",
    "balanced_accuracy",
    "mae",
    "rmse",
    "r2",
)
