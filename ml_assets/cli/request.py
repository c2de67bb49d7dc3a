"""What a command line asks for, checked: parameters, days and environment, or every problem at once.

A refusal loads neither Dagster nor scikit-learn, and settings only where they may add to it.
"""

import argparse
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_assets.cli.call import Call
from ml_assets.cli.flags import given_parameters, unknown_flags
from ml_assets.core import as_of as days
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.problems import diagnose
from ml_assets.core.secrets import looks_like_credential
from ml_assets.core.shown_as import presets_in
from ml_assets.core.where import Condition, Filter, parse
from ml_assets.errors import RefusedError
from ml_assets.parameter_files import read_parameters

MAX_DAYS = 3660
SEVERAL = ("last", "from_", "to")
Asked = tuple[dt.date | None, dt.date | None, list[str]]
"""The first and the last day, and what is wrong with them."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A sound request for days in order and without a gap: `given` is what was not left at its default."""

    parameters: Parameters
    days: tuple[dt.date, ...]
    given: dict[str, Any]

    @property
    def as_of(self) -> dt.date:
        """The last of its days, which is most often the only one."""
        return self.days[-1]


def read_request(call: Call) -> Request:
    """The request for one day or several, or RefusedError with all problems."""
    values = layered(call)
    file_day = values.pop("as_of", None)
    first, last, wrong = asked_days(call, otherwise=file_day)
    parameters, found = diagnose(values, call.pipeline.parameters)
    problems = [*unknown_flags(call.unknown, call.parser), *found, *wrong, *_of_again(call)]
    if not getattr(call.args, "on", None):  # a deployment has settings of its own
        problems += against_settings(call, values, first, problems)
    if parameters is None or first is None or last is None or problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    days_asked = each_day(first, last, every=call.pipeline.every)
    return Request(parameters=parameters, days=days_asked, given=values)


def _of_again(call: Call) -> list[str]:
    """What is wrong with the names of assets that are to be made again."""
    again, pipeline = getattr(call.args, "again", ""), call.pipeline
    if not again:
        return []
    from ml_assets.pipeline.workspace import again_problems

    wrong = [line.replace("again:", "--asset:", 1) for line in again_problems(again.split(","), pipeline)]
    return [
        *(["--asset: only with --no-reuse. It names what is made again."] if call.args.reuse else []),
        *wrong,
    ]


def layered(call: Call) -> dict[str, Any]:
    """The given values: those of the preset, then of the file, then of the flags; the later win."""
    args, cls = call.args, call.pipeline.parameters
    preset: Mapping[str, Any] = {}
    if args.preset is not None:
        from ml_assets.presets import load_preset

        folder = presets_in(call.settings.presets, call.pipeline)
        preset = load_preset(args.preset, folder, cls=cls).parameters
    file = read_parameters(Path(args.params)) if args.params else {}
    return {**preset, **file, **given_parameters(args, cls=cls)}


def each_day(first: dt.date, last: dt.date, *, every: str) -> tuple[dt.date, ...]:
    """All days from the first to the last of a pipeline that is made `every` so often."""
    return days.window(last, days=(last - first).days + 1, first=first, every=every)


def names_several(args: argparse.Namespace) -> bool:
    """Whether `--last`, `--from` or `--to` is there."""
    return any(getattr(args, name, None) is not None for name in SEVERAL)


def asked_days(call: Call, *, otherwise: Any = None) -> Asked:
    """The days that the flags name; where a single one is meant, `otherwise`, else the last complete day."""
    args = call.args
    if "as_of" not in args:
        return span(call)
    if names_several(args):
        if args.as_of is not None:
            return None, None, ["--as-of: not with --last, --from or --to, which name the days already."]
        return span(call)
    text = otherwise if args.as_of is None else args.as_of
    if looks_like_credential(str(text)):
        line = "as_of: looks like a credential. Give secrets by reference only, never as a parameter."
        return None, None, [line]
    day = (
        days.last_complete_day(call.now, every=call.pipeline.every) if text is None else days.parse(str(text))
    )
    problem = days.problem(day, now=call.now, first=None, every=call.pipeline.every)
    return day, day, [problem] if problem else []


def complete_day(call: Call) -> dt.date:
    """The single day that `--as-of` names, by default the last complete one; RefusedError where it is none."""
    day = (
        days.last_complete_day(call.now, every=call.pipeline.every)
        if call.args.as_of is None
        else days.parse(call.args.as_of)
    )
    problem = days.problem(day, now=call.now, first=None, every=call.pipeline.every)
    if day is None or problem:
        raise RefusedError([problem or "as_of: not a real day."])
    return day


def span(call: Call) -> Asked:
    """The first and the last day that `--last`, or `--from` and `--to` name, and what is wrong with them."""
    args, latest = call.args, days.last_complete_day(call.now, every=call.pipeline.every)
    if (args.last is None) == (args.from_ is None) or (args.last is not None and args.to is not None):
        return None, None, ["days: not stated. Give either --last N, or --from DAY and, if wanted, --to DAY."]
    if args.last is not None:
        count = int(args.last) if args.last.isascii() and args.last.isdigit() and len(args.last) < 5 else 0  # noqa: PLR2004
        if not 1 <= count <= MAX_DAYS:
            wrong = f"--last: not a number of days. Allowed: a whole number from 1 to {MAX_DAYS}."
            return None, None, [wrong]
        return latest - (count - 1) * dt.timedelta(days=days.days_between(call.pipeline.every)), latest, []
    first, last = days.parse(args.from_), latest if args.to is None else days.parse(args.to)
    named = (("--from", first), ("--to", last))
    wrongs = [
        line.replace("as_of", flag, 1)
        for flag, day in named
        if (line := days.problem(day, now=call.now, first=None, every=call.pipeline.every)) is not None
    ]
    if first is not None and last is not None and not wrongs and not 0 <= (last - first).days < MAX_DAYS:
        wrongs = [f"--to: not after --from, or too far. Allowed: 1 to {MAX_DAYS} days."]
    return first, last, wrongs


def read_filter(call: Call) -> Filter:
    """The artifacts that `--where` and, if given, `--last` or `--from` and `--to` name; or RefusedError."""
    conditions = parse(call.args.where, cls=call.pipeline.parameters)
    if names_several(call.args):
        first, last, wrong = span(call)
        if first is None or last is None or wrong:
            raise RefusedError(wrong)
        ends = ((">=", first), ("<=", last))
        conditions = [*(Condition(name="as_of", op=op, value=str(day)) for op, day in ends), *conditions]
    return Filter.of(conditions, pipeline=call.pipeline)


def against_settings(
    call: Call,
    values: Mapping[str, Any],
    day: dt.date | None,
    problems: Sequence[str],
    *,
    varied: Collection[str] = (),
) -> list[str]:
    """What only the settings can tell: is the source named there, is the day before the first one, may it be given?

    Loading them takes longer than all the rest, so a refusal that is certain already does without, unless
    they are likely to add to it.
    """
    told, cls, environment = (
        {line.split(":")[0] for line in problems},
        call.pipeline.parameters,
        call.args.environment,
    )
    source = _source(values, call.pipeline)
    ask_source = bool(source) and "source" not in told
    ask_day = day is not None and not told & {"as_of", "--from", "--to"}
    if problems and not ask_source and not (ask_day and day is not None and day < days.USUAL_FIRST):
        return []
    settings = call.settings
    if settings.named(environment) not in settings.environments:
        return []  # told with the other options
    found = [settings.source_problem(source, environment=environment)] if ask_source else []
    found += settings.override_problems([*values, *varied], cls=cls, environment=environment)
    if ask_day:
        found.append(days.problem(day, now=call.now, first=settings.first_as_of, every=call.pipeline.every))
    return [line for line in found if line]


def _source(values: Mapping[str, Any], pipeline: Declared) -> str:
    """Where rows come from, where that has to be a name of the settings."""
    field = pipeline.parameters.model_fields.get("source")
    source = values.get("source", field.default) if field else "sample"
    return source if isinstance(source, str) and source != "sample" else ""
