"""The command line as it is read: which pipeline it names, and then the flags that this gives each command."""

import argparse
from collections.abc import Callable, Iterable, Sequence

from ml_assets import __version__
from ml_assets.cli.call import Call
from ml_assets.cli.commands import Command, Option, commands_of, option
from ml_assets.cli.flags import Parser, add_parameter_flags
from ml_assets.cli.named import named_pipeline, pipeline_meant
from ml_assets.cli.table import GROUPS, TABLE
from ml_assets.core.pipeline import Declared
from ml_assets.core.references import default_pipeline
from ml_assets.errors import MlAssetsError

_PIPELINE = "what it is about: a known pipeline, or MODULE:NAME [default: the first of the settings, else the shipped one]"
PIPELINE = option("--pipeline", "NAME", _PIPELINE, dest="_pipeline", default=argparse.SUPPRESS)
ABOUT_NONE = {
    *("-h", "--help", "--version"),
    *(command.name.partition(" ")[0] for command in TABLE if not command.takes_pipeline),
}
Add = Callable[..., Parser]


def read(words: Sequence[str]) -> tuple[Command, Call]:
    """The command that is called, and how; SystemExit where help is asked for.

    Raises:
        RefusedError: there is no such command or pipeline, or an option lacks its value.
        DefinitionError: the commands of the pipeline itself are none.
    """
    name, pipeline = named_pipeline(words), pipeline_of(words)
    args, unknown = build_parser(pipeline).parse_known_args(words)
    values = vars(args)
    command, parser = values.pop("_command"), values.pop("_parser")
    return command, Call(pipeline=pipeline, args=args, unknown=unknown, parser=parser, named=bool(name))


def build_parser(pipeline: Declared | None = None) -> Parser:
    """The parser of `ml-assets`, with the flags and the commands of a pipeline; by default of the shipped one."""
    pipeline = pipeline or default_pipeline()
    parser = Parser(
        prog="ml-assets", description="Parameterized training runs one can trust.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"ml-assets {__version__}")
    _add_options(parser, [PIPELINE])
    top = _commands_below(parser)
    groups: dict[str, Add] = {}
    for command in (*TABLE, *commands_of(pipeline)):
        group, _, name = command.name.rpartition(" ")
        if group and group not in groups:
            groups[group] = _commands_below(top(group, help=GROUPS.get(group, ""), allow_abbrev=False))
        _add(groups.get(group, top)(name, **_help(command, pipeline)), command, pipeline)
    return parser


def _commands_below(parser: Parser) -> Add:
    below: argparse._SubParsersAction[Parser] = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND"
    )
    return below.add_parser


def _help(command: Command, pipeline: Declared) -> dict[str, object]:
    """What `argparse` prints of a command; where it takes all parameters, what the pipeline says of itself too."""
    told = {"help": command.help.replace("%", "%%"), "allow_abbrev": False}
    if {*command.takes(pipeline)} != {*pipeline.parameters.model_fields}:
        return told
    width = max(map(len, pipeline.assets), default=0)
    lines = [
        f"  {name:<{width}}  {_first_line(asset.description)}" for name, asset in pipeline.assets.items()
    ]
    about = [f"{command.help}.", "", f"{pipeline.name}: {_first_line(pipeline.parameters.__doc__)}", *lines]
    description = "\n".join(about).replace("%", "%%")
    return {**told, "description": description, "formatter_class": argparse.RawDescriptionHelpFormatter}


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def _add(parser: Parser, command: Command, pipeline: Declared) -> None:
    _add_options(parser, command.options_for(pipeline))
    if command.takes_pipeline:
        _add_options(parser, [PIPELINE])
    if names := list(command.takes(pipeline)):
        add_parameter_flags(parser, cls=pipeline.parameters, names=names)
    parser.set_defaults(_command=command, _parser=parser)


def _add_options(parser: Parser, options: Iterable[Option]) -> None:
    for item in options:
        parser.add_argument(item.word, help=item.help, **item.more)


def pipeline_of(words: Sequence[str]) -> Declared:
    """The pipeline that a command line means; where it is about none, a broken one is passed over.

    Raises:
        RefusedError: there is none of the name that is given, or it cannot be loaded.
        SettingsError: the settings cannot be used.
    """
    name = named_pipeline(words)
    try:
        return pipeline_meant(name)
    except MlAssetsError:
        if name or (words and words[0] not in ABOUT_NONE):
            raise
        return default_pipeline()
