"""The commands that hold store and code to their word, `verify`, `reproduce` and `contract`, and their options."""

import argparse
from collections.abc import Sequence

from ml_assets.cli.flags import Parser
from ml_assets.cli.parser_options import add_environment, options_of, refuse_unknown


def add_trust(commands: "argparse._SubParsersAction[Parser]") -> None:
    """Add all of them."""
    verify = commands.add_parser(
        "verify", help="check every byte of an environment, and what belongs to nothing", allow_abbrev=False
    )
    add_environment(verify)
    verify.add_argument(
        "--repair", action="store_true", help="set aside what is damaged or left over; nothing is deleted"
    )
    verify.add_argument(
        "--idle",
        action="store_true",
        help="nobody is writing there: with --repair, set aside too what was left over within the last hour",
    )
    verify.add_argument(
        "--force",
        action="store_true",
        help="with --repair, set aside what is damaged although it is more than half of all artifacts, and 5 or more",
    )
    verify.add_argument("--json", action="store_true", help="print the findings as JSON")
    verify.set_defaults(handler=lambda args, unknown: _verify(args, unknown, verify))
    reproduce = commands.add_parser(
        "reproduce", help="make a run again from its manifests and compare every byte", allow_abbrev=False
    )
    reproduce.add_argument(
        "what", metavar="RUN_ID|PATH", help="a run_id, or the folder or URI of an artifact"
    )
    add_environment(reproduce)
    reproduce.add_argument("--json", action="store_true", help="print the comparison as JSON")
    reproduce.set_defaults(handler=lambda args, unknown: _reproduce(args, unknown, reproduce))
    contract = commands.add_parser(
        "contract", help="tell what the parameters would break of the last release", allow_abbrev=False
    )
    contract.add_argument(
        "--against", metavar="FILE", help="another description [default: the last release's]"
    )
    contract.add_argument(
        "--describe", action="store_true", help="print the description of the parameters now"
    )
    contract.add_argument("--json", action="store_true", help="print the changes as JSON")
    contract.set_defaults(handler=lambda args, unknown: _contract(args, unknown, contract))


def _verify(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    environment = options_of(args).environment
    from ml_assets.cli.verify import verify

    return verify(
        environment=environment, repair=args.repair, idle=args.idle, force=args.force, as_json=args.json
    )


def _reproduce(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    environment = options_of(args).environment
    from ml_assets.cli.reproduce import reproduce_run

    return reproduce_run(args.what, environment=environment, as_json=args.json)


def _contract(args: argparse.Namespace, unknown: Sequence[str], parser: Parser) -> int:
    refuse_unknown(unknown, parser)
    from ml_assets.cli.contract import contract

    return contract(args.against, as_json=args.json, describe_only=args.describe)
