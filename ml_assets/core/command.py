"""The commands that make runs again: for people to copy."""

import datetime as dt
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.references import default_reference, installed_pipelines, is_at
from ml_assets.core.run_id import value_text
from ml_assets.core.slices import subjects

PROGRAM = "ml-assets"
"""What commands are written with, also where they are stored: the name that `pip install` puts on the path."""
_COMMAND = re.compile(rf"(?<![\w./-]){PROGRAM}(?= (?:[a-z]|--[a-z]))")

OPTIONS = frozenset(
    {
        "again", "as_of", "as_runs", "asset", "engine", "environment", "from", "grid", "help", "json", "last", "max_failure_rate",
        "metric", "on", "out", "params", "pipeline", "plan", "preset", "reduction", "retry_failed", "reuse", "search", "search_seed",
        "set", "to", "trials", "yes",
    }
)  # fmt: skip
"""Flags of the shell that are no parameters: one of their names is given as `--set name=value` only."""


RELEASES = frozenset(
    {"days", "force", "from", "if_candidate", "if_live", "json", "margin", "plan", "reason", "through", "to"}
)
"""Those of the commands about releases, which have flags of their own."""


def run_command(
    parameters: Parameters,
    as_of: dt.date,
    *,
    pipeline: Declared | None = None,
    first: str = "",
    environment: str = "default",
) -> str:
    """`ml-assets run --dataset customers --as-of 2025-12-01 ...`: every parameter that is not at its default.

    Args:
        parameters: those of the run.
        as_of: its day.
        pipeline: whose run it is, by default the shipped one's.
        first: the reference of the pipeline that the settings name first; "" where they name none.
        environment: where it is made; `default` is meant where none is named.
    """
    about, at = subjects(pipeline) if pipeline else (), _at(pipeline, first, environment)
    return plain_command("run", parameters, ["--as-of", as_of.isoformat()], about=about, at=at)


def plain_command(
    name: str, parameters: Parameters, days: Sequence[str], *, about: Sequence[str], at: Sequence[str] = ()
) -> str:
    """`ml-assets run --dataset customers --as-of 2025-12-01 ...`, which asks for no pipeline.

    Args:
        name: of the command.
        parameters: of which those that are not at their default are named.
        days: the words that say which days.
        about: the parameters that come first and are named at their default too.
        at: the words that say of which pipeline and where; none for those that are meant where none is named.
    """
    return shlex.join([PROGRAM, name, *_words(parameters, days, about), *at])


def retry_commands(
    parameters: Parameters,
    days: Iterable[dt.date],
    *,
    pipeline: Declared | None = None,
    first: str = "",
    environment: str = "default",
) -> list[str]:
    """The fewest commands that make just these days: one for each span without a gap; arguments as of `run_command`."""
    at, about = _at(pipeline, first, environment), subjects(pipeline) if pipeline else ()
    return [
        run_command(parameters, start, pipeline=pipeline, first=first, environment=environment)
        if start == end
        else plain_command("backfill", parameters, _from_to(start, end), about=about, at=at)
        for start, end in spans(days)
    ]


def command(
    *words: str, pipeline: Declared | None = None, first: str = "", environment: str = "default"
) -> str:
    """`ml-assets show 3fa9c1d2e0ab --pipeline demand --environment staging`; arguments as of `run_command`."""
    return shlex.join([PROGRAM, *words, *_at(pipeline, first, environment)])


def as_called(text: str, program: str) -> str:
    """`text` with the commands in it as this shell finds the program: `.venv/bin/ml-assets show 3fa9c1d2e0ab`.

    Args:
        text: for people; what is stored, and what programs read, keeps the name.
        program: how the program was called.
    """
    return text if program == PROGRAM else _COMMAND.sub(lambda _: program, text)


def about_words(pipeline: Declared, texts: Mapping[str, str], *, first: str = "") -> list[str]:
    """`--pipeline demand --shop south`: the pipeline, where it has to be named, and what is not at its default.

    Args:
        pipeline: what the command is about.
        texts: the values that tell which releases are meant, by name.
        first: as of `run_command`.
    """
    fields = pipeline.parameters.model_fields
    words = _pipeline_words(pipeline, first)
    for name, text in texts.items():
        if text != value_text(fields[name].default):
            words += ["--set", f"{name}={text}"] if name in RELEASES else flag_words(name, text)
    return words


def pipeline_word(pipeline: Declared, *, first: str = "") -> str:
    """What `--pipeline` names in a command; "" for the one that is meant where none is named.

    Args:
        pipeline: what the command is about.
        first: the reference of the pipeline that the settings name first; "" where they name none.
    """
    if is_at(pipeline, first or default_reference()):
        return ""
    is_installed = any(is_at(pipeline, reference) for reference in installed_pipelines().values())
    return pipeline.name if is_installed else pipeline.reference or pipeline.name


def spans(days: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each span without a gap, in order."""
    found: list[tuple[dt.date, dt.date]] = []
    for day in sorted(set(days)):
        if found and (day - found[-1][1]).days == 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _from_to(start: dt.date, end: dt.date) -> list[str]:
    return ["--from", start.isoformat(), "--to", end.isoformat()]


def _words(parameters: Parameters, days: Sequence[str], about: Sequence[str]) -> list[str]:
    words = [word for name in about for word in flag_words(name, getattr(parameters, name))]
    words += days
    for name, field in type(parameters).model_fields.items():
        value = getattr(parameters, name)
        if name not in about and value != field.default:
            words += flag_words(name, value)
    return words


def flag_words(name: str, value: Any) -> list[str]:
    """What gives a parameter on the command line: `--max-depth 3`, `--no-purged`, `--hidden 12,6`, `--set metric=mape`."""
    if name in OPTIONS or isinstance(value, dict):
        return ["--set", f"{name}={flag_text(value)}"]
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [f"--{flag}", flag_text(value)]


def flag_text(value: Any) -> str:
    """A value as a flag takes it: a list with commas between its items, or, where they would not come back so, as JSON."""
    if isinstance(value, list) and value and all(_is_bare(flag_text(item)) for item in value):
        return ",".join(map(flag_text, value))
    if isinstance(value, list | dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_bare(item: str) -> bool:
    """Whether an item of a list is the same when it is read between commas."""
    return bool(item) and "," not in item and item == item.strip() and not item.startswith(("[", "{"))


def _at(pipeline: Declared | None, first: str, environment: str) -> list[str]:
    named = _pipeline_words(pipeline, first) if pipeline else []
    return [*named, *([] if environment == "default" else ["--environment", environment])]


def _pipeline_words(pipeline: Declared, first: str) -> list[str]:
    word = pipeline_word(pipeline, first=first)
    return ["--pipeline", word] if word else []
