"""The command `track sync`, and its options."""

import argparse
import datetime as dt
from collections.abc import Sequence

from ml_assets.cli.flags import Parser
from ml_assets.cli.parser_options import add_days, add_environment, options_of, refuse_unknown


def add_track(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the command."""
    track = commands.add_parser("track", help="show runs in an MLflow tracking store", allow_abbrev=False)
    acts = track.add_subparsers(title="commands", required=True, metavar="COMMAND")
    sync = acts.add_parser(
        "sync", help="log the runs that are missing or other there, from the store alone", allow_abbrev=False
    )
    add_days(sync, usual=" [default: every day]")
    sync.add_argument(
        "--where", default="", metavar="CONDITIONS", help="for example 'model_version=v2 max_depth>3'"
    )
    add_environment(sync)
    sync.set_defaults(handler=lambda args, unknown: _track_sync(args, unknown, sync))


def _track_sync(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    from ml_assets.cli.request import read_filter

    where = read_filter(args, now=dt.datetime.now(tz=dt.timezone.utc))
    from ml_assets.cli.track import track_sync

    return track_sync(where, environment=options_of(args).environment)
