"""The flags of the shell, made from the parameter schema: there is no second list."""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from pydantic.fields import FieldInfo

from ml_assets.core.command import OPTIONS
from ml_assets.core.field_types import FieldType, field_type
from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import first_of, nearest
from ml_assets.core.parameters import Parameters
from ml_assets.core.problems import allowed
from ml_assets.core.secrets import looks_like_credential
from ml_assets.core.sweep.axis import read_scalar, shown
from ml_assets.errors import RefusedError

SWEEP_FLAGS: Mapping[str, str] = {
    "search": "--search",
    "trials": "--trials",
    "metric": "--metric",
    "seed": "--search-seed",
    "max_failure_rate": "--max-failure-rate",
    "reduction": "--reduction",
}
"""The flag of each parameter of a sweep that has one of its own; `--grid` and the days make the others."""


class Parser(argparse.ArgumentParser):
    """An argument parser that refuses in our words instead of printing its usage."""

    def error(self, message: str) -> NoReturn:
        """Refuse what argparse itself could not read."""
        raise RefusedError([f"{_quiet(message)}. See `{self.prog} --help`."])


def add_parameter_flags(
    parser: argparse.ArgumentParser, *, cls: type[Parameters], names: Iterable[str] | None = None
) -> None:
    """One flag a parameter: `--max-depth` for `max_depth`, `--calibrate` and `--no-calibrate` for a switch.

    `--set NAME=VALUE` gives any parameter, and alone one that is named like an option of the shell.

    Args:
        parser: of the command.
        cls: whose fields the parameters are.
        names: those that have a flag; by default all.
    """
    group = parser.add_argument_group("parameters (they are the run's identity)")
    known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001
    for name in cls.model_fields if names is None else names:
        field = cls.model_fields[name]
        text = help_of(field, default=shown(field.default))
        flag = "--" + name.replace("_", "-")
        if name in OPTIONS or flag in known:
            continue
        if field.annotation is bool:
            group.add_argument(flag, dest=name, action=argparse.BooleanOptionalAction, help=text)
        else:
            group.add_argument(flag, dest=name, metavar="VALUE", help=text)
    group.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any of them; lists and tables as JSON",
    )


def help_of(field: FieldInfo, *, default: str) -> str:
    """What a flag of a field is for, as `argparse` takes it."""
    return f"{field.description} [{allowed(field)}; default {default}]".replace("%", "%%")


def given_parameters(
    args: argparse.Namespace, *, cls: type[Parameters], names: Iterable[str] | None = None
) -> dict[str, Any]:
    """The parameters that were given as flags, each read as its field's type where it can be.

    Args:
        args: the options as texts.
        cls: whose fields the parameters are.
        names: those that have a flag; by default all.

    Raises:
        RefusedError: something given by `--set` is no assignment.
    """
    flagged = [name for name in (cls.model_fields if names is None else names) if name not in OPTIONS]
    flags = {name: getattr(args, name, None) for name in flagged}
    given = {name: value for name, value in flags.items() if value is not None} | _assignments(args.set)
    fields = cls.model_fields
    return {name: read_as(fields[name], value) if name in fields else value for name, value in given.items()}


def _assignments(texts: Sequence[str]) -> dict[str, str]:
    """What `--set NAME=VALUE` says, by name; the later wins."""
    pairs = [text.partition("=") for text in texts]
    if not all(equals and name.strip() for name, equals, _ in pairs):
        raise RefusedError(["--set: not an assignment. Allowed: NAME=VALUE, such as max_depth=3."])
    return {name.strip().replace("-", "_"): value for name, _, value in pairs}


def read_as(field: FieldInfo, value: Any) -> Any:
    """A text as the value of a field; text that is none stays text, for the check to refuse."""
    kind = field_type(field)
    if kind is None or not isinstance(value, str):
        return value
    if kind.container:
        return _read_document(value, kind)
    return read_scalar(value, kind)


def _read_document(text: str, kind: FieldType) -> Any:
    """A list or table in JSON, or a list with commas between its items; what is neither stays text."""
    if text.strip().startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    if kind.container == "dict":
        return text
    return [read_scalar(part.strip(), kind) for part in text.split(",")]


def unknown_flags(words: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """One line for each word of the command line that nothing takes."""
    known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001
    flags, more = first_of([*dict.fromkeys(word.partition("=")[0] for word in words if word.startswith("-"))])
    return [*(_unknown(flag, known, parser) for flag in flags), *more] or [
        "an argument is not understood. Parameters are given as flags, `--name value`." for _ in words[:1]
    ]


def _unknown(flag: str, known: Sequence[str], parser: argparse.ArgumentParser) -> str:
    if looks_like_credential(flag):
        return "(a flag): looks like a credential. Give secrets by reference only."
    near = nearest(flag, known)
    hint = f"Did you mean {near}?" if near else f"See `{parser.prog} --help`."
    return f"{visible(flag)}: unknown flag. {hint}"


def _quiet(message: str) -> str:
    """An argparse message without the value that it quotes."""
    return "(a value): looks like a credential" if looks_like_credential(message) else visible(message)
