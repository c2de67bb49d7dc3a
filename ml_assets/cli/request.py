"""What a command line asks for, checked: parameters, days and environment, or every problem at once.

A refusal loads neither Dagster nor scikit-learn, and settings only where they may add to it.
"""

import argparse
import datetime as dt
import re
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
    asked = asked_days(call, otherwise=values.pop("as_of", None))
    return checked(call, values, asked, after=_of_again(call))


def checked(
    call: Call,
    values: dict[str, Any],
    asked: Asked,
    *,
    before: Sequence[str] = (),
    after: Sequence[str] = (),
    varied: Collection[str] = (),
) -> Request:
    """The request for these values and days, or RefusedError with all problems.

    Args:
        call: which pipeline it is about, and where.
        values: the parameters that were given.
        asked: the days.
        before: what else is wrong, told before what is wrong with the parameters.
        after: what else is wrong, told after it.
        varied: the parameters that trials vary.
    """
    first, last, wrong = asked
    parameters, found = diagnose(values, call.pipeline.parameters)
    problems = [*unknown_flags(call.unknown, call.parser), *before, *found, *after, *wrong]
    if not getattr(call.args, "on", None):  # a deployment has settings of its own
        problems += against_settings(call, values, first, problems, varied=varied)
    if parameters is None or first is None or last is None or problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    return Request(parameters=parameters, days=each_day(first, last, every=call.pipeline.every), given=values)


def _of_again(call: Call) -> list[str]:
    """What is wrong with the names of assets that are to be made again."""
    if not (again := getattr(call.args, "again", "")):
        return []
    from ml_assets.pipeline.workspace import again_problems

    alone = ["--asset: only with --no-reuse. It names what is made again."] if call.args.reuse else []
    wrong = again_problems(again.split(","), call.pipeline)
    return [*alone, *(line.replace("again:", "--asset:", 1) for line in wrong)]


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
    text, every = otherwise if args.as_of is None else args.as_of, call.pipeline.every
    if looks_like_credential(str(text)):
        line = "as_of: looks like a credential. Give secrets by reference only, never as a parameter."
        return None, None, [line]
    day = days.last_complete_day(call.now, every=every) if text is None else days.parse(str(text))
    return day, day, days.problems([day], now=call.now, first=None, every=every)


def complete_day(call: Call) -> dt.date:
    """The single day that `--as-of` names, by default the last complete one; RefusedError where it is none."""
    day, _, wrong = asked_days(call)
    if day is None or wrong:
        raise RefusedError(wrong)
    return day


def span(call: Call) -> Asked:
    """The first and the last day that `--last`, or `--from` and `--to` name, and what is wrong with them."""
    args, every = call.args, call.pipeline.every
    latest = days.last_complete_day(call.now, every=every)
    if (args.last is None) == (args.from_ is None) or (args.last is not None and args.to is not None):
        return None, None, ["days: not stated. Give either --last N, or --from DAY and, if wanted, --to DAY."]
    if args.last is not None:
        count = int(args.last) if re.fullmatch("[0-9]{1,4}", args.last) else 0
        if not 1 <= count <= MAX_DAYS:
            return (
                None,
                None,
                [f"--last: not a number of days. Allowed: a whole number from 1 to {MAX_DAYS}."],
            )
        return latest - (count - 1) * dt.timedelta(days=days.days_between(every)), latest, []
    first, last = days.parse(args.from_), latest if args.to is None else days.parse(args.to)
    wrong = [
        line.replace("as_of", flag, 1)
        for flag, day in (("--from", first), ("--to", last))
        for line in days.problems([day], now=call.now, first=None, every=every)
    ]
    if first is not None and last is not None and not wrong and not 0 <= (last - first).days < MAX_DAYS:
        wrong = [f"--to: not after --from, or too far. Allowed: 1 to {MAX_DAYS} days."]
    return first, last, wrong


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
    told, environment = {line.split(":")[0] for line in problems}, call.args.environment
    source = _source(values, call.pipeline)
    ask_source = bool(source) and "source" not in told
    ask_day = day is not None and not told & {"as_of", "--from", "--to"}
    if problems and not ask_source and not (ask_day and day is not None and day < days.USUAL_FIRST):
        return []
    settings = call.settings
    if settings.named(environment) not in settings.environments:
        return []  # told with the other options
    found = [settings.source_problem(source, environment=environment)] if ask_source else []
    found += settings.override_problems(
        [*values, *varied], cls=call.pipeline.parameters, environment=environment
    )
    if ask_day:
        found.append(days.problem(day, now=call.now, first=settings.first_as_of, every=call.pipeline.every))
    return [line for line in found if line]


def _source(values: Mapping[str, Any], pipeline: Declared) -> str:
    """Where rows come from, where that has to be a name of the settings."""
    field = pipeline.parameters.model_fields.get("source")
    source = values.get("source", field.default) if field else "sample"
    return source if isinstance(source, str) and source != "sample" else ""
