"""What a command line asks for, checked: parameters, day and environment, or every problem at once."""

import argparse
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_assets.cli.files import read_parameters
from ml_assets.cli.flags import given_parameters, unknown_flags
from ml_assets.core import as_of as days
from ml_assets.core.parameters import TrainingParameters
from ml_assets.core.problems import diagnose
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError


@dataclass(frozen=True, kw_only=True)
class Request:
    """A sound request: `given` are the parameters that were not left at their default."""

    parameters: TrainingParameters
    as_of: dt.date
    given: dict[str, Any]


def read_request(
    args: argparse.Namespace, unknown: Sequence[str], parser: argparse.ArgumentParser, *, now: dt.datetime
) -> Request:
    """The request, or RefusedError with all problems; loads neither Dagster nor scikit-learn."""
    values = {**(read_parameters(Path(args.params)) if args.params else {}), **given_parameters(args)}
    day_text = args.as_of if args.as_of is not None else values.pop("as_of", None)
    values.pop("as_of", None)
    day = days.last_complete_day(now) if day_text is None else days.parse(str(day_text))
    parameters, problems = diagnose(values)
    problems = [*unknown_flags(unknown, parser), *problems]
    if looks_like_credential(str(day_text)):
        problems.append(
            "as_of: looks like a credential. Give secrets by reference only, never as a parameter."
        )
    elif problem := days.problem(day, now=now, first=None):
        problems.append(problem)
    problems += _against_settings(values, day if day_text is not None else None, problems, now=now)
    if parameters is None or day is None or problems:
        raise RefusedError(problems)
    return Request(parameters=parameters, as_of=day, given=values)


def _against_settings(
    values: dict[str, Any], day: dt.date | None, problems: Sequence[str], *, now: dt.datetime
) -> list[str]:
    """What only the settings can tell: is the source named there, is the day before the first one?

    Loading them takes longer than all the rest, so a refusal that is certain already does without, unless
    they are likely to add to it.
    """
    told = {line.split(":")[0] for line in problems}
    source = values.get("source", "sample")
    ask_source = isinstance(source, str) and source != "sample" and "source" not in told
    ask_day = day is not None and "as_of" not in told
    if problems and not ask_source and not (ask_day and day is not None and day < days.USUAL_FIRST):
        return []
    from ml_assets.settings import load_settings

    settings = load_settings()
    found = [settings.source_problem(source)] if ask_source else []
    if ask_day:
        found.append(days.problem(day, now=now, first=settings.first_as_of))
    return [line for line in found if line]
