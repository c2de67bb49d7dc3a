"""`ml-assets score`: the rows of a day, or of several, scored in this process."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from ml_assets.cli.local_scoring import failed, launch_scoring, with_model
from ml_assets.cli.run import progress
from ml_assets.cli.scoring_request import ScoringRequest
from ml_assets.core.result import artifact_of
from ml_assets.pipelines.tabular.scoring.parameters import ASSET

JOB = "score"
NUMBERS = ("mean_score", "score_p10", "score_p50", "score_p90")


def score(request: ScoringRequest, *, as_json: bool) -> int:
    """Score each day and print a line for each; 1 where a day has no predictions."""
    request = with_model(request, asset=ASSET)
    with progress(show=not as_json, doing="Scoring"):
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
    if as_json:
        print(json.dumps(result, indent=2))
    else:
        _print(result)
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
    from rich.markup import escape
    from rich.table import Table

    from ml_assets.cli.tables import console

    head = ("as_of", "run_id", "model", "rows", "mean score", "10 %", "median", "90 %", "", "predictions")
    table = Table(*head, box=None, padding=(0, 2))
    for day in result["days"]:
        numbers = [f"{day[name]:.4f}" for name in NUMBERS]
        made = "reused" if day["artifact"]["reused"] else "made"
        told = (day["as_of"], day["run_id"], day["model_run_id"], str(day["rows"]))
        table.add_row(*told, *numbers, made, escape(day["artifact"]["uri"]) + "/")
    out = console()
    if result["days"]:
        out.print(table)
    out.print(
        f"{result['dataset']} of source {result['source']} in environment {result['environment']}: "
        f"{len(result['days'])} scored, {len(result['failed'])} failed",
        markup=False,
    )
    for item in result["failed"]:
        print(f"{item['as_of']}: {item['reason']}", file=sys.stderr)
