"""`ml-assets run` and `ml-assets backfill`: Dagster runs of one day or of several, in this process or on a deployment."""

import datetime as dt
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.cli.confirm import goes_on, quick_plan_of
from ml_assets.cli.request import Request, read_request
from ml_assets.core.result import BackfillResult, Result, failed_days, result_of
from ml_assets.errors import TrainingError
from ml_assets.terminal.progress import progress, reading
from ml_assets.terminal.report import print_days, print_report
from ml_assets.terminal.results import print_backfill, print_result

if TYPE_CHECKING:  # loaded once the request is known to be sound
    from ml_assets.adapter.in_process import LocalRun
    from ml_assets.pipeline.report import Outcome

DONE, FAILED, REFUSED = 0, 1, 2


def run(call: Call) -> int:
    """Make the artifacts of a day and print the result; raises the error that stopped the run."""
    request = read_request(call)
    if call.args.plan:
        return _plan(call, request)
    with progress(show=not call.args.json, unit="" if call.args.on else "asset") as told:
        try:
            result = _run_there(call, request, told) if call.args.on else _run_here(call, request)
        except TrainingError as error:
            error.launch = _links(call, request, [request.as_of]).get(str(request.as_of), "")
            raise
    environment = call.settings.in_a_command(result["environment"])
    more = call.command("show", result["run_id"], environment=environment)
    call.show(result, lambda: print_result(result, given=request.given, pipeline=call.pipeline, more=more))
    return DONE


def backfill(call: Call) -> int:
    """Make the artifacts of each day and print the results; FAILED where a day has none, REFUSED where somebody said no."""
    request = read_request(call)
    if call.args.plan:
        return _plan(call, request)
    if not goes_on(call, lambda: len(request.days), lambda: quick_plan_of(call, request)):
        return REFUSED
    there, several = bool(call.args.on), len(request.days) > 1
    counted = {"unit": "day", "total": len(request.days)} if several else {"unit": "asset"}
    with progress(show=not call.args.json, **({} if there else counted)) as told:
        result = _backfill_there(call, request, told) if there else _backfill_here(call, request)
    failed = [dt.date.fromisoformat(item["as_of"]) for item in result["failed"]]
    launch = _links(call, request, failed)
    document = {**result, "failed": [{**item, "launch": launch[item["as_of"]]} for item in result["failed"]]}
    call.show(document, lambda: _print(call, request, result, launch))
    return FAILED if result["failed"] else DONE


def _links(call: Call, request: Request, days: Sequence[dt.date]) -> dict[str, str]:
    """The addresses that launch these days again, by day."""
    launchpads = call.launchpads(call.settings.named(call.options.environment))
    return {str(day): launchpads.run(request.parameters, day) for day in days}


def _plan(call: Call, request: Request) -> int:
    from ml_assets.cli.plan import show_plan

    return show_plan(call, request)


def _run_here(call: Call, request: Request) -> Result:
    from ml_assets.cli.dagster_runs import make_days

    (made,) = make_days(call, request)
    if made.reason:
        raise TrainingError(made.reason)
    return _result(call, request, request.as_of, made)


def _run_there(call: Call, request: Request, told: Callable[[str], None]) -> Result:
    from ml_assets.client import submit

    return call.submit(submit, request.given, as_of=request.as_of, on_progress=told)


def _backfill_there(call: Call, request: Request, told: Callable[[str], None]) -> BackfillResult:
    from ml_assets.client import submit_backfill

    return call.submit(submit_backfill, request.given, days=request.days, on_progress=told)


def _backfill_here(call: Call, request: Request) -> BackfillResult:
    from ml_assets.cli.dagster_runs import make_days

    together = BackfillResult(backfill_id="", days=[], failed=[])
    for made in make_days(call, request):
        failed = failed_days(
            made.days,
            seen=made.seen,
            reasons=made.failed,
            otherwise=made.reason,
            assets=tuple(call.pipeline.assets),
        )
        bad = {item["as_of"] for item in failed}
        together["failed"] += failed
        together["days"] += [_result(call, request, day, made) for day in made.days if str(day) not in bad]
    reasons = {item["reason"] for item in together["failed"]}
    if not together["days"] and len(reasons) == 1:  # one reason for all, and nothing to show beside it
        raise TrainingError(*reasons)
    return together


def _result(call: Call, request: Request, day: dt.date, made: "LocalRun") -> Result:
    return result_of(
        request.parameters,
        day,
        pipeline=call.pipeline,
        dagster_run_id=made.dagster_run_id,
        environment=made.environment,
        seen=made.seen,
    )


def _print(call: Call, request: Request, result: BackfillResult, launch: Mapping[str, str]) -> None:
    """A line a day; then the report, where the store it reads is at hand, else the failed days alone."""
    print_backfill(result, pipeline=call.pipeline)
    if call.args.on:
        for item in result["failed"]:
            print(f"{item['as_of']}: {item['reason']}", file=sys.stderr)
        print_days(launch)
        return
    from ml_assets.pipeline.report import report

    with reading("Reading", json=call.args.json, unit="day", total=len(request.days)):
        found = report(
            request.parameters,
            request.days,
            pipeline=call.pipeline,
            workspace=call.workspace,
            outcomes=_outcomes(result),
        )
    print_report(found, pipeline=call.pipeline, launch=launch)


def _outcomes(result: BackfillResult) -> dict[dt.date, "Outcome"]:
    found: dict[dt.date, Outcome] = {}
    for day in result["days"]:
        reused = all(artifact["reused"] for artifact in day["artifacts"].values())
        found[dt.date.fromisoformat(day["as_of"])] = ("reused" if reused else "made", "")
    for item in result["failed"]:
        found[dt.date.fromisoformat(item["as_of"])] = ("failed", item["reason"])
    return found
