"""A sweep that is asked of a deployment, checked here first."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml_assets.client.request import Day, checked_request
from ml_assets.core.parameters import Parameters
from ml_assets.core.pipeline import Declared
from ml_assets.core.sweep.result import SweepResult, sweep_result, sweep_run_id
from ml_assets.core.sweep.search import check_space
from ml_assets.core.sweep.sweep_parameters import SweepParameters, check_sweep, space_of
from ml_assets.errors import RefusedError

LISTABLE = ("grid", "random")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A sound sweep that is asked for.

    Attributes:
        pipeline: what is run.
        parameters: what its trials share.
        own: the sweep's own.
        as_of: its latest day.
        request: what was given, as JSON values.
    """

    pipeline: Declared
    parameters: Parameters
    own: SweepParameters
    as_of: dt.date
    request: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The run_id of its leaderboard."""
        return sweep_run_id(self.parameters, self.own, self.as_of)

    def result(self, run: str = "", seen: Mapping[str, Any] | None = None) -> SweepResult:
        """What is handed back; without `seen`, the metadata of its leaderboard, there is none yet."""
        return sweep_result(self.parameters, self.own, self.as_of, dagster_run_id=run, seen=seen)


def checked_sweep(
    parameters: Mapping[str, Any],
    sweep: Mapping[str, Any],
    as_of: Day,
    *,
    pipeline: Declared,
    environment: str,
    as_runs: bool,
) -> Asked:
    """What is asked for, or RefusedError with every problem of parameters, days and sweep."""
    checked, (day,) = checked_request(
        parameters,
        [as_of],
        cls=pipeline.parameters,
        every=pipeline.every,
        also=_problems(sweep, pipeline, as_runs=as_runs),
    )
    own = _own(sweep, pipeline)
    check_space(checked, space_of(own, cls=pipeline.parameters))
    request = {"given": dict(parameters), "own": dict(sweep), "as_of": str(day), "environment": environment}
    return Asked(pipeline=pipeline, parameters=checked, own=own, as_of=day, request=request)


def refuse_with_as_runs(**options: object) -> None:
    """RefusedError for each option that is given and has no meaning for trials that are runs of their own."""
    if given := [name for name, value in options.items() if value]:
        raise RefusedError(
            [f"{name}: not with as_runs, where each trial is a run like any other." for name in given]
        )


def _own(sweep: Mapping[str, Any], pipeline: Declared) -> SweepParameters:
    return check_sweep(sweep, pipeline=pipeline)


def _problems(sweep: Mapping[str, Any], pipeline: Declared, *, as_runs: bool) -> tuple[str, ...]:
    try:
        own = _own(sweep, pipeline)
    except RefusedError as error:
        return error.problems
    if as_runs and own.search not in LISTABLE:
        return (
            f"search: its trials depend on results, so not all can be launched. Allowed: {', '.join(LISTABLE)}.",
        )
    return ()
