"""Options that several commands share."""

import argparse
from collections.abc import Iterable

from ml_assets.cli.commands import Option, option, switch
from ml_assets.cli.flags import SWEEP_FLAGS
from ml_assets.core.comparison.margins import default_text
from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import allowed
from ml_assets.core.sweep.sweep_parameters import SweepParameters, sweep_parameters

DAY = "YYYY-MM-DD"
LAST_DAY = "[default: the last complete day, UTC]"


def days(default: str = "") -> tuple[Option, ...]:
    """The flags that name several days."""
    return (
        option("--last", metavar="N", help=f"the last N complete days (UTC){default}"),
        option("--from", dest="from_", metavar=DAY, help="the first day"),
        option("--to", metavar=DAY, help=f"the last day {LAST_DAY}"),
    )


def as_json(what: str) -> Option:
    """The flag for machines."""
    return switch("--json", f"print {what}")


def margin(pipeline: Declared) -> Iterable[Option]:
    """By how much a model may be worse, where the pipeline declares any margin."""
    text = f"by how much it may be worse [default: {default_text(Metrics.of(pipeline))}]"
    yield option("--margin", dest="margins", default="", metavar="METRIC=MARGIN,...", help=text)


def of_a_sweep(pipeline: Declared) -> Iterable[Option]:
    """The flags of the parameters that only a sweep has."""
    metrics = Metrics.of(pipeline)
    fields = (sweep_parameters(metrics) if metrics.ranked else SweepParameters).model_fields
    for name, flag in SWEEP_FLAGS.items():
        text = f"{fields[name].description} [{allowed(fields[name])}; default {fields[name].default}]"
        yield option(flag, dest=f"_sweep_{name}", metavar="VALUE", help=text.replace("%", "%%"))


AS_OF = option("--as-of", metavar=DAY, help=f"a single day {LAST_DAY}")
THE_AS_OF = option("--as-of", metavar=DAY, help=f"the day up to whose end things are known {LAST_DAY}")
WHAT = option("what", metavar="RUN_ID|PATH", help="12 hex digits, or the folder or URI of an artifact")
WHERE = option("--where", default="", metavar="CONDITIONS", help="for example 'as_of>=2025-12-01 seed=3'")
ENVIRONMENT = option(
    "--environment",
    default="default",
    metavar="NAME",
    help="dev, staging, blue or green [default: the settings']",
)
REUSE = option(
    "--reuse",
    action=argparse.BooleanOptionalAction,
    default=True,
    help="use stored artifacts that nothing has changed [default: yes]",
)
ENGINE = option(
    "--engine",
    default="",
    metavar="dask://HOST:PORT",
    help="an existing Dask cluster [default: the settings', else the processes of this machine]",
)
FILES = (
    option("--preset", metavar="NAME", help="a named parameter set; file and flags win over it"),
    option("--params", metavar="FILE", help="a TOML, YAML or JSON file of parameters; flags win over it"),
)
MAKING = (
    *FILES,
    option(
        "--on",
        metavar="URL",
        help="launch on a running deployment, http://HOST:PORT, and wait [default: in this process]",
    ),
    ENVIRONMENT,
    REUSE,
    as_json("the result as JSON"),
    switch("--plan", "say what would be made, reused or fail, and launch nothing"),
)
"""What every command takes that makes artifacts."""
REASON = option("--reason", default="", metavar="TEXT", help="why, for the record")
FROM = "where it was trained and evaluated [default: the settings' environment]"
COMPARED_DAYS = "on the latest N days of rows with closed outcomes [default: 366]"
THROUGH = "outcomes closed by the end of this day, UTC [default: the last complete day]"
