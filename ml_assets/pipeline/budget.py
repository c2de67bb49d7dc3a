"""Is a plan within what the settings allow one launch to compute?"""

import datetime as dt
from collections.abc import Sequence

from ml_assets.core.parameters import Parameters
from ml_assets.errors import RefusedError
from ml_assets.pipeline.plan import Plan, plan
from ml_assets.pipeline.workspace import Workspace


def refuse_over_budget(
    parameters: Parameters, days: Sequence[dt.date], *, workspace: Workspace, workers: int
) -> None:
    """Raise RefusedError where making these days exceeds the budget; plans only where there is one."""
    budget = workspace.budget
    if budget.runs or budget.hours:
        problems = over_budget(plan(parameters, days, workspace=workspace, workers=workers), workspace)
        if problems:
            raise RefusedError(problems)


def over_budget(planned: Plan, workspace: Workspace) -> list[str]:
    """One line for each limit that a plan exceeds."""
    budget, name = workspace.budget, workspace.environment
    problems = []
    if budget.runs and planned.to_make > budget.runs:
        problems.append(
            f"budget: {planned.to_make} runs are to be computed. Allowed in {name}: {budget.runs} at once "
            f"(environments.{name}.budget.runs)."
        )
    if budget.hours and planned.hours is not None and planned.hours > budget.hours:
        hours = f"{planned.hours:.2g}"
        unit = "hour" if hours == "1" else "hours"
        problems.append(
            f"budget: about {hours} {unit} of computing. Allowed in {name}: {budget.hours:g} at once "
            f"(environments.{name}.budget.hours)."
        )
    return problems
