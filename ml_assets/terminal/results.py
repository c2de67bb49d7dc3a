"""Results as tables for a terminal."""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ml_assets.core.metrics import Metrics
from ml_assets.core.pipeline import Declared
from ml_assets.core.slices import metric_assets
from ml_assets.terminal.tables import console, print_table, print_text, table
from ml_assets.text import count

if TYPE_CHECKING:
    from rich.console import RenderableType


def print_result(result: Mapping[str, Any], *, given: Collection[str], pipeline: Declared, more: str) -> None:
    """Print parameters, metrics and paths of a run; `more` is the command that tells all about it."""
    out = console()
    out.print(
        f"run_id [bold]{result['run_id']}[/bold]  as_of {result['as_of']}  environment {result['environment']}"
    )
    out.print(f"Dagster run {result['dagster_run_id']}\n")
    out.print(parameters_table(result["parameters"], given=given))
    out.print(metrics_table(result["metrics"], pipeline=pipeline))
    for asset, artifact in result["artifacts"].items():
        print_text(f"{asset:<13} {'reused' if artifact['reused'] else 'made  '} {artifact['uri']}/")
    asset, artifact = next(iter(result["artifacts"].items()))
    root = artifact["uri"].partition(f"/{pipeline.folder}/{asset}/".replace("//", "/"))[0]
    out.print(f"\nArtifacts are under {root}. All about this run: {more}", markup=False)


def parameters_table(parameters: Mapping[str, Any], *, given: Collection[str]) -> "RenderableType":
    """Parameter, value and origin."""
    rows = [
        (name, json.dumps(value), "given" if name in given else "default")
        for name, value in parameters.items()
    ]
    return table(("parameter", "value", "origin"), rows)


def metrics_table(metrics: Mapping[str, float], *, pipeline: Declared) -> "RenderableType":
    """Metric, value and, where there are any, interval: four digits."""
    declared = Metrics.of(pipeline)
    names = declared.in_order(declared.without_ends(metrics))
    head = ["metric", "value", *(["95 % interval"] if len(names) < len(metrics) else [])]
    rows = [[name, number(metrics[name]), declared.interval_text(name, metrics)] for name in names]
    return table(head, [row[: len(head)] for row in rows])


def number(value: float | None) -> str:
    """Four digits after the point; a whole number as it is, and nothing for none."""
    return "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)


def print_backfill(result: Mapping[str, Any], *, pipeline: Declared) -> None:
    """Print one line a day: its first metric, how many artifacts were made, and where the main one is."""
    names = Metrics.of(pipeline).ranked[:1]
    main = pipeline.promotes or metric_assets(pipeline)[0]
    rows = [
        (
            day["as_of"],
            day["run_id"],
            *(number(day["metrics"].get(name)) for name in names),
            str(sum(not artifact["reused"] for artifact in day["artifacts"].values())),
            f"{day['artifacts'][main]['uri']}/",
        )
        for day in result["days"]
    ]
    print_table(("as_of", "run_id", *names, "made", main), rows)
    print_text(f"{count(len(result['days']), 'day')} done, {len(result['failed'])} failed")
