"""`--plan`: what a run or backfill would do, and nothing done."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from ml_assets.cli.sweep_request import SweepRequest
from ml_assets.core.options import Options
from ml_assets.core.report.text import count
from ml_assets.errors import RefusedError
from ml_assets.pipeline.budget import over_budget
from ml_assets.pipeline.days import workers_for
from ml_assets.pipeline.plan import STATES, Plan, plan
from ml_assets.pipeline.workspace import Workspace, open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.settings import load_settings


def show_plan(
    parameters: TrainingParameters, days: Sequence[dt.date], *, options: Options, as_json: bool
) -> int:
    """Print the plan; RefusedError where it exceeds the budget of its environment."""
    workspace = open_workspace(
        load_settings(), pipeline=tabular, environment=options.environment, reuse=options.reuse
    )
    workers = workers_for(parameters, days, workspace=workspace)
    return _show(plan(parameters, days, workspace=workspace, workers=workers), workspace, as_json=as_json)


def show_sweep_plan(request: SweepRequest, *, options: Options, as_json: bool) -> int:
    """Print the plan of a sweep, a line for each trial and day; RefusedError where it exceeds the budget."""
    from ml_assets.cli.local_sweep import sweep_of
    from ml_assets.pipeline.sweep_plan import plan_sweep

    sweep = sweep_of(request, options)
    return _show(plan_sweep(sweep), sweep.workspace, as_json=as_json)


def _show(planned: Plan, workspace: Workspace, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(_document(planned, workspace.environment), indent=2))
    else:
        _print(planned, workspace.environment)
    problems = over_budget(planned, workspace)
    if problems:
        raise RefusedError(problems)
    return 0


def _document(planned: Plan, environment: str) -> dict[str, Any]:
    return {
        "environment": environment,
        "days": [
            {
                "as_of": day.as_of.isoformat(),
                "run_id": day.run_id,
                "state": day.state,
                "why": list(day.why),
                **({"trial": day.trial} if day.trial else {}),
            }
            for day in planned.days
        ],
        "counts": {state: planned.count(state) for state in STATES},
        "later": planned.later,
        "hours": planned.hours,
        "workers": planned.workers,
    }


def _print(planned: Plan, environment: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    is_sweep = any(day.trial for day in planned.days)
    trial = ["trial"] if is_sweep else []
    table = Table("as_of", "run_id", *trial, "plan", "why", box=None, padding=(0, 2))
    for day in planned.days:
        own = [day.trial] if is_sweep else []
        told = (*own, day.state, "\n".join(day.why))
        table.add_row(day.as_of.isoformat(), day.run_id, *map(escape, told))
    out = console()
    out.print(table)
    counts = ", ".join(f"{planned.count(state)} {state}" for state in STATES)
    if planned.later:
        counts += f", at most {planned.later} more that depend on results"
    out.print(f"\n{counts} in {environment}; {_time(planned)}. Nothing was launched.", markup=False)


def _time(planned: Plan) -> str:
    if not planned.to_make:
        return "nothing to compute"
    if planned.hours is None:
        return f"{planned.to_make} to compute, for how long no past run tells"
    minutes = planned.hours * 60
    told = f"{minutes:.0f} minutes" if minutes >= 2 else count(round(minutes * 60), "second")  # noqa: PLR2004
    processes = "1 process" if planned.workers == 1 else f"{planned.workers} processes"
    return (
        f"{planned.to_make} to compute, about {told} in {processes} (as {planned.past_days} past ones took)"
    )
