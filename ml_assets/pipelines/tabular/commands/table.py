"""The commands `score`, `monitor` and `compare`, and their options."""

from collections.abc import Callable, Iterable

from pydantic import BaseModel

from ml_assets.cli import options as o
from ml_assets.cli.commands import Command, Option, option
from ml_assets.cli.flags import help_of
from ml_assets.core.pipeline import Declared
from ml_assets.core.slices import subjects
from ml_assets.pipelines.tabular.monitoring.parameters import MonitoringParameters
from ml_assets.pipelines.tabular.scoring.parameters import ROWS, ScoringParameters

_HANDLERS = "ml_assets.pipelines.tabular.commands"
_MODELS = "live, idle, a slot or a run_id"


def _of_rows(own: type[BaseModel]) -> Callable[[Declared], Iterable[Option]]:
    """A flag for each parameter that decides the rows, and for each of `own`."""

    def options(pipeline: Declared) -> Iterable[Option]:
        fields = {name: pipeline.parameters.model_fields[name] for name in ROWS} | dict(own.model_fields)
        for name, field in fields.items():
            default = "the model's own" if name == "source" else str(field.default)
            flag = "--" + name.replace("_", "-")
            yield option(flag, "VALUE", help_of(field, default=default), dest=name)

    return options


TABLE = (
    Command(
        name="score",
        help="score the rows of a day by the model that serves",
        handler=f"{_HANDLERS}.score:score",
        collects=True,
        options=(
            *o.days(),
            o.AS_OF,
            _of_rows(ScoringParameters),
            o.ENVIRONMENT,
            o.REUSE,
            o.as_json("the result as JSON"),
        ),
    ),
    Command(
        name="monitor",
        help="hold stored scores against outcomes, and inputs and scores against training",
        handler=f"{_HANDLERS}.monitor:monitor",
        collects=True,
        options=(
            o.AS_OF,
            _of_rows(MonitoringParameters),
            o.ENVIRONMENT,
            o.REUSE,
            o.as_json("the result as JSON"),
        ),
    ),
    Command(
        name="compare",
        help="compare one model with another on the same rows",
        handler=f"{_HANDLERS}.compare:compare",
        options=(
            option("reference", "REFERENCE", f"the model that is compared with: {_MODELS}"),
            option("candidate", "CANDIDATE", "the model that may take its place"),
            option("--last", "N", o.COMPARED_DAYS, dest="window_days"),
            option("--as-of", o.DAY, o.THROUGH),
            o.margin,
            o.ENVIRONMENT,
            o.as_json("the comparison as JSON"),
        ),
        takes=subjects,
    ),
)
