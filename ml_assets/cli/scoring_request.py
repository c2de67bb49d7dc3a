"""What the command line of `score` or `monitor` asks for, checked: rows, model and days, or every problem at once."""

import argparse
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ml_assets.cli.flags import read_as, unknown_flags
from ml_assets.cli.parser_options import option_problems
from ml_assets.cli.parser_scoring import ROWS
from ml_assets.cli.request import against_settings, span
from ml_assets.core import as_of as days
from ml_assets.core.options import Options
from ml_assets.core.problems import diagnose, problems_of
from ml_assets.core.release import NOW, Requested
from ml_assets.core.secrets import looks_like_credential
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.scoring.parameters import ScoringParameters


@dataclass(frozen=True, kw_only=True)
class ScoringRequest:
    """A sound request: `given` and `given_own` are what was not left at its default, `requested` when it was made."""

    parameters: TrainingParameters
    own: ScoringParameters
    days: tuple[dt.date, ...]
    given: dict[str, Any]
    given_own: dict[str, Any]
    options: Options
    requested: Requested = NOW


def read_scoring(
    args: argparse.Namespace,
    unknown: Sequence[str],
    parser: argparse.ArgumentParser,
    *,
    own: type[ScoringParameters],
    now: dt.datetime,
) -> ScoringRequest:
    """The request, or RefusedError with all problems; loads neither Dagster nor scikit-learn."""
    values = {name: getattr(args, name) for name in ROWS if getattr(args, name) is not None}
    given_own = {
        name: read_as(field, getattr(args, name))
        for name, field in own.model_fields.items()
        if getattr(args, name) is not None
    }
    told = {"environment": args.environment, "reuse": args.reuse}
    parameters, problems = diagnose(values, TrainingParameters)
    problems = [*unknown_flags(unknown, parser), *problems, *problems_of(given_own, own).values()]
    problems += option_problems(told).values()
    first, last, wrong = _days(args, now=now)
    problems += wrong
    problems += against_settings(values, first, problems, now=now, environment=args.environment)
    if parameters is None or first is None or last is None or problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    return ScoringRequest(
        parameters=parameters,
        own=own.model_validate(given_own),
        days=tuple(first + dt.timedelta(days=n) for n in range((last - first).days + 1)),
        given=values,
        given_own=given_own,
        options=Options.model_validate(told),
    )


def _days(args: argparse.Namespace, *, now: dt.datetime) -> tuple[dt.date | None, dt.date | None, list[str]]:
    """The first and the last day, and what is wrong with them."""
    if any(getattr(args, name, None) is not None for name in ("last", "from_", "to")):
        if args.as_of is not None:
            return None, None, ["--as-of: not with --last, --from or --to, which name the days already."]
        return span(args, now=now)
    if looks_like_credential(str(args.as_of)):
        return None, None, ["as_of: looks like a credential. Give secrets by reference only."]
    day = days.last_complete_day(now) if args.as_of is None else days.parse(args.as_of)
    problem = days.problem(day, now=now, first=None)
    return day, day, [problem] if problem else []
