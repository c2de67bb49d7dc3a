"""The commands of the shell, all of them; a pipeline may have more of its own."""

from ml_assets.cli import options as o
from ml_assets.cli.commands import Command, every_parameter, option, switch
from ml_assets.core.slices import subjects

TABLE = (
    Command(
        name="run",
        help="train, evaluate and document one model",
        handler="ml_assets.cli.run:run",
        options=(o.THE_AS_OF, *o.MAKING),
        takes=every_parameter,
    ),
    Command(
        name="backfill",
        help="train, evaluate and document one model a day",
        handler="ml_assets.cli.run:backfill",
        options=(*o.days(), *o.MAKING, o.ENGINE),
        takes=every_parameter,
    ),
    Command(
        name="sweep",
        help="try a matrix of runs and rank them in a leaderboard",
        handler="ml_assets.cli.sweep:sweep",
        options=(
            option(
                "--grid",
                action="append",
                default=[],
                metavar="NAME=VALUES",
                help="one parameter that varies: learning_rate=0.05,0.1 or max_depth=2..8 or C='0.01..10 log' "
                "or hidden='[12,6],[8]'; once each",
            ),
            o.of_a_sweep,
            *o.days(),
            o.AS_OF,
            switch("--retry-failed", "try trials again that are known to fail with these rows and code"),
            switch(
                "--as-runs",
                "with --on: each trial and day as a Dagster run of its own, for trials that each need a machine",
            ),
            *o.MAKING,
            o.ENGINE,
        ),
        takes=every_parameter,
    ),
    Command(
        name="report",
        help="tell how a window of days went, from the store alone",
        handler="ml_assets.cli.report:report",
        options=(
            *o.days(" [default: 14]"),
            *o.FILES,
            o.ENVIRONMENT,
            o.as_json("the report as JSON"),
        ),
        takes=every_parameter,
    ),
    Command(
        name="leaderboard",
        help="show a leaderboard again, from the store alone",
        handler="ml_assets.cli.leaderboard:leaderboard",
        options=(
            option("what", metavar="RUN_ID|PATH", nargs="?", help="by default the one that was made last"),
            o.ENVIRONMENT,
            o.as_json("the leaderboard as JSON"),
        ),
    ),
    Command(
        name="show",
        help="tell all about an artifact, from the store alone",
        handler="ml_assets.cli.show:show",
        options=(o.WHAT, o.ENVIRONMENT, o.as_json("the manifests as JSON")),
    ),
    Command(
        name="list",
        help="list artifacts",
        handler="ml_assets.cli.list:list_artifacts",
        options=(
            o.WHERE,
            option(
                "--asset",
                metavar="NAME",
                help="only artifacts of this kind [default: that which has the metrics]",
            ),
            o.ENVIRONMENT,
            o.as_json("a JSON list"),
        ),
    ),
    Command(
        name="why",
        help="tell why the artifacts of a run were made, and not reused",
        handler="ml_assets.cli.why:print_why",
        options=(o.WHAT, o.ENVIRONMENT, o.as_json("a JSON list")),
    ),
    Command(
        name="promote",
        help="copy a model to the slot that does not serve, on evidence",
        handler="ml_assets.cli.promote:promote",
        options=(
            option("model", metavar="RUN_ID", help="the model's run_id"),
            option("--from", dest="environment", default="default", metavar="NAME", help=o.FROM),
            option(
                "--to",
                default="idle",
                metavar="SLOT",
                help="blue or green [default: the one that does not serve]",
            ),
            option("--days", dest="window_days", metavar="N", help=o.COMPARED_DAYS),
            option("--through", default="", metavar=o.DAY, help=o.THROUGH),
            o.margin,
            switch("--force", "overrule code, packages, baseline or comparison; needs --reason"),
            o.REASON,
            switch("--plan", "print the verdict, and change no slot"),
            o.as_json("the decision as JSON"),
        ),
        takes=subjects,
    ),
    Command(
        name="switch",
        help="let the candidate of a slot serve",
        handler="ml_assets.cli.releases:switch",
        options=(
            option("--to", metavar="SLOT", help="blue or green [default: the slot that does not serve]"),
            option(
                "--if-candidate",
                default="",
                metavar="RUN_ID",
                help="only if this model is the candidate there",
            ),
            o.REASON,
            o.as_json("the entry of the log as JSON"),
        ),
        takes=subjects,
    ),
    Command(
        name="rollback",
        help="let what served before serve again",
        handler="ml_assets.cli.releases:rollback",
        options=(
            option("--if-live", default="", metavar="RUN_ID", help="only if this model serves now"),
            o.REASON,
            o.as_json("the entry of the log as JSON"),
        ),
        takes=subjects,
    ),
    Command(
        name="live",
        help="tell what serves, since when, and what did",
        handler="ml_assets.cli.releases:live",
        options=(o.as_json("it as JSON"),),
        takes=subjects,
    ),
    Command(
        name="env list",
        help="every environment",
        handler="ml_assets.cli.env:list_environments",
        options=(o.as_json("the settings as JSON"),),
        takes_pipeline=False,
    ),
    Command(
        name="env diff",
        help="two environments side by side",
        handler="ml_assets.cli.env:diff_environments",
        options=(
            option("first", metavar="NAME", help="an environment"),
            option("second", metavar="NAME", help="another one"),
            o.as_json("the settings as JSON"),
        ),
        takes_pipeline=False,
    ),
    Command(
        name="track sync",
        help="log the runs that are missing or other there, from the store alone",
        handler="ml_assets.cli.track:track_sync",
        options=(*o.days(" [default: every day]"), o.WHERE, o.ENVIRONMENT),
    ),
    Command(
        name="verify",
        help="check every byte of an environment, and what belongs to nothing",
        handler="ml_assets.cli.verify:verify",
        options=(
            o.ENVIRONMENT,
            switch("--repair", "set aside what is damaged or left over; nothing is deleted"),
            switch(
                "--idle",
                "nobody is writing there: with --repair, set aside too what was left over within the last hour",
            ),
            switch(
                "--force",
                "with --repair, set aside what is damaged although it is more than half of all artifacts, and 5 or more",
            ),
            o.as_json("the findings as JSON"),
        ),
    ),
    Command(
        name="reproduce",
        help="make a run again from its manifests and compare every byte",
        handler="ml_assets.cli.reproduce:reproduce_run",
        options=(o.WHAT, o.ENVIRONMENT, o.as_json("the comparison as JSON")),
    ),
    Command(
        name="contract",
        help="tell what the parameters would break of the last release",
        handler="ml_assets.cli.contract:contract",
        options=(
            option(
                "--against",
                metavar="FILE",
                help="another description [default: the last release's]",
            ),
            switch("--describe", "print the description of the parameters now"),
            o.as_json("the changes as JSON"),
        ),
    ),
)

GROUPS = {
    "env": "tell what the settings make of each environment",
    "track": "show runs in an MLflow tracking store",
}
"""What the commands of two words have in common."""
