"""What a command line asks for, checked: parameters, day and environment, or every problem at once."""

import argparse
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_assets.cli.flags import given_parameters, unknown_flags
from ml_assets.core import as_of as days
from ml_assets.core.problems import diagnose
from ml_assets.core.secrets import looks_like_credential
from ml_assets.core.where import Condition, Filter, parse
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import read_parameters
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters

MAX_DAYS = 3660


@dataclass(frozen=True, kw_only=True)
class Request:
    """A sound request: `given` are the parameters that were not left at their default."""

    parameters: TrainingParameters
    as_of: dt.date
    given: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class BackfillRequest:
    """A sound request for several days, in order and without a gap."""

    parameters: TrainingParameters
    days: tuple[dt.date, ...]
    given: dict[str, Any]


def read_request(
    args: argparse.Namespace, unknown: Sequence[str], parser: argparse.ArgumentParser, *, now: dt.datetime
) -> Request:
    """The request, or RefusedError with all problems; loads neither Dagster nor scikit-learn."""
    values = layered(args)
    day_text = args.as_of if args.as_of is not None else values.pop("as_of", None)
    values.pop("as_of", None)
    day = days.last_complete_day(now) if day_text is None else days.parse(str(day_text))
    parameters, problems = diagnose(values, TrainingParameters)
    problems = [*unknown_flags(unknown, parser), *problems]
    if looks_like_credential(str(day_text)):
        problems.append(
            "as_of: looks like a credential. Give secrets by reference only, never as a parameter."
        )
    elif problem := days.problem(day, now=now, first=None):
        problems.append(problem)
    if not args.on:  # a deployment has settings of its own
        stated = day if day_text is not None else None
        problems += against_settings(values, stated, problems, now=now, environment=args.environment)
    if parameters is None or day is None or problems:
        raise RefusedError(problems)
    return Request(parameters=parameters, as_of=day, given=values)


def read_backfill(
    args: argparse.Namespace, unknown: Sequence[str], parser: argparse.ArgumentParser, *, now: dt.datetime
) -> BackfillRequest:
    """The request for several days, or RefusedError with all problems; as light as that for one."""
    values = layered(args)
    values.pop("as_of", None)
    parameters, problems = diagnose(values, TrainingParameters)
    problems = [*unknown_flags(unknown, parser), *problems]
    first, last, wrong = span(args, now=now)
    problems += wrong
    if not args.on:
        problems += against_settings(values, first, problems, now=now, environment=args.environment)
    if parameters is None or first is None or last is None or problems:
        raise RefusedError(problems)
    wanted = tuple(first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return BackfillRequest(parameters=parameters, days=wanted, given=values)


def layered(args: argparse.Namespace) -> dict[str, Any]:
    """The given values: those of the preset, then of the file, then of the flags; the later win."""
    preset: dict[str, Any] = {}
    if args.preset is not None:
        from ml_assets.presets import load_preset

        preset = dict(load_preset(args.preset, cls=TrainingParameters).parameters)
    file = read_parameters(Path(args.params)) if args.params else {}
    return {**preset, **file, **given_parameters(args, cls=TrainingParameters)}


def span(args: argparse.Namespace, *, now: dt.datetime) -> tuple[dt.date | None, dt.date | None, list[str]]:
    """The first and the last day that `--last`, or `--from` and `--to` name, and what is wrong with them."""
    latest = days.last_complete_day(now)
    if (args.last is None) == (args.from_ is None) or (args.last is not None and args.to is not None):
        return None, None, ["days: not stated. Give either --last N, or --from DAY and, if wanted, --to DAY."]
    if args.last is not None:
        count = int(args.last) if args.last.isascii() and args.last.isdigit() and len(args.last) < 5 else 0  # noqa: PLR2004
        if not 1 <= count <= MAX_DAYS:
            return (
                None,
                None,
                [f"--last: not a number of days. Allowed: a whole number from 1 to {MAX_DAYS}."],
            )
        return latest - dt.timedelta(days=count - 1), latest, []
    first, last = days.parse(args.from_), latest if args.to is None else days.parse(args.to)
    named = (("--from", first), ("--to", last))
    wrong = [
        line.replace("as_of", flag, 1)
        for flag, day in named
        if (line := days.problem(day, now=now, first=None)) is not None
    ]
    if first is not None and last is not None and not wrong and not 0 <= (last - first).days < MAX_DAYS:
        wrong = [f"--to: not after --from, or too far. Allowed: 1 to {MAX_DAYS} days."]
    return first, last, wrong


def read_filter(args: argparse.Namespace, *, now: dt.datetime) -> Filter:
    """The artifacts that `--where` and, if given, `--last` or `--from` and `--to` name; or RefusedError."""
    conditions = parse(args.where, cls=TrainingParameters)
    if args.last is None and args.from_ is None and args.to is None:
        return Filter(tuple(conditions), tabular.path)
    first, last, wrong = span(args, now=now)
    if first is None or last is None or wrong:
        raise RefusedError(wrong)
    return Filter(
        (
            Condition(name="as_of", op=">=", value=first.isoformat()),
            Condition(name="as_of", op="<=", value=last.isoformat()),
            *conditions,
        ),
        tabular.path,
    )


def against_settings(
    values: dict[str, Any],
    day: dt.date | None,
    problems: Sequence[str],
    *,
    now: dt.datetime,
    environment: str,
    varied: Collection[str] = (),
) -> list[str]:
    """What only the settings can tell: is the source named there, is the day before the first one, may it be given?

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
    if settings.named(environment) not in settings.environments:
        return []  # told with the other options
    found = [settings.source_problem(source, environment=environment)] if ask_source else []
    found += settings.override_problems([*values, *varied], cls=TrainingParameters, environment=environment)
    if ask_day:
        found.append(days.problem(day, now=now, first=settings.first_as_of))
    return [line for line in found if line]
