"""`ml-assets backfill`: several days, in one Dagster run of this process or as a backfill of a deployment."""

import datetime as dt
import json
import sys
from typing import TYPE_CHECKING

from ml_assets.cli.request import BackfillRequest
from ml_assets.cli.run import progress
from ml_assets.core.options import Options
from ml_assets.core.result import BackfillResult, Result, failed_days, result_of
from ml_assets.errors import TrainingError
from ml_assets.pipeline.report import Outcome
from ml_assets.pipeline.workspace import open_workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings

if TYPE_CHECKING:  # loaded once the request is known to be sound
    from ml_assets.cli.local import Local

DONE, FAILED = 0, 1


def backfill(request: BackfillRequest, *, options: Options, as_json: bool, on: str | None = None) -> int:
    """Make the four artifacts of each day and print the results; FAILED where a day has none."""
    with progress(show=not as_json) as told:
        if on is None:
            result = _here(request, options=options)
        else:
            from ml_assets.client import submit_backfill

            result = submit_backfill(
                on,
                parameters=request.given,
                days=request.days,
                **options.model_dump(exclude={"retry_failed"}),
                on_progress=told,
            )
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        _print(result, request, environment=options.environment, stored_here=on is None)
    return FAILED if result["failed"] else DONE


def _print(result: BackfillResult, request: BackfillRequest, *, environment: str, stored_here: bool) -> None:
    """A line a day; then the report, where the store it reads is at hand, else the failed days alone."""
    from ml_assets.cli.tables import print_backfill

    print_backfill(result)
    if not stored_here:
        for item in result["failed"]:
            print(f"{item['as_of']}: {item['reason']}", file=sys.stderr)
        return
    from ml_assets.cli.report import print_report
    from ml_assets.pipeline.report import report

    workspace = open_workspace(load_settings(), pipeline=tabular, environment=environment)
    found = report(
        request.parameters, request.days, pipeline=tabular, workspace=workspace, outcomes=_outcomes(result)
    )
    print_report(found, pipeline=tabular)


def _outcomes(result: BackfillResult) -> dict[dt.date, Outcome]:
    found: dict[dt.date, Outcome] = {}
    for day in result["days"]:
        reused = all(artifact["reused"] for artifact in day["artifacts"].values())
        found[dt.date.fromisoformat(day["as_of"])] = ("reused" if reused else "made", "")
    for item in result["failed"]:
        found[dt.date.fromisoformat(item["as_of"])] = ("failed", item["reason"])
    return found


def _here(request: BackfillRequest, *, options: Options) -> BackfillResult:
    from ml_assets.cli.local import launch

    together = BackfillResult(backfill_id="", days=[], failed=[])
    runs = launch(request.parameters, request.days, given=request.given, options=options)
    for run in runs:
        failed = failed_days(
            run.days, seen=run.seen, reasons=run.failed, otherwise=run.reason, assets=tuple(tabular.assets)
        )
        bad = {item["as_of"] for item in failed}
        together["failed"] += failed
        together["days"] += [_result(request, day, run) for day in run.days if day.isoformat() not in bad]
    reasons = {item["reason"] for item in together["failed"]}
    if not together["days"] and len(reasons) == 1:  # one reason for all, and nothing to show beside it
        raise TrainingError(*reasons)
    return together


def _result(request: BackfillRequest, day: dt.date, run: "Local") -> Result:
    return result_of(
        request.parameters,
        day,
        pipeline=tabular,
        dagster_run_id=run.dagster_run_id,
        environment=run.environment,
        seen=run.seen,
    )
