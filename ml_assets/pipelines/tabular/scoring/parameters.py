"""What decides predictions: whose rows, the very bytes of the model that scores them, and the code that does."""

import datetime as dt
import shlex
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from ml_assets.core.command import spans
from ml_assets.core.manifest import Manifest
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.parameters import DatasetParameters

LIVE = "live"
ASSET = "predictions"
ROWS = ("dataset", "source")  # the parameters of a run that decide predictions
CODE = (  # the modules that can change their bytes
    "core.contract",
    "core.scores",
    "pipelines.tabular.columns",
    "pipelines.tabular.scoring.contract",
    "pipelines.tabular.scoring.said",
    "pipelines.tabular.scoring.score",
    "pipelines.tabular.training",
    "sources.normalise",
    "sources.number_text",
    "sources.roles",
    "sources.time_text",
    "storage.canonical_skops",
    "storage.formats",
)
PACKAGES = ("numpy", "polars", "scikit-learn", "scipy", "skops")


class ScoringParameters(Parameters):
    """The parameters that only predictions have; dataset and source are those of the run."""

    model: str = Field(
        default=LIVE,
        pattern=r"^(live|[0-9a-f]{12})$",
        description="Which model scores: the one that serves (in blue and green), or the one of a run_id",
        json_schema_extra={"allowed": "live, or the 12 hex digits of a model's run_id"},
    )


if TYPE_CHECKING:
    ScoredRows = DatasetParameters
else:  # which data sets a source has is no question where the source is the model's own
    ScoredRows = create_model(
        "ScoredRows",
        __base__=Parameters,
        **{
            name: (field.annotation, field)
            for name, field in DatasetParameters.model_fields.items()
            if name in ROWS
        },
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


def model_identity(model: Manifest) -> dict[str, Any]:
    """What names its very bytes: one that was made again from other rows has its old run_id, and is another model."""
    return {
        "run_id": model.run_id,
        "model_version": model.parameters["model_version"],
        "sha256": model.sha256,
    }


def score_commands(
    parameters: DatasetParameters, days: Iterable[dt.date], *, model_run_id: str, environment: str = "default"
) -> list[str]:
    """The fewest commands that score just these days by this model: one for each span without a gap."""
    return [
        _command(parameters, a, b, model_run_id=model_run_id, environment=environment) for a, b in spans(days)
    ]


def _command(
    parameters: DatasetParameters, first: dt.date, last: dt.date, *, model_run_id: str, environment: str
) -> str:
    words = ["ml-assets", "score", "--dataset", parameters.dataset, "--source", parameters.source]
    words += ["--as-of", str(first)] if first == last else ["--from", str(first), "--to", str(last)]
    words += ["--model", model_run_id]
    if environment != "default":
        words += ["--environment", environment]
    return shlex.join(words)
