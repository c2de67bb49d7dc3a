"""The commands `env list` and `env diff`, and their options."""

import argparse
from collections.abc import Sequence

from ml_assets.cli.flags import Parser
from ml_assets.cli.parser_options import refuse_unknown


def add_env(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add the commands."""
    env = commands.add_parser(
        "env", help="tell what the settings make of each environment", allow_abbrev=False
    )
    acts = env.add_subparsers(title="commands", required=True, metavar="COMMAND")
    list_ = acts.add_parser("list", help="every environment", allow_abbrev=False)
    list_.add_argument("--json", action="store_true", help="print the settings as JSON")
    list_.set_defaults(handler=lambda args, unknown: _env_list(args, unknown, list_))
    diff = acts.add_parser("diff", help="two environments side by side", allow_abbrev=False)
    diff.add_argument("first", metavar="NAME")
    diff.add_argument("second", metavar="NAME")
    diff.add_argument("--json", action="store_true", help="print the settings as JSON")
    diff.set_defaults(handler=lambda args, unknown: _env_diff(args, unknown, diff))


def _env_list(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    from ml_assets.cli.env import list_environments

    return list_environments(as_json=args.json)


def _env_diff(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    from ml_assets.cli.env import diff_environments

    return diff_environments(args.first, args.second, as_json=args.json)
