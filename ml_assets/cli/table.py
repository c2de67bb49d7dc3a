"""The commands of the shell, all of them; a pipeline may have more of its own."""

from typing import Any

from ml_assets.cli import options as o
from ml_assets.cli.commands import Command, option, switch
from ml_assets.core.slices import subjects

GROUPS = {
    "env": "tell what the settings make of each environment",
    "track": "show runs in an MLflow tracking store",
}
"""What the commands of two words have in common."""
_GRID = (
    "one parameter that varies: learning_rate=0.05,0.1 or max_depth=2..8 or C='0.01..10 log' "
    "or hidden='[12,6],[8]'; once each"
)
_AS_RUNS = "with --on: each trial and day as a Dagster run of its own, for trials that each need a machine"
_IDLE = "nobody is writing there: with --repair, set aside too what was left over within the last hour"
_MANY = (
    "with --repair, set aside what is damaged although it is more than half of all artifacts, and 5 or more"
)
_TO = "one of the two slots [default: the one that does not serve]"
_SLOT = "one of the two slots [default: the one that does not serve]"
_SWEEP = (
    option("--grid", "NAME=VALUES", _GRID, action="append", default=[]),
    o.of_a_sweep,
    *o.days(),
    o.AS_OF,
    switch("--retry-failed", "try trials again that are known to fail with these rows and code"),
    switch("--as-runs", _AS_RUNS),
    *o.MAKING,
    o.ENGINE,
)
_PROMOTE = (
    option("model", "RUN_ID", "the model's run_id"),
    option("--from", "NAME", o.FROM, dest="environment", default="default"),
    option("--to", "SLOT", _TO, default="idle"),
    option("--days", "N", o.COMPARED_DAYS, dest="window_days"),
    option("--through", o.DAY, o.THROUGH, default=""),
    o.margin,
    switch("--force", "overrule code, packages, baseline or comparison; needs --reason"),
    o.REASON,
    switch("--plan", "print the verdict, and change no slot"),
    o.as_json("the decision as JSON"),
)
_SWITCH = (
    option("--to", "SLOT", _SLOT),
    option("--if-candidate", "RUN_ID", "only if this model is the candidate there", default=""),
    o.REASON,
    o.as_json("the entry of the log as JSON"),
)
_ROLLBACK = (
    option("--if-live", "RUN_ID", "only if this model serves now", default=""),
    o.REASON,
    o.as_json("the entry of the log as JSON"),
)
_VERIFY = (
    o.ENVIRONMENT,
    switch("--repair", "set aside what is damaged or left over; nothing is deleted"),
    switch("--idle", _IDLE),
    switch("--force", _MANY),
    o.as_json("the findings as JSON"),
)
_LIST = (
    o.where,
    option("--asset", "NAME", "only artifacts of this kind [default: that which has the metrics]"),
    o.ENVIRONMENT,
    o.as_json("a JSON list"),
)
_BOARD = option("what", "RUN_ID|PATH", "which one [default: the one that was made last]", nargs="?")
_CONTRACT = (
    option("--against", "FILE", "another description [default: the last release's]"),
    switch("--describe", "print the description of the parameters now"),
    o.as_json("the changes as JSON"),
)
_QUICK = switch("--quick", "make things again less often, and in fewer processes")
_DIFF = (option("first", "NAME", "an environment"), option("second", "NAME", "another one"))


def _command(name: str, help: str, handler: str, *options: Any, **more: Any) -> Command:  # noqa: A002
    return Command(name=name, help=help, handler=f"ml_assets.cli.{handler}", options=options, **more)


_run, _releases = {"takes": o.every_parameter}, {"takes": subjects}
_settings = {"takes_pipeline": False}
TABLE = (
    _command(
        "run", "train, evaluate and document one model", "run:run", o.THE_AS_OF, *o.MAKING, o.AGAIN, **_run
    ),
    _command(
        "backfill",
        "train, evaluate and document one model a day",
        "run:backfill",
        *(*o.days(), *o.MAKING, o.AGAIN, o.ENGINE),
        **_run,
    ),
    _command("sweep", "try a matrix of runs and rank them in a leaderboard", "sweep:sweep", *_SWEEP, **_run),
    _command(
        "report",
        "tell how a window of days went, from the store alone",
        "report:report",
        *(*o.days(" [default: 14]"), *o.FILES, o.ENVIRONMENT, o.as_json("the report as JSON")),
        **_run,
    ),
    _command(
        "leaderboard",
        "show a leaderboard again, from the store alone",
        "leaderboard:leaderboard",
        *(_BOARD, o.ENVIRONMENT, o.as_json("the leaderboard as JSON")),
    ),
    _command(
        "show",
        "tell all about an artifact, from the store alone",
        "show:show",
        *(o.WHAT, o.ENVIRONMENT, o.as_json("the manifests as JSON")),
    ),
    _command("list", "list artifacts", "list:list_artifacts", *_LIST),
    _command(
        "why",
        "tell why the artifacts of a run were made, and not reused",
        "why:print_why",
        *(o.WHAT, o.ENVIRONMENT, o.as_json("a JSON list")),
    ),
    _command(
        "promote",
        "copy a model to the slot that does not serve, on evidence",
        "promote:promote",
        *_PROMOTE,
        **_releases,
    ),
    _command("switch", "let the candidate of a slot serve", "releases:switch", *_SWITCH, **_releases),
    _command("rollback", "let what served before serve again", "releases:rollback", *_ROLLBACK, **_releases),
    _command(
        "live",
        "tell what serves, since when, and what did",
        "releases:live",
        o.as_json("it as JSON"),
        **_releases,
    ),
    _command(
        "env list",
        "every environment",
        "env:list_environments",
        o.as_json("the settings as JSON"),
        **_settings,
    ),
    _command(
        "env diff",
        "two environments side by side",
        "env:diff_environments",
        *(*_DIFF, o.as_json("the settings as JSON")),
        **_settings,
    ),
    _command(
        "track sync",
        "log the runs that are missing or other there, from the store alone",
        "track:track_sync",
        *(*o.days(" [default: every day]"), o.where, o.ENVIRONMENT),
    ),
    _command(
        "verify",
        "check every byte of an environment, and what belongs to nothing",
        "verify:verify",
        *_VERIFY,
    ),
    _command(
        "reproduce",
        "make a run again from its manifests and compare every byte",
        "reproduce:reproduce_run",
        *(o.WHAT, o.ENVIRONMENT, o.as_json("the comparison as JSON")),
    ),
    _command(
        "conform",
        "tell what of the promises a pipeline keeps: each is tried on it",
        "conform:conform",
        *(*o.FILES, o.THE_AS_OF, o.ENVIRONMENT, _QUICK, o.as_json("the promises as JSON")),
        **_run,
    ),
    _command(
        "contract",
        "tell what the parameters would break of the last release",
        "contract:contract",
        *_CONTRACT,
    ),
)
