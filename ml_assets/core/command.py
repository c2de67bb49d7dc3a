"""The commands that make runs again: for people to copy."""

import datetime as dt
import shlex
from collections.abc import Iterable

from ml_assets.core.parameters import Parameters, TrainingParameters


def run_command(parameters: Parameters, as_of: dt.date, *, environment: str = "default") -> str:
    """`ml-assets run --dataset customers --as-of 2025-12-01 ...`: every parameter that is not at its default."""
    return _command("run", parameters, ["--as-of", as_of.isoformat()], environment)


def command(*words: str, dataset: str = "", environment: str = "default") -> str:
    """`ml-assets switch --to blue --dataset customers`: with a dataset and an environment where they are not the usual."""
    usual = TrainingParameters.model_fields["dataset"].default
    about = [] if dataset in ("", usual) else ["--dataset", dataset]
    return shlex.join(["ml-assets", *words, *about, *_at(environment)])


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
    cls = TrainingParameters if isinstance(parameters, TrainingParameters) else type(parameters)
    for field_name, field in cls.model_fields.items():
        value = getattr(parameters, field_name)
        if field_name == "dataset" or value == field.default:
            continue
        flag = field_name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", str(value)]
    return shlex.join([*words, *_at(environment)])


def _at(environment: str) -> list[str]:
    return [] if environment == "default" else ["--environment", environment]
