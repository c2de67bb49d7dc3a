"""`ml-assets score`: the rows of a day, or of several, scored in this process."""

import sys
from collections.abc import Mapping
from typing import Any

from ml_assets.cli.call import Call
from ml_assets.core.result import artifact_of
from ml_assets.pipelines.tabular.commands.request import failed, launch_scoring, read_scoring, with_model
from ml_assets.pipelines.tabular.scoring.parameters import ASSET, ScoringParameters

JOB = "score"
NUMBERS = ("mean_score", "score_p10", "score_p50", "score_p90")


def score(call: Call) -> int:
    """Score each day and print a line for each; 1 where a day has no predictions."""
    request = read_scoring(call, own=ScoringParameters)
    from ml_assets.terminal.progress import progress

    request = with_model(request, asset=ASSET)
    with progress(show=not call.args.json, doing="Scoring", unit="day", total=len(request.days)):
        runs = launch_scoring(request, job=JOB, asset=ASSET)
    result = {
        "dataset": request.parameters.dataset,
        "source": request.parameters.source,
        "environment": runs[0].environment,
        "dagster_run_ids": [run.dagster_run_id for run in runs],
        "days": [
            _day(day, entry)
            for run in runs
            for (asset, day), entry in sorted(run.seen.items())
            if asset == ASSET
        ],
        "failed": failed(runs, asset=ASSET),
    }
    call.show(result, lambda: _print(result))
    return 1 if result["failed"] else 0


def _day(day: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "as_of": day,
        "run_id": entry["run_id"],
        "model_run_id": entry["model_run_id"],
        "rows": entry["dagster/row_count"],
        **{name: entry[name] for name in NUMBERS},
        "artifact": artifact_of(entry),
    }


def _print(result: Mapping[str, Any]) -> None:
    from ml_assets.terminal.tables import console, table

    head = ("as_of", "run_id", "model", "rows", "mean score", "10 %", "median", "90 %", "", "predictions")
    rows = []
    for day in result["days"]:
        numbers = [f"{day[name]:.4f}" for name in NUMBERS]
        made = "reused" if day["artifact"]["reused"] else "made"
        told = (day["as_of"], day["run_id"], day["model_run_id"], str(day["rows"]))
        rows.append((*told, *numbers, made, f"{day['artifact']['uri']}/"))
    out = console()
    if result["days"]:
        out.print(table(head, rows))
    out.print(
        f"{result['dataset']} of source {result['source']} in environment {result['environment']}: "
        f"{len(result['days'])} scored, {len(result['failed'])} failed",
        markup=False,
    )
    for item in result["failed"]:
        print(f"{item['as_of']}: {item['reason']}", file=sys.stderr)
