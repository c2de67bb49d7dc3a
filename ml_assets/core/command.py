"""The commands that make runs again: for people to copy."""

import datetime as dt
import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.run_id import value_text

OPTIONS = frozenset(
    {
        "as_of", "as_runs", "engine", "environment", "from", "grid", "help", "json", "last", "max_failure_rate",
        "metric", "on", "params", "plan", "preset", "reduction", "retry_failed", "reuse", "search", "search_seed",
        "set", "to", "trials",
    }
)  # fmt: skip
"""Flags of the shell that are no parameters: one of their names is given as `--set name=value` only."""


def run_command(parameters: Parameters, as_of: dt.date, *, environment: str = "default") -> str:
    """`ml-assets run --dataset customers --as-of 2025-12-01 ...`: every parameter that is not at its default."""
    return _command("run", parameters, ["--as-of", as_of.isoformat()], environment)


def command(*words: str, environment: str = "default") -> str:
    """`ml-assets switch --to blue --environment staging`: with an environment where it is not that of the settings."""
    return shlex.join(["ml-assets", *words, *_at(environment)])


def about_words(pipeline: Declared, texts: Mapping[str, str]) -> list[str]:
    """`--pipeline demand --shop south`: the pipeline, where it has a folder, and what is not at its default."""
    fields = pipeline.parameters.model_fields
    named = ["--pipeline", pipeline.name] if pipeline.folder else []
    for name, text in texts.items():
        if text != value_text(fields[name].default):
            named += flag_words(name, text)
    return named


def retry_commands(
    parameters: Parameters, days: Iterable[dt.date], *, environment: str = "default"
) -> list[str]:
    """The fewest commands that make just these days: one for each span without a gap."""
    return [
        run_command(parameters, first, environment=environment)
        if first == last
        else _command(
            "backfill", parameters, ["--from", first.isoformat(), "--to", last.isoformat()], environment
        )
        for first, last in spans(days)
    ]


def spans(days: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each span without a gap, in order."""
    found: list[tuple[dt.date, dt.date]] = []
    for day in sorted(set(days)):
        if found and (day - found[-1][1]).days == 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _command(name: str, parameters: Parameters, days: list[str], environment: str) -> str:
    about = getattr(parameters, "dataset", "")
    words = ["ml-assets", name, *(["--dataset", about] if about else []), *days]
    for field_name, field in type(parameters).model_fields.items():
        value = getattr(parameters, field_name)
        if field_name == "dataset" or value == field.default:
            continue
        words += flag_words(field_name, value)
    return shlex.join([*words, *_at(environment)])


def flag_words(name: str, value: Any) -> list[str]:
    """What gives a parameter on the command line: `--max-depth 3`, `--no-purged`, `--hidden 12,6`, `--set metric=mape`."""
    if name in OPTIONS or isinstance(value, dict):
        return ["--set", f"{name}={_text(value)}"]
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    return [f"--{flag}", _text(value)]


def _text(value: Any) -> str:
    """A value as a flag takes it: a list with commas between its items, or, where these hold some, as JSON."""
    if isinstance(value, list) and value and not any("," in str(item) for item in value):
        return ",".join(map(_text, value))
    if isinstance(value, list | dict):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _at(environment: str) -> list[str]:
    return [] if environment == "default" else ["--environment", environment]
