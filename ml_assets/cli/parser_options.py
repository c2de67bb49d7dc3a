"""Options that several commands share, and what is wrong with them."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from ml_assets.cli.flags import Parser, unknown_flags
from ml_assets.core.options import DEFAULT, Options
from ml_assets.core.problems import problems_of
from ml_assets.errors import RefusedError


def add_days(parser: Parser, *, usual: str = "") -> None:
    """Add the flags that name several days."""
    parser.add_argument("--last", metavar="N", help=f"the last N complete days (UTC){usual}")
    parser.add_argument("--from", dest="from_", metavar="YYYY-MM-DD", help="the first day")
    parser.add_argument(
        "--to", metavar="YYYY-MM-DD", help="the last day [default: the last complete day, UTC]"
    )


def add_environment(parser: Parser) -> None:
    """Add the flag that names where artifacts are kept."""
    parser.add_argument(
        "--environment",
        default="default",
        metavar="NAME",
        help="one of the settings' environments, as `ml-assets env list` shows them [default: the settings']",
    )


def add_reuse(parser: Parser) -> None:
    """Add the flags that allow and forbid the use of what is stored."""
    parser.add_argument(
        "--reuse",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="use stored artifacts that nothing has changed [default: yes]",
    )


def options_of(args: argparse.Namespace) -> Options:
    """The options that were given; RefusedError with all that is wrong with them."""
    given = {name: value for name, value in vars(args).items() if name in Options.model_fields}
    if problems := option_problems(given):
        raise RefusedError(list(problems.values()))
    return Options.model_validate(given)


def option_problems(given: Mapping[str, Any]) -> Mapping[str, str]:
    """What is wrong with options; the settings are read only where they decide it, for that takes a while."""
    if given.get("environment", DEFAULT) == DEFAULT:
        return problems_of(given, Options, noun="option")
    from ml_assets.settings import load_settings

    return load_settings().option_problems(given)


def refuse_unknown(unknown: Sequence[str], parser: Parser) -> None:
    """RefusedError naming each word of the command line that nothing takes."""
    if unknown:
        raise RefusedError(unknown_flags(unknown, parser))
