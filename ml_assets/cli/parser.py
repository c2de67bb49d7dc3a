"""The commands and their options; each handler is imported only when it is called."""

import argparse
import datetime as dt
from collections.abc import Sequence

from ml_assets import __version__
from ml_assets.cli.flags import SWEEP_FLAGS, Parser, add_parameter_flags
from ml_assets.cli.parser_env import add_env
from ml_assets.cli.parser_options import add_days, add_environment, add_reuse, options_of, refuse_unknown
from ml_assets.cli.parser_release import add_release
from ml_assets.cli.parser_scoring import add_scoring
from ml_assets.cli.parser_track import add_track
from ml_assets.cli.parser_trust import add_trust
from ml_assets.core.metrics import Metrics
from ml_assets.core.problems import allowed
from ml_assets.core.sweep.sweep_parameters import sweep_parameters
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters


def build_parser() -> Parser:
    """The parser of `ml-assets`."""
    parser = Parser(
        prog="ml-assets", description="Parameterized training runs one can trust.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"ml-assets {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_backfill(commands)
    _add_sweep(commands)
    _add_report(commands)
    _add_show(commands)
    _add_list(commands)
    _add_why(commands)
    add_release(commands)
    add_scoring(commands)
    add_env(commands)
    add_track(commands)
    add_trust(commands)
    return parser


def _add_run(commands: "argparse._SubParsersAction[Parser]") -> None:
    run = commands.add_parser("run", help="train, evaluate and document one model", allow_abbrev=False)
    run.add_argument(
        "--as-of",
        metavar="YYYY-MM-DD",
        help="the day up to whose end things are known [default: the last complete day, UTC]",
    )
    _add_making(run)
    run.set_defaults(handler=lambda args, unknown: _run(args, unknown, run))


def _add_backfill(commands: "argparse._SubParsersAction[Parser]") -> None:
    backfill = commands.add_parser(
        "backfill", help="train, evaluate and document one model a day", allow_abbrev=False
    )
    add_days(backfill)
    _add_making(backfill)
    _add_engine(backfill)
    backfill.set_defaults(handler=lambda args, unknown: _backfill(args, unknown, backfill))


def _add_report(commands: "argparse._SubParsersAction[Parser]") -> None:
    report = commands.add_parser(
        "report", help="tell how a window of days went, from the store alone", allow_abbrev=False
    )
    add_days(report, usual=" [default: 14]")
    _add_files(report)
    add_environment(report)
    report.add_argument("--json", action="store_true", help="print the report as JSON")
    add_parameter_flags(report, cls=TrainingParameters)
    report.set_defaults(handler=lambda args, unknown: _report(args, unknown, report), on=None)


def _add_sweep(commands: "argparse._SubParsersAction[Parser]") -> None:
    sweep = commands.add_parser(
        "sweep", help="try a matrix of runs and rank them in a leaderboard", allow_abbrev=False
    )
    sweep.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="one parameter that varies: learning_rate=0.05,0.1 or max_depth=2..8 or C='0.01..10 log'; once each",
    )
    fields = sweep_parameters(Metrics.of(tabular)).model_fields
    for name, flag in SWEEP_FLAGS.items():
        text = f"{fields[name].description} [{allowed(fields[name])}; default {fields[name].default}]"
        sweep.add_argument(flag, dest=f"sweep_{name}", metavar="VALUE", help=text.replace("%", "%%"))
    add_days(sweep)
    sweep.add_argument(
        "--as-of", metavar="YYYY-MM-DD", help="a single day [default: the last complete day, UTC]"
    )
    sweep.add_argument(
        "--retry-failed",
        action="store_true",
        help="try trials again that are known to fail with these rows and code",
    )
    sweep.add_argument(
        "--as-runs",
        action="store_true",
        help="with --on: each trial and day as a Dagster run of its own, for trials that each need a machine",
    )
    _add_making(sweep)
    _add_engine(sweep)
    sweep.set_defaults(handler=lambda args, unknown: _sweep(args, unknown, sweep))


def _add_files(parser: Parser) -> None:
    parser.add_argument("--preset", metavar="NAME", help="a named parameter set; file and flags win over it")
    parser.add_argument(
        "--params", metavar="FILE", help="a TOML, YAML or JSON file of parameters; flags win over it"
    )


def _add_engine(parser: Parser) -> None:
    parser.add_argument(
        "--engine",
        default="",
        metavar="dask://HOST:PORT",
        help="an existing Dask cluster [default: the settings', else the processes of this machine]",
    )


def _add_making(parser: Parser) -> None:
    """What every command takes that makes artifacts."""
    _add_files(parser)
    parser.add_argument(
        "--on",
        metavar="URL",
        help="launch on a running deployment, http://HOST:PORT, and wait [default: in this process]",
    )
    add_environment(parser)
    add_reuse(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--plan", action="store_true", help="say what would be made, reused or fail, and launch nothing"
    )
    add_parameter_flags(parser, cls=TrainingParameters)


def _add_show(commands: "argparse._SubParsersAction[Parser]") -> None:
    show = commands.add_parser(
        "show", help="tell all about an artifact, from the store alone", allow_abbrev=False
    )
    show.add_argument("what", metavar="RUN_ID|PATH", help="12 hex digits, or the folder of an artifact")
    add_environment(show)
    show.add_argument("--json", action="store_true", help="print the manifests as JSON")
    show.set_defaults(handler=lambda args, unknown: _show(args, unknown, show))


def _add_list(commands: "argparse._SubParsersAction[Parser]") -> None:
    list_ = commands.add_parser("list", help="list artifacts", allow_abbrev=False)
    list_.add_argument(
        "--where", default="", metavar="CONDITIONS", help="for example 'model_version=v2 max_depth>3'"
    )
    list_.add_argument(
        "--asset",
        metavar="NAME",
        help="only artifacts of this asset [default: evaluation]",
        default="evaluation",
    )
    add_environment(list_)
    list_.add_argument("--json", action="store_true", help="print a JSON list")
    list_.set_defaults(handler=lambda args, unknown: _list(args, unknown, list_))


def _add_why(commands: "argparse._SubParsersAction[Parser]") -> None:
    why = commands.add_parser(
        "why", help="tell why the artifacts of a run were made, and not reused", allow_abbrev=False
    )
    why.add_argument("what", metavar="RUN_ID|PATH", help="12 hex digits, or the folder of an artifact")
    add_environment(why)
    why.add_argument("--json", action="store_true", help="print a JSON list")
    why.set_defaults(handler=lambda args, unknown: _why(args, unknown, why))


def _run(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    from ml_assets.cli.request import read_request

    request = read_request(args, unknown, parser, now=dt.datetime.now(tz=dt.timezone.utc))
    if args.plan:
        return _plan(args, request.parameters, [request.as_of])
    from ml_assets.cli.run import run

    return run(request, options=options_of(args), as_json=args.json, on=args.on)


def _backfill(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    from ml_assets.cli.request import read_backfill

    request = read_backfill(args, unknown, parser, now=dt.datetime.now(tz=dt.timezone.utc))
    if args.plan:
        return _plan(args, request.parameters, request.days)
    from ml_assets.cli.backfill import backfill

    return backfill(request, options=options_of(args), as_json=args.json, on=args.on)


def _sweep(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    from ml_assets.cli.sweep_request import read_sweep

    request = read_sweep(args, unknown, parser, now=dt.datetime.now(tz=dt.timezone.utc))
    options = options_of(args)
    if args.plan:
        _refuse_plan_on(args)
        from ml_assets.cli.plan import show_sweep_plan

        return show_sweep_plan(request, options=options, as_json=args.json)
    from ml_assets.cli.sweep import Where, sweep

    where = Where(on=args.on, as_runs=args.as_runs)
    return sweep(request, options=options, where=where, as_json=args.json)


def _report(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    from ml_assets.cli.request import read_backfill

    if args.last is None and args.from_ is None and args.to is None:
        args.last = "14"
    request = read_backfill(args, unknown, parser, now=dt.datetime.now(tz=dt.timezone.utc))
    from ml_assets.cli.report import report

    return report(request, environment=options_of(args).environment, as_json=args.json)


def _plan(args: argparse.Namespace, parameters: TrainingParameters, days: Sequence[dt.date]) -> int:
    _refuse_plan_on(args)
    from ml_assets.cli.plan import show_plan

    return show_plan(parameters, days, options=options_of(args), as_json=args.json)


def _refuse_plan_on(args: argparse.Namespace) -> None:
    if args.on:
        raise RefusedError(
            ["--plan: not with --on. What a deployment has stored is planned where its store is."]
        )


def _show(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    from ml_assets.cli.show import show

    return show(args.what, environment=options_of(args).environment, as_json=args.json)


def _list(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    from ml_assets.cli.list import list_artifacts

    environment = options_of(args).environment
    return list_artifacts(args.where, asset=args.asset, environment=environment, as_json=args.json)


def _why(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    from ml_assets.cli.why import print_why

    return print_why(args.what, environment=options_of(args).environment, as_json=args.json)
