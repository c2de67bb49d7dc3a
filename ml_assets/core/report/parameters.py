"""What decides a report beside the parameters of the run: how many days it covers, and which metric it draws."""

import functools
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, create_model

from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError


class ReportParameters(Parameters):
    """The parameters that only a report has; those of the run decide it as well. Which metrics there are, a pipeline says."""

    window_days: int = Field(
        default=14, ge=1, le=366, description="Days of the report before and including as_of"
    )
    metric: str = Field(
        default="",
        max_length=0,
        description="The metric that the pictures show",
        json_schema_extra={"allowed": "nothing, for the pipeline declares no metrics"},
    )


@functools.cache
def report_parameters(metrics: Metrics) -> type[ReportParameters]:
    """The parameters of the reports of a pipeline with these metrics: `metric` is one of them, the first by default."""
    if not metrics.names:
        return ReportParameters
    choice: Any = Literal[metrics.names]
    shown = ReportParameters.model_fields["metric"].description
    return create_model(
        "ReportParameters",
        __base__=ReportParameters,
        __doc__=ReportParameters.__doc__,
        metric=(choice, Field(default=metrics.names[0], description=shown)),
    )


def report_identity(parameters: Parameters, own: ReportParameters, *, pipeline: Declared) -> dict[str, Any]:
    """The values that are hashed and stored: those of the run and the report's own."""
    return {
        **pipeline.identity(parameters),
        "window_days": own.window_days,
        "metric": own.metric,
    }


def check_report(values: Mapping[str, Any], *, metrics: Metrics) -> ReportParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    model = report_parameters(metrics)
    if problems := problems_of(values, model):
        raise RefusedError(list(problems.values()))
    return model.model_validate(dict(values))
