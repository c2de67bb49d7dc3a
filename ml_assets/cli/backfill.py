"""`ml-assets backfill`: several days, in one Dagster run of this process or as a backfill of a deployment."""

import json
import sys

from ml_assets.cli.request import BackfillRequest
from ml_assets.cli.run import progress
from ml_assets.core.result import BackfillResult, failed_days, result_of
from ml_assets.errors import TrainingError

DONE, FAILED = 0, 1


def backfill(
    request: BackfillRequest, *, environment: str, reuse: bool, as_json: bool, on: str | None = None
) -> int:
    """Make the four artifacts of each day and print the results; FAILED where a day has none."""
    with progress(show=not as_json) as told:
        if on is None:
            result = _here(request, environment=environment, reuse=reuse)
        else:
            from ml_assets.client import submit_backfill

            result = submit_backfill(
                on,
                parameters=request.given,
                days=request.days,
                environment=environment,
                reuse=reuse,
                on_progress=told,
            )
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        from ml_assets.cli.tables import print_backfill

        print_backfill(result)
    for item in result["failed"]:
        print(f"{item['as_of']}: {item['reason']}", file=sys.stderr)
    return FAILED if result["failed"] else DONE


def _here(request: BackfillRequest, *, environment: str, reuse: bool) -> BackfillResult:
    from ml_assets.cli.local import launch

    outcome = launch(request.given, request.days, environment=environment, reuse=reuse)
    if outcome.reason and not outcome.seen and "days failed" not in outcome.reason:
        raise TrainingError(outcome.reason)
    failed = failed_days(request.days, seen=outcome.seen, reasons=[outcome.reason] if outcome.reason else [])
    bad = {item["as_of"] for item in failed}
    results = [
        result_of(
            request.parameters,
            day,
            dagster_run_id=outcome.dagster_run_id,
            environment=outcome.environment,
            seen=outcome.seen,
        )
        for day in request.days
        if day.isoformat() not in bad
    ]
    return BackfillResult(backfill_id="", days=results, failed=failed)
