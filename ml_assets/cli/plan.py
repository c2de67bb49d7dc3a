"""`--plan`: what a run or backfill would do, and nothing done."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from ml_assets.core.parameters import TrainingParameters
from ml_assets.errors import RefusedError
from ml_assets.pipeline.budget import over_budget
from ml_assets.pipeline.days import workers_for
from ml_assets.pipeline.plan import STATES, Plan, plan
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.settings import load_settings


def show_plan(
    parameters: TrainingParameters, days: Sequence[dt.date], *, environment: str, reuse: bool, as_json: bool
) -> int:
    """Print the plan; RefusedError where it exceeds the budget of its environment."""
    workspace = open_workspace(load_settings(), environment=environment, reuse=reuse)
    workers = workers_for(parameters, days, workspace=workspace)
    planned = plan(parameters, days, workspace=workspace, workers=workers)
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
            }
            for day in planned.days
        ],
        "counts": {state: planned.count(state) for state in STATES},
        "hours": planned.hours,
        "workers": planned.workers,
    }


def _print(planned: Plan, environment: str) -> None:
    from rich.table import Table

    from ml_assets.cli.tables import console

    table = Table("as_of", "run_id", "plan", "why", box=None, padding=(0, 2))
    for day in planned.days:
        table.add_row(day.as_of.isoformat(), day.run_id, day.state, "\n".join(day.why))
    out = console()
    out.print(table, markup=False)
    counts = ", ".join(f"{planned.count(state)} {state}" for state in STATES)
    out.print(f"\n{counts} in {environment}; {_time(planned)}. Nothing was launched.", markup=False)


def _time(planned: Plan) -> str:
    if not planned.to_make:
        return "nothing to compute"
    if planned.hours is None:
        return f"{planned.to_make} to compute, for how long no past run tells"
    minutes = planned.hours * 60
    told = f"{minutes:.0f} minutes" if minutes >= 2 else f"{minutes * 60:.0f} seconds"  # noqa: PLR2004
    processes = "1 process" if planned.workers == 1 else f"{planned.workers} processes"
    return (
        f"{planned.to_make} to compute, about {told} in {processes} (as {planned.past_days} past days took)"
    )
