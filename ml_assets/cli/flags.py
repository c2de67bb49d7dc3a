"""The flags of the shell, made from the parameter schema: there is no second list."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pydantic.fields import FieldInfo

from ml_assets.core.core_schema import read_number
from ml_assets.core.foreign_text import visible
from ml_assets.core.nearest import first_of, nearest
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.problems import allowed
from ml_assets.core.secrets import looks_like_credential
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


def add_parameter_flags(parser: argparse.ArgumentParser) -> None:
    """One flag a parameter: `--max-depth` for `max_depth`, `--calibrate` and `--no-calibrate` for a switch."""
    group = parser.add_argument_group("parameters (they are the run's identity)")
    for name, field in TrainingParameters.model_fields.items():
        text = f"{field.description} [{allowed(field)}; default {str(field.default).lower() if field.annotation is bool else field.default}]"
        flag = "--" + name.replace("_", "-")
        if field.annotation is bool:
            group.add_argument(
                flag, dest=name, action=argparse.BooleanOptionalAction, help=text.replace("%", "%%")
            )
        else:
            group.add_argument(flag, dest=name, metavar="VALUE", help=text.replace("%", "%%"))


def given_parameters(args: argparse.Namespace) -> dict[str, Any]:
    """The parameters that were given as flags, each read as its field's type where it can be."""
    found = {name: getattr(args, name) for name in TrainingParameters.model_fields}
    return {name: read(name, value) for name, value in found.items() if value is not None}


def read(name: str, value: Any) -> Any:
    """A text as the value of a parameter; text that is no number stays text, for the check to refuse."""
    return read_as(TrainingParameters.model_fields[name], value)


def read_as(field: FieldInfo, value: Any) -> Any:
    """A text as the value of a field."""
    if field.annotation not in (int, float) or not isinstance(value, str):
        return value
    return read_number(value, field.annotation)


def unknown_flags(words: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """One line for each word of the command line that nothing takes."""
    known = [option for action in parser._actions for option in action.option_strings]  # noqa: SLF001
    flags, more = first_of([*dict.fromkeys(word.partition("=")[0] for word in words if word.startswith("-"))])
    return [*(_unknown(flag, known, parser) for flag in flags), *more] or [
        "an argument is not understood. Parameters are given as flags, `--dataset orders`." for _ in words[:1]
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
