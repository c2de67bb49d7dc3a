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
_SLOT = "one of the two slots [default: the one that does not serve]"
_SWEEP = (
    option("--grid", "NAME=VALUES", _GRID, action="append", default=[]),
    o.of_a_sweep,
    *o.days(),
    o.AS_OF,
    switch("--retry-failed", "try trials again that are known to fail with these rows and code"),
    switch("--as-runs", _AS_RUNS),
    *o.MAKING,
    o.YES,
    o.ENGINE,
)
_PROMOTE = (
    option("model", "RUN_ID", "the model's run_id"),
    option("--from", "NAME", o.FROM, dest="environment", default="default"),
    option("--to", "SLOT", _SLOT, default="idle"),
    option("--days", "N", o.COMPARED_DAYS, dest="window_days"),
    option("--through", o.DAY, o.THROUGH, default=""),
    o.margin,
    switch("--force", "overrule code, packages, baseline or comparison; needs --reason"),
    o.REASON,
    switch("--plan", "print the verdict, and change no slot"),
)
_IF_CANDIDATE = option("--if-candidate", "RUN_ID", "only if this model is the candidate there", default="")
_IF_LIVE = option("--if-live", "RUN_ID", "only if this model serves now", default="")
_REPAIR = switch("--repair", "set aside what is damaged or left over; nothing is deleted")
_VERIFY = (o.ENVIRONMENT, _REPAIR, switch("--idle", _IDLE), switch("--force", _MANY))
_ASSET = option("--asset", "NAME", "only artifacts of this kind [default: that which has the metrics]")
_BOARD = option("what", "RUN_ID|PATH", "which one [default: the one that was made last]", nargs="?")
_AGAINST = option("--against", "FILE", "another description [default: the last release's]")
_DESCRIBE = switch("--describe", "print the description of the parameters now")
_UI = (
    option("--port", "PORT", "where it listens [default: 3000]", default="3000"),
    option(
        "--host", "HOST", "on which address [default: 127.0.0.1, this machine alone]", default="127.0.0.1"
    ),
    option(
        "--workspace",
        "FILE",
        "the code locations that are served [default: workspace.yaml]",
        default="workspace.yaml",
    ),
    switch("--read-only", "show, and let nobody launch"),
)
_QUICK = switch("--quick", "make things again less often, and in fewer processes")
_DIFF = (option("first", "NAME", "an environment"), option("second", "NAME", "another one"))


def _command(name: str, help: str, *options: Any, by: str = "", json: str = "", **more: Any) -> Command:  # noqa: A002
    """A command of this package; `json` is what its `--json` prints, `by` its handler where that has another name."""
    handler = f"ml_assets.cli.{by or f'{name}:{name}'}"
    found = (*options, o.as_json(json)) if json else options
    return Command(name=name, help=help, handler=handler, options=found, **more)


_run: dict[str, Any] = {"takes": o.every_parameter, "collects": True}
_releases: dict[str, Any] = {"takes": subjects}
_env: dict[str, Any] = {"takes_pipeline": False, "json": "the settings as JSON"}
_entry: dict[str, Any] = {**_releases, "json": "the entry of the log as JSON"}
_named, _window = (o.WHAT, o.ENVIRONMENT), (*o.days(" [default: 14]"), *o.FILES, o.ENVIRONMENT)
_BACKFILL = (*o.days(), *o.MAKING, o.YES, o.AGAIN, o.ENGINE)
_SWITCH = (option("--to", "SLOT", _SLOT), _IF_CANDIDATE, o.REASON)
_SYNC = (*o.days(" [default: every day]"), o.where, o.ENVIRONMENT)
_CONFORM = (*o.FILES, o.THE_AS_OF, o.ENVIRONMENT, _QUICK)
_SHELL = option("shell", "bash|zsh|fish", "which shell", choices=("bash", "zsh", "fish"))
_LIST = (o.where, _ASSET, o.ENVIRONMENT)
_FORM = (
    option("--out", "FILE", "where to write it [default: form.html]", default="form.html"),
    *o.FILES,
    o.AS_OF,
)
_WRITE_FORM = "write a page to choose parameters on: it tells the run_id, the command and the link to Dagster"
_RUNS = (
    option("--out", "FILE", "where to write it [default: runs.html]", default="runs.html"),
    o.where,
    o.ENVIRONMENT,
)
_WRITE_RUNS = "write a page that lists the runs that are stored and compares those that one ticks"
_MAKE_DAYS = "train, evaluate and document one model a day"
_TELL_WINDOW = "tell how a window of days went, from the store alone"
_SHOW_AGAIN = "show a leaderboard again, from the store alone"
_TELL_WHY = "tell why the artifacts of a run were made, and not reused"
_ON_EVIDENCE = "copy a model to the slot that does not serve, on evidence"
_LET_SERVE, _LET_AGAIN = "let the candidate of a slot serve", "let what served before serve again"
_TELL_LIVE = "tell what serves, since when, and what did"
_LOG_RUNS = "log the runs that are missing or other there, from the store alone"
_CHECK = "check every byte of an environment, and what belongs to nothing"
_SERVE = "serve Dagster's pages, and forms and runs beside them"
_MAKE_AGAIN = "make a run again from its manifests and compare every byte"
_TRY = "tell what of the promises a pipeline keeps: each is tried on it"
_COMPLETE = "print what lets a shell complete commands, flags and values: source <(ml-assets completion bash)"
_TELL_BROKEN = "tell what the parameters would break of the last release"
TABLE = (
    _command("run", "train, evaluate and document one model", o.THE_AS_OF, *o.MAKING, o.AGAIN, **_run),
    _command("backfill", _MAKE_DAYS, *_BACKFILL, by="run:backfill", **_run),
    _command("sweep", "try a matrix of runs and rank them in a leaderboard", *_SWEEP, **_run),
    _command("report", _TELL_WINDOW, *_window, json="the report as JSON", **_run),
    _command("form", _WRITE_FORM, *_FORM, **_run),
    _command("runs", _WRITE_RUNS, *_RUNS),
    _command("leaderboard", _SHOW_AGAIN, _BOARD, o.ENVIRONMENT, json="the leaderboard as JSON"),
    _command(
        "show", "tell all about an artifact, from the store alone", *_named, json="the manifests as JSON"
    ),
    _command("list", "list artifacts", *_LIST, by="list:list_artifacts", json="a JSON list"),
    _command("why", _TELL_WHY, *_named, by="why:print_why", json="a JSON list"),
    _command("promote", _ON_EVIDENCE, *_PROMOTE, json="the decision as JSON", **_releases),
    _command("switch", _LET_SERVE, *_SWITCH, by="releases:switch", **_entry),
    _command("rollback", _LET_AGAIN, _IF_LIVE, o.REASON, by="releases:rollback", **_entry),
    _command("live", _TELL_LIVE, by="releases:live", json="it as JSON", **_releases),
    _command("env list", "every environment", by="env:list_environments", **_env),
    _command("env diff", "two environments side by side", *_DIFF, by="env:diff_environments", **_env),
    _command("track sync", _LOG_RUNS, *_SYNC, by="track:track_sync", json="the counts as JSON"),
    _command("verify", _CHECK, *_VERIFY, json="the findings as JSON"),
    _command("reproduce", _MAKE_AGAIN, *_named, by="reproduce:reproduce_run", json="the comparison as JSON"),
    _command("conform", _TRY, *_CONFORM, json="the promises as JSON", **_run),
    _command("ui", _SERVE, *_UI, takes_pipeline=False),
    _command("contract", _TELL_BROKEN, _AGAINST, _DESCRIBE, json="the changes as JSON"),
    _command("completion", _COMPLETE, _SHELL, takes_pipeline=False),
)
