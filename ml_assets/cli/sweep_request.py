"""What the command line of a sweep asks for, checked: parameters, axes, search and days, or every problem at once."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.cli.call import Call
from ml_assets.cli.flags import SWEEP_FLAGS, read_as
from ml_assets.cli.request import Request, asked_days, checked, layered, names_several
from ml_assets.core.sweep.search import check_space
from ml_assets.core.sweep.space import axes_in
from ml_assets.core.sweep.sweep_parameters import NO_AXIS, SweepParameters, check_sweep, space_of
from ml_assets.errors import RefusedError


@dataclass(frozen=True, kw_only=True)
class SweepRequest(Request):
    """A sound request for a sweep: `given_own` is what was not left at its default of the sweep's own."""

    own: SweepParameters
    given_own: dict[str, Any]


def read_sweep(call: Call) -> SweepRequest:
    """The request, or RefusedError with all problems."""
    args, values, own = call.args, layered(call), dict[str, Any]()
    file_day, table = values.pop("as_of", None), values.pop("sweep", {})
    problems = []
    if isinstance(table, Mapping):
        own.update({**table, **_axes_of(table)})
    else:
        problems.append("sweep: not a table. Allowed: grid, search and the other parameters of a sweep.")
    axes, wrong = axes_in(args.grid, of="--grid")
    own |= {"grid": axes} if axes else {}
    if not own.get("grid") and not wrong:
        problems.append(NO_AXIS)
    own |= {name: value for name, value in _own_flags(args).items() if value is not None}
    first, last, days_wrong = asked_days(call, otherwise=file_day)
    if first is not None and last is not None and names_several(args) and not days_wrong:
        own["window_days"] = (last - first).days + 1
    grid = own.get("grid")
    request = checked(
        call,
        values,
        (last, last, days_wrong),
        before=[*problems, *wrong],
        after=_own_problems(own, call),
        varied=tuple(grid) if isinstance(grid, Mapping) else (),
    )
    sound = check_sweep(own, pipeline=call.pipeline)
    check_space(request.parameters, space_of(sound, cls=call.pipeline.parameters))
    return SweepRequest(**vars(request), own=sound, given_own=own)


def _axes_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """The grid of a file with its numbers as texts: `1e-3` alone is an axis of one value, which YAML reads as a number."""
    grid = table.get("grid")
    if not isinstance(grid, Mapping):
        return {}
    return {"grid": {name: str(v) if type(v) in (int, float) else v for name, v in grid.items()}}


def _own_flags(args: argparse.Namespace) -> dict[str, Any]:
    fields = SweepParameters.model_fields
    return {name: read_as(fields[name], getattr(args, f"_sweep_{name}")) for name in SWEEP_FLAGS}


def _own_problems(own: Mapping[str, Any], call: Call) -> tuple[str, ...]:
    try:
        check_sweep(own, pipeline=call.pipeline)
    except RefusedError as error:
        return error.problems
    return ()
