"""What decides a report beside the parameters of the run: how many days it covers, and which metric it draws."""

import difflib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError

from ml_assets.core.parameters import Parameters, TrainingParameters, identity
from ml_assets.core.problems import _wrong, allowed
from ml_assets.core.secrets import credentials, looks_like_credential
from ml_assets.errors import RefusedError

METRICS = (
    "roc_auc",
    "roc_auc_low",
    "roc_auc_high",
    "average_precision",
    "log_loss",
    "brier",
    "calibration_error",
    "lift_at_10pct",
    "base_rate",
    "baseline_log_loss",
    "baseline_brier",
    "skill",
    "train_roc_auc",
)
"""The metrics of an evaluation."""

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
    problems = list(_problems(values))
    if problems:
        raise RefusedError(problems)
    return ReportParameters.model_validate(dict(values))


def _problems(values: Mapping[str, Any]) -> Iterator[str]:
    fields = ReportParameters.model_fields
    secret = set(credentials(values))
    yield from (
        f"{name}: looks like a credential. Give secrets by reference only, never as a parameter."
        for name in sorted(secret)
    )
    sound = {k: v for k, v in values.items() if k not in secret and not looks_like_credential(k)}
    for name in sound:
        if name not in fields:
            near = difflib.get_close_matches(name, list(fields), n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(fields)}."
            yield f"{name}: unknown parameter. {hint}"
    try:
        ReportParameters.model_validate({k: v for k, v in sound.items() if k in fields})
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            name = str(detail["loc"][0])
            yield f"{name}: {_wrong(detail['type'], fields[name])}. Allowed: {allowed(fields[name])}."
