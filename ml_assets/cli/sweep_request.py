"""What the command line of a sweep asks for, checked: parameters, axes, search and days, or every problem at once."""

import argparse
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ml_assets.cli.flags import SWEEP_FLAGS, read_as, unknown_flags
from ml_assets.cli.request import against_settings, layered, span
from ml_assets.core import as_of as days
from ml_assets.core.metrics import Metrics
from ml_assets.core.problems import diagnose
from ml_assets.core.secrets import looks_like_credential
from ml_assets.core.sweep.search import check_space
from ml_assets.core.sweep.sweep_parameters import (
    NO_AXIS,
    SweepParameters,
    check_sweep,
    space_of,
    sweep_parameters,
)
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters


@dataclass(frozen=True, kw_only=True)
class SweepRequest:
    """A sound request for a sweep: `given` and `given_own` are what was not left at its default."""

    parameters: TrainingParameters
    own: SweepParameters
    as_of: dt.date
    given: dict[str, Any]
    given_own: dict[str, Any]


def read_sweep(
    args: argparse.Namespace, unknown: Sequence[str], parser: argparse.ArgumentParser, *, now: dt.datetime
) -> SweepRequest:
    """The request, or RefusedError with all problems; loads neither Dagster nor scikit-learn."""
    values = layered(args)
    file_day, own, problems = values.pop("as_of", None), dict[str, Any](), unknown_flags(unknown, parser)
    table = values.pop("sweep", {})
    if isinstance(table, Mapping):
        own.update({**table, **_axes_of(table)})
    else:
        problems.append("sweep: not a table. Allowed: grid, search and the other parameters of a sweep.")
    axes, wrong = _axes(args.grid)
    own |= {"grid": axes} if axes else {}
    if not own.get("grid") and not wrong:
        problems.append(NO_AXIS)
    own |= {name: value for name, value in _own_flags(args).items() if value is not None}
    day, days_wrong = _days(args, file_day, own, now=now)
    parameters, found = diagnose(values, TrainingParameters)
    problems += [*wrong, *found, *_own_problems(own), *days_wrong]
    if not args.on:
        grid = own.get("grid")
        where = {
            "environment": args.environment,
            "varied": tuple(grid) if isinstance(grid, Mapping) else (),
        }
        problems += against_settings(values, day, problems, now=now, **where)
    if parameters is None or day is None or problems:
        raise RefusedError(list(dict.fromkeys(problems)))
    checked = check_sweep(own, pipeline=tabular)
    check_space(parameters, space_of(checked, cls=TrainingParameters))
    return SweepRequest(parameters=parameters, own=checked, as_of=day, given=values, given_own=own)


def _axes(given: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The texts of `--grid NAME=VALUES` by name, and what is wrong with them."""
    found: dict[str, str] = {}
    problems = []
    for text in given:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if looks_like_credential(name):
            problems.append("--grid: looks like a credential. Give secrets by reference only.")
        elif not equals:
            problems.append("--grid: not an axis. Allowed: NAME=VALUES, such as learning_rate=0.05,0.1,0.2.")
        elif name in found:
            problems.append(f"--grid: {name} is there twice. Allowed: each parameter once.")
        else:
            found[name] = values
    return found, problems


def _axes_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """The grid of a file with its numbers as texts: `1e-3` alone is an axis of one value, which YAML reads as a number."""
    grid = table.get("grid")
    if not isinstance(grid, Mapping):
        return {}
    return {"grid": {name: str(v) if type(v) in (int, float) else v for name, v in grid.items()}}


def _own_flags(args: argparse.Namespace) -> dict[str, Any]:
    fields = sweep_parameters(Metrics.of(tabular)).model_fields
    return {name: read_as(fields[name], getattr(args, f"sweep_{name}")) for name in SWEEP_FLAGS}


def _own_problems(own: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        check_sweep(own, pipeline=tabular)
    except RefusedError as error:
        return error.problems
    return ()


def _days(
    args: argparse.Namespace, file_day: Any, own: dict[str, Any], *, now: dt.datetime
) -> tuple[dt.date | None, list[str]]:
    """The sweep's as_of, and what is wrong with its days; their number goes into `own`."""
    if args.last is not None or args.from_ is not None or args.to is not None:
        if args.as_of is not None:
            return None, ["--as-of: not with --last, --from or --to, which name the days already."]
        first, last, wrong = span(args, now=now)
        if first is not None and last is not None and not wrong:
            own["window_days"] = (last - first).days + 1
        return last, wrong
    text = args.as_of if args.as_of is not None else file_day
    day = days.last_complete_day(now) if text is None else days.parse(str(text))
    if looks_like_credential(str(text)):
        return None, ["as_of: looks like a credential. Give secrets by reference only."]
    problem = days.problem(day, now=now, first=None)
    return day, [problem] if problem else []
