"""`ml-assets completion`: what a shell asks while somebody types, and the script by which it asks.

Each answer is made of the table of commands, of the parameters of the pipeline that the line names, and of the settings
of the folder: there is no list that could be old.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ml_assets.cli.call import Call
from ml_assets.cli.parser import build_parser, pipeline_of
from ml_assets.core.command import PROGRAM
from ml_assets.core.field_types import field_type
from ml_assets.core.pipeline import Declared
from ml_assets.core.references import default_pipeline, installed_pipelines
from ml_assets.core.shown_as import presets_in
from ml_assets.core.sweep.axis import shown
from ml_assets.errors import MlAssetsError

if TYPE_CHECKING:
    from ml_assets.settings import Settings

SHELLS = ("bash", "zsh", "fish")
FILES = ("params", "against")
Values = Callable[[Declared], Iterable[str]]


def completion(call: Call) -> int:
    """Print the script that a shell reads once."""
    from argcomplete.shell_integration import shellcode

    # fish asks the program by its name alone; bash and zsh ask whatever was typed.
    program = getattr(sys.stdout, "program", PROGRAM) if call.args.shell == "fish" else None
    call.print_document(shellcode([PROGRAM], shell=call.args.shell, argcomplete_script=program))
    return 0


def answer() -> NoReturn:
    """Tell the shell what could come next on the line that it hands over, and end the process."""
    import argcomplete
    from argcomplete.completers import SuppressCompleter
    from argcomplete.lexers import split_line

    line = os.environ.get("COMP_LINE", "")
    words = split_line(line, int(os.environ.get("COMP_POINT", len(line))))[3]
    parser = completed_parser(words[1:])
    argcomplete.autocomplete(parser, default_completer=SuppressCompleter(), always_complete_options=False)
    raise SystemExit  # it has ended the process already


def completed_parser(words: list[str]) -> argparse.ArgumentParser:
    """The parser of a line, with what each of its flags may be."""
    try:
        pipeline = pipeline_of(words)
    except MlAssetsError:
        pipeline = default_pipeline()
    parser = build_parser(pipeline)
    for action in _actions(parser):
        if values := _values(action, pipeline):
            action.completer = values  # type: ignore[attr-defined]  # where argcomplete looks for it
    return parser


def _actions(parser: argparse.ArgumentParser) -> Iterable[argparse.Action]:
    """All of a parser and of those below it."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to them
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for below in action.choices.values():
                yield from _actions(below)


def _values(action: argparse.Action, pipeline: Declared) -> Callable[..., Iterable[str]] | None:
    """What gives the values of an option, as argcomplete calls it; None where they are not known."""
    if action.nargs == 0 or action.choices:
        return None
    if action.dest in FILES:
        from argcomplete.completers import FilesCompleter

        found: Callable[..., Iterable[str]] = FilesCompleter()
        return found
    if action.metavar == "VALUE":
        choices = _choices(pipeline).get(action.dest, [])
        return lambda **_: choices
    known = _BY_METAVAR.get(str(action.metavar)) or _BY_DEST.get(action.dest)
    return None if known is None else lambda **_: _safely(partial(known, pipeline))


def _safely(values: Callable[[], Iterable[str]]) -> list[str]:
    """The values; none where settings cannot be used, for a line that is being typed is no place to tell."""
    try:
        return list(values())
    except MlAssetsError:
        return []


def _settings() -> "Settings":
    from ml_assets.settings import load_settings

    return load_settings()


def _environments(_: Declared) -> Iterable[str]:
    return ("default", *_settings().environments)


def _slots(_: Declared) -> Iterable[str]:
    return _settings().slots


def _presets(pipeline: Declared) -> Iterable[str]:
    return sorted(path.stem for path in Path(presets_in(_settings().presets, pipeline)).glob("*.toml"))


def _pipelines(_: Declared) -> Iterable[str]:
    return dict.fromkeys([*installed_pipelines(), *_settings().pipelines])


def _assets(pipeline: Declared) -> Iterable[str]:
    return pipeline.assets


def _assignments(pipeline: Declared) -> Iterable[str]:
    """`method=naive` for each choice, and `season=` of a parameter whose values are not listed."""
    for name, choices in _choices(pipeline).items():
        yield from [f"{name}={choice}" for choice in choices] or [f"{name}="]


def _axes(pipeline: Declared) -> Iterable[str]:
    """`method=naive,ets`: all choices at once, for an axis of a sweep."""
    return (f"{name}={','.join(choices)}" for name, choices in _choices(pipeline).items())


def _choices(pipeline: Declared) -> dict[str, list[str]]:
    """The values of each parameter, where they are listed."""
    kinds = {name: field_type(field) for name, field in pipeline.parameters.model_fields.items()}
    return {name: [shown(value) for value in kind.choices] if kind else [] for name, kind in kinds.items()}


_BY_METAVAR: dict[str, Values] = {"SLOT": _slots, "NAME=VALUE": _assignments, "NAME=VALUES": _axes}
_BY_DEST: dict[str, Values] = {
    "environment": _environments,
    "first": _environments,
    "second": _environments,
    "preset": _presets,
    "_pipeline": _pipelines,
    "again": _assets,
    "asset": _assets,
}
