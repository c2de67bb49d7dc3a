"""`--plan`: what a run, a backfill or a sweep would do, and nothing done."""

from ml_assets.cli.call import Call
from ml_assets.cli.request import Request
from ml_assets.errors import RefusedError
from ml_assets.pipeline.budget import over_budget
from ml_assets.pipeline.days import workers_for
from ml_assets.pipeline.plan import STATES, Plan, plan
from ml_assets.pipeline.sweep import Sweep
from ml_assets.terminal.progress import reading
from ml_assets.terminal.tables import print_table, print_text


def show_plan(call: Call, request: Request) -> int:
    """Print the plan; RefusedError where it exceeds the budget of its environment."""
    _refuse_elsewhere(call)
    workers = workers_for(request.parameters, request.days, workspace=call.workspace)
    with reading("Planning", json=call.args.json, unit="day", total=len(request.days)):
        planned = plan(request.parameters, request.days, workspace=call.workspace, workers=workers)
    return _show(call, planned)


def show_sweep_plan(call: Call, sweep: Sweep) -> int:
    """Print the plan of a sweep, a line for each trial and day; RefusedError where it exceeds the budget."""
    from ml_assets.pipeline.sweep_plan import plan_sweep

    _refuse_elsewhere(call)
    with reading("Planning", json=call.args.json, unit="trial"):
        planned = plan_sweep(sweep)
    return _show(call, planned)


def _refuse_elsewhere(call: Call) -> None:
    if call.args.on:
        raise RefusedError(
            ["--plan: not with --on. What a deployment has stored is planned where its store is."]
        )


def _show(call: Call, planned: Plan) -> int:
    environment = call.workspace.environment
    call.show(planned.document(environment), lambda: _print(planned, environment))
    if problems := over_budget(planned, call.workspace):
        raise RefusedError(problems)
    return 0


def _print(planned: Plan, environment: str) -> None:
    is_sweep = any(day.trial for day in planned.days)
    trial = ["trial"] if is_sweep else []
    rows = [
        (str(day.as_of), day.run_id, *([day.trial] if is_sweep else []), day.state, "\n".join(day.why))
        for day in planned.days
    ]
    print_table(("as_of", "run_id", *trial, "plan", "why"), rows)
    counts = ", ".join(f"{planned.count(state)} {state}" for state in STATES)
    if planned.later:
        counts += f", at most {planned.later} more that depend on results"
    print_text(f"\n{counts} in {environment}; {planned.time_text}. Nothing was launched.")
