"""What a comparison takes: which two models, over how many days of rows, and by how much one may be worse."""

import functools
from collections.abc import Mapping
from typing import Any

from pydantic import Field, create_model

from ml_assets.core.comparison.margins import PATTERN, allowed_text, read_margins
from ml_assets.core.metrics import Metrics
from ml_assets.core.options import ENVIRONMENT, SLOTS
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import problems_of
from ml_assets.core.statistics.paired import FEWEST_DAYS
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.metrics import METRICS

ASSET = "kpi_comparison"
MODEL = rf"{ENVIRONMENT}|^[0-9a-f]{{12}}$"
NAMES = ("candidate", "reference")


class ComparisonParameters(Parameters):
    """The parameters that only a comparison has; the dataset is that of the run."""

    candidate: str = Field(
        default="idle",
        pattern=MODEL,
        description="The model that may take the other's place: what is in a slot, or a run_id",
    )
    reference: str = Field(
        default="live",
        pattern=MODEL,
        description="The model that it is compared with",
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


@functools.cache
def comparison_parameters(slots: tuple[str, str]) -> type[ComparisonParameters]:
    """The parameters where these are the slots of the settings."""
    allowed: Any = {"allowed": f"live, idle, {', '.join(slots)}, or the 12 hex digits of a model's run_id"}
    fields: dict[str, Any] = {
        name: (
            str,
            Field(
                default=declared.default,
                pattern=f"^(live|idle|{'|'.join(slots)}|[0-9a-f]{{12}})$",
                description=declared.description,
                json_schema_extra=allowed,
            ),
        )
        for name, declared in ComparisonParameters.model_fields.items()
        if name in NAMES
    }
    doc = ComparisonParameters.__doc__
    return create_model("ComparisonParameters", __base__=ComparisonParameters, __doc__=doc, **fields)


def check_comparison(
    values: Mapping[str, Any], *, metrics: Metrics = METRICS, slots: tuple[str, str] = SLOTS
) -> ComparisonParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    model = comparison_parameters(slots)
    if problems := problems_of(values, model):
        raise RefusedError(list(problems.values()))
    own = model.model_validate(dict(values))
    read_margins(own.margins, metrics=metrics)
    return own
