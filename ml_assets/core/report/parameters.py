"""What decides a report beside the parameters of the run: how many days it covers, and which metric it draws."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import Field

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError

AnyReport = TypeVar("AnyReport", bound="ReportParameters")


class ReportParameters(Parameters):
    """The parameters that only a report has; those of the run decide it as well. Which metrics there are, a pipeline says."""

    window_days: int = Field(
        default=14, ge=1, le=366, description="Days of the report before and including as_of"
    )
    metric: str = Field(default="", max_length=80, description="The metric that the pictures show")


def report_identity(parameters: Parameters, own: ReportParameters, *, pipeline: Declared) -> dict[str, Any]:
    """The values that are hashed and stored: those of the run and the report's own."""
    return {
        **pipeline.identity(parameters),
        "window_days": own.window_days,
        "metric": own.metric,
    }


def check_report(values: Mapping[str, Any], *, model: type[AnyReport]) -> AnyReport:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    if problems := problems_of(values, model):
        raise RefusedError(list(problems.values()))
    return model.model_validate(dict(values))
