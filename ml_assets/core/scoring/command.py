"""The commands that score days: for people to copy."""

import datetime as dt
import shlex
from collections.abc import Iterable

from ml_assets.core.command import spans
from ml_assets.core.parameters import DatasetParameters


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
