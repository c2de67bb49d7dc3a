"""The commands about models in use, `score` and `monitor`, and their options."""

import argparse
import datetime as dt
from collections.abc import Sequence

from pydantic import BaseModel

from ml_assets.cli.flags import Parser
from ml_assets.cli.parser_options import add_days, add_environment, add_reuse
from ml_assets.core.problems import allowed
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.scoring.parameters import ScoringParameters

ROWS = ("dataset", "source")
"""The parameters of a run that decide predictions."""


def add_scoring(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add both commands."""
    score = commands.add_parser(
        "score", help="score the rows of a day by the model that serves", allow_abbrev=False
    )
    add_days(score)
    _add_common(score, ScoringParameters)
    score.set_defaults(handler=lambda args, unknown: _score(args, unknown, score))
    monitor = commands.add_parser(
        "monitor",
        help="hold stored scores against outcomes, and inputs and scores against training",
        allow_abbrev=False,
    )
    _add_common(monitor, MonitoringParameters)
    monitor.set_defaults(handler=lambda args, unknown: _monitor(args, unknown, monitor))


def _add_common(parser: Parser, own: type[BaseModel]) -> None:
    parser.add_argument(
        "--as-of", metavar="YYYY-MM-DD", help="a single day [default: the last complete day, UTC]"
    )
    fields = {name: TrainingParameters.model_fields[name] for name in ROWS} | dict(own.model_fields)
    for name, field in fields.items():
        default = "the model's own" if name == "source" else field.default
        text = f"{field.description} [{allowed(field)}; default {default}]".replace("%", "%%")
        parser.add_argument("--" + name.replace("_", "-"), dest=name, metavar="VALUE", help=text)
    add_environment(parser)
    add_reuse(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _score(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    from ml_assets.cli.scoring_request import read_scoring

    now = dt.datetime.now(tz=dt.timezone.utc)
    request = read_scoring(args, unknown, parser, own=ScoringParameters, now=now)
    from ml_assets.cli.score import score

    return score(request, as_json=args.json)


def _monitor(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    from ml_assets.cli.scoring_request import read_scoring

    now = dt.datetime.now(tz=dt.timezone.utc)
    request = read_scoring(args, unknown, parser, own=MonitoringParameters, now=now)
    from ml_assets.cli.monitor import monitor

    return monitor(request, as_json=args.json)
