"""What a comparison takes: which two models, over how many days of rows, and by how much one may be worse."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from ml_assets.core.comparison.margins import PATTERN, allowed_text, read_margins
from ml_assets.core.metrics import Metrics
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import problems_of
from ml_assets.core.statistics.paired import FEWEST_DAYS
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.metrics import METRICS

ASSET = "kpi_comparison"
MODEL = r"^(live|idle|blue|green|[0-9a-f]{12})$"
MODELS = "live, idle, blue, green, or the 12 hex digits of a model's run_id"


class ComparisonParameters(Parameters):
    """The parameters that only a comparison has; the dataset is that of the run."""

    candidate: str = Field(
        default="idle",
        pattern=MODEL,
        description="The model that may take the other's place: what is in a slot, or a run_id",
        json_schema_extra={"allowed": MODELS},
    )
    reference: str = Field(
        default="live",
        pattern=MODEL,
        description="The model that it is compared with",
        json_schema_extra={"allowed": MODELS},
    )
    window_days: int = Field(
        default=366,
        ge=FEWEST_DAYS,
        le=3650,
        description="Latest days of rows with closed outcomes that are compared",
    )
    margins: str = Field(
        default="",
        pattern=PATTERN,
        max_length=500,
        description="By how much the candidate may be worse, metric by metric; nothing: the default margins",
        json_schema_extra={"allowed": allowed_text(METRICS)},
    )


def check_comparison(values: Mapping[str, Any], *, metrics: Metrics = METRICS) -> ComparisonParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    if problems := problems_of(values, ComparisonParameters):
        raise RefusedError(list(problems.values()))
    own = ComparisonParameters.model_validate(dict(values))
    read_margins(own.margins, metrics=metrics)
    return own
