"""What decides predictions: whose rows, and the very bytes of the model that scores them."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from ml_assets.core.manifest import Manifest
from ml_assets.core.model_identity import model_identity
from ml_assets.core.parameters import DatasetParameters, Parameters
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError

LIVE = "live"


class ScoringParameters(Parameters):
    """The parameters that only predictions have; dataset and source are those of the run."""

    model: str = Field(
        default=LIVE,
        pattern=r"^(live|[0-9a-f]{12})$",
        description="Which model scores: the one that serves (in blue and green), or the one of a run_id",
        json_schema_extra={"allowed": "live, or the 12 hex digits of a model's run_id"},
    )


def scoring_identity(parameters: DatasetParameters, model: Manifest) -> dict[str, Any]:
    """The values that are hashed and stored."""
    return {
        "dataset": parameters.dataset,
        "source": parameters.source,
        "model": model_identity(model),
    }


def check_scoring(values: Mapping[str, Any]) -> ScoringParameters:
    """The validated parameters, or RefusedError with every problem and no value that was given."""
    if problems := problems_of(values, ScoringParameters):
        raise RefusedError(list(problems.values()))
    return ScoringParameters.model_validate(dict(values))
