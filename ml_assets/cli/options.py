"""Options that several commands share."""

import argparse
from collections.abc import Iterable

from ml_assets.cli.commands import Option, option, switch
from ml_assets.cli.flags import SWEEP_FLAGS, help_of
from ml_assets.core.comparison.margins import default_text
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.sweep.sweep_parameters import SweepParameters, sweep_parameters

DAY = "YYYY-MM-DD"
LAST_DAY = "[default: the last complete day, UTC]"


def days(default: str = "") -> tuple[Option, ...]:
    """The flags that name several days."""
    return (
        option("--last", "N", f"the last N complete days (UTC){default}"),
        option("--from", DAY, "the first day", dest="from_"),
        option("--to", DAY, f"the last day {LAST_DAY}"),
    )


def as_json(what: str) -> Option:
    """The flag for machines."""
    return switch("--json", f"print {what}")


def margin(pipeline: Declared) -> Iterable[Option]:
    """By how much a model may be worse."""
    text = f"by how much it may be worse [default: {default_text(Metrics.of(pipeline))}]"
    yield option("--margin", "METRIC=MARGIN,...", text, dest="margins", default="")


def of_a_sweep(pipeline: Declared) -> Iterable[Option]:
    """The flags of the parameters that only a sweep has."""
    metrics = Metrics.of(pipeline)
    fields = (sweep_parameters(metrics) if metrics.ranked else SweepParameters).model_fields
    for name, flag in SWEEP_FLAGS.items():
        text = help_of(fields[name], default=str(fields[name].default))
        yield option(flag, "VALUE", text, dest=f"_sweep_{name}")


def where(pipeline: Declared) -> Iterable[Option]:
    """Conditions on parameters, with an example of the pipeline's own."""
    fields = pipeline.parameters.model_fields
    values = " ".join(f"{name}={fields[name].default}" for name in pipeline.path[:1])
    text = f"for example '{values} as_of>=2025-12-01'".replace("' ", "'").replace("%", "%%")
    yield option("--where", "CONDITIONS", text, default="")


def every_parameter(pipeline: Declared) -> Iterable[str]:
    """The names of all parameters."""
    return pipeline.parameters.model_fields


AS_OF = option("--as-of", DAY, f"a single day {LAST_DAY}")
THE_AS_OF = option("--as-of", DAY, f"the day up to whose end things are known {LAST_DAY}")
WHAT = option("what", "RUN_ID|PATH", "12 hex digits, or the folder or URI of an artifact")
_PLACES = "an environment of the settings, as `ml-assets env list` shows them [default: the settings']"
ENVIRONMENT = option("--environment", "NAME", _PLACES, default="default")
_REUSE = "use stored artifacts that nothing has changed [default: yes]"
REUSE = Option("--reuse", _REUSE, {"action": argparse.BooleanOptionalAction, "default": True})
_ENGINE = "an existing Dask cluster [default: the settings', else the processes of this machine]"
_AGAIN = "with --no-reuse: only these assets are made again, the others as stored; a recorded one only so"
AGAIN = option("--asset", "NAME,...", _AGAIN, dest="again", default="")
ENGINE = option("--engine", "dask://HOST:PORT", _ENGINE, default="")
FILES = (
    option("--preset", "NAME", "a named parameter set; file and flags win over it"),
    option("--params", "FILE", "a TOML, YAML or JSON file of parameters; flags win over it"),
)
_ON = "launch on a running deployment, http://HOST:PORT, and wait [default: in this process]"
_PLAN = "say what would be made, reused or fail, and launch nothing"
MAKING = (
    *FILES,
    option("--on", "URL", _ON),
    ENVIRONMENT,
    REUSE,
    as_json("the result as JSON"),
    switch("--plan", _PLAN),
)
"""What every command takes that makes artifacts."""
YES = switch("--yes", "go on without being asked; only a terminal is asked, before much is made")
REASON = option("--reason", "TEXT", "why, for the record", default="")
FROM = "where it was trained and evaluated [default: the settings' environment]"
COMPARED_DAYS = "on the latest N days of rows with closed outcomes [default: 366]"
THROUGH = "outcomes closed by the end of this day, UTC [default: the last complete day]"
