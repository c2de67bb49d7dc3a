"""`ml-assets sweep`: a matrix of runs and their leaderboard, in this process or on a deployment."""

import json
import sys
from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.cli.confirm import goes_on
from ml_assets.cli.sweep_request import SweepRequest, read_sweep
from ml_assets.core.shown_as import job_of
from ml_assets.core.sweep.result import ASSET, SweepResult, sweep_result
from ml_assets.core.sweep.search import trials_of
from ml_assets.errors import CorruptArtifactError, RefusedError, TrainingError
from ml_assets.terminal.progress import progress, reading
from ml_assets.terminal.tables import WIDTH, console, print_text
from ml_assets.terminal.wrapping import columns

REFUSED = 2

if TYPE_CHECKING:  # loaded once the request is known to be sound
    from ml_assets.pipeline.plan import Plan
    from ml_assets.pipeline.sweep import Sweep


def sweep(call: Call) -> int:
    """Carry out a sweep and print its leaderboard; raises the error that stopped it. REFUSED where somebody said no."""
    request = read_sweep(call)
    if call.args.plan:
        from ml_assets.cli.plan import show_sweep_plan

        return show_sweep_plan(call, sweep_of(call, request))
    if call.args.as_runs and not call.args.on:
        raise RefusedError(["--as-runs: only with --on. It makes each trial a run of a deployment."])
    if not _goes_on(call, request):
        return REFUSED
    result = _there(call, request) if call.args.on else _here(call, request)
    call.show(result, lambda: _print(result, call))
    return 0


def _goes_on(call: Call, request: SweepRequest) -> bool:
    """Whether somebody who is asked lets a long sweep begin."""

    def most() -> int:
        own = request.own
        trials = own.trials if own.search == "tpe" else len(trials_of(request.parameters, own))
        return trials * own.window_days

    def plan() -> "Plan":
        from ml_assets.pipeline.sweep_plan import quick_sweep_plan

        with reading("Looking", json=False):
            return quick_sweep_plan(sweep_of(call, request))

    return goes_on(call, most, plan)


def sweep_of(call: Call, request: SweepRequest) -> "Sweep":
    """The sweep that is asked for, in the workspace that the options name."""
    from ml_assets.core.as_of import window
    from ml_assets.pipeline.sweep import Sweep

    return Sweep(
        parameters=request.parameters,
        own=request.own,
        days=window(
            request.as_of,
            days=request.own.window_days,
            first=call.settings.first_as_of,
            every=call.pipeline.every,
        ),
        pipeline=call.pipeline,
        workspace=call.workspace,
        retry_failed=call.options.retry_failed,
    )


def _here(call: Call, request: SweepRequest) -> SweepResult:
    """RefusedError, or TrainingError with the reason, where there is no leaderboard of it."""
    from ml_assets.cli.dagster_runs import runs, workers_loading
    from ml_assets.pipeline.leaderboard import leaderboard_key, load_leaderboard, load_summary
    from ml_assets.pipeline.sweep_plan import refuse_sweep_over_budget

    with progress(show=not call.args.json, doing="Sweep", unit="trial", lines=False):
        asked = sweep_of(call, request)
        refuse_sweep_over_budget([asked])
        with workers_loading(_workers(asked), call.pipeline):
            (done,) = runs(
                call,
                job_of(call.pipeline, "sweep"),
                [request.as_of],
                given=request.given,
                own={ASSET: request.given_own},
            )
    if done.reason:
        raise TrainingError(done.reason)
    key = leaderboard_key(request.parameters, request.own, request.as_of, pipeline=call.pipeline)
    store = call.workspace.store
    return sweep_result(
        request.parameters,
        request.own,
        request.as_of,
        dagster_run_id=done.dagster_run_id,
        seen={**done.seen[ASSET, str(request.as_of)], "summary": load_summary(key, store)},
        leaderboard=load_leaderboard(key, store).document(),
    )


def _workers(asked: "Sweep") -> int:
    """How many processes to start while this one loads Dagster: one where the leaderboard is there already."""
    from ml_assets.pipeline.leaderboard import leaderboard_key
    from ml_assets.pipeline.processes import cores

    workspace = asked.workspace
    key = leaderboard_key(asked.parameters, asked.own, asked.days[-1], pipeline=asked.pipeline)
    try:
        again = workspace.reuse and workspace.store.find(key) is not None
    except CorruptArtifactError:
        again = False
    return 1 if again or workspace.engine else workspace.workers or cores()


def _there(call: Call, request: SweepRequest) -> SweepResult:
    from ml_assets.client import submit_sweep

    unit = "trial" if call.args.as_runs else ""
    with progress(show=not call.args.json, doing="Sweep", unit=unit) as told:
        more = {"sweep": request.given_own, "as_of": request.as_of, "as_runs": call.args.as_runs}
        return call.submit(submit_sweep, request.given, **more, on_progress=told)


def _print(result: SweepResult, call: Call) -> None:
    from ml_assets.core.leaderboard.document import Leaderboard
    from ml_assets.terminal.leaderboard import print_leaderboard
    from ml_assets.terminal.output import harmless

    if result["leaderboard"]:
        board = Leaderboard.model_validate_json(json.dumps(result["leaderboard"]))
        print_leaderboard(board, launchpads=call.launchpads(result["environment"]))
    elif result["summary"]:
        from rich.markdown import Markdown

        console().print(Markdown(harmless(result["summary"])), width=columns(sys.stdout) or WIDTH)
    for name, artifact in result["artifacts"].items():
        print_text(f"\n{name} of run_id {result['run_id']}: {artifact['uri']}/")
    print_text(f"Dagster run {result['dagster_run_id']}  environment {result['environment']}")
    if result["artifacts"] and not call.args.on:
        environment = call.settings.in_a_command(result["environment"])
        again = call.command("leaderboard", result["run_id"], environment=environment)
        print_text(f"Shown again by: {again}")
