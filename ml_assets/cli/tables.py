"""Results as tables for a terminal; on a narrow one, or in a file, paths stay whole."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from ml_assets.cli.console import SafeConsole
from ml_assets.core.command import command
from ml_assets.core.metrics import Metrics
from ml_assets.pipelines.tabular import tabular

WIDTH = 240


def console() -> SafeConsole:
    """A console that never breaks a path: what is wider than the terminal is left for the terminal to wrap."""
    return SafeConsole(width=WIDTH, soft_wrap=True, highlight=False)


def print_result(result: Mapping[str, Any], *, given: Collection[str], environment: str) -> None:
    """Print parameters, metrics and paths of a run; `environment` as a command names it."""
    out = console()
    out.print(
        f"run_id [bold]{result['run_id']}[/bold]  as_of {result['as_of']}  environment {result['environment']}"
    )
    out.print(f"Dagster run {result['dagster_run_id']}\n")
    out.print(parameters_table(result["parameters"], given=given))
    out.print(metrics_table(result["metrics"]))
    for asset, artifact in result["artifacts"].items():
        out.print(f"{asset:<13} {'reused' if artifact['reused'] else 'made  '} {escape(artifact['uri'])}/")
    root = result["artifacts"]["training_set"]["uri"].partition("/training_set/")[0]
    more = command("show", result["run_id"], environment=environment)
    out.print(f"\nArtifacts are under {root}. All about this run: {more}", markup=False)


def parameters_table(parameters: Mapping[str, Any], *, given: Collection[str]) -> Table:
    """Parameter, value and origin."""
    table = Table("parameter", "value", "origin", box=None, padding=(0, 2))
    for name, value in parameters.items():
        table.add_row(escape(name), escape(json.dumps(value)), "given" if name in given else "default")
    return table


def metrics_table(metrics: Mapping[str, float]) -> Table:
    """Metric, value and, where there are any, interval: four digits."""
    declared = Metrics.of(tabular)
    names = declared.in_order(declared.without_ends(metrics))
    head = ["metric", "value", *(["95 % interval"] if len(names) < len(metrics) else [])]
    table = Table(*head, box=None, padding=(0, 2))
    for name in names:
        value = metrics[name]
        shown = f"{value:.4f}" if isinstance(value, float) else str(value)
        table.add_row(*[escape(name), shown, declared.interval_text(name, metrics)][: len(head)])
    return table


def print_backfill(result: Mapping[str, Any]) -> None:
    """Print one line a day."""
    name = Metrics.of(tabular).ranked[0]
    table = Table("as_of", "run_id", name, "made", "model", box=None, padding=(0, 2))
    for day in result["days"]:
        made = sum(not artifact["reused"] for artifact in day["artifacts"].values())
        value = day["metrics"].get(name)
        shown = "" if value is None else f"{value:.4f}"
        table.add_row(
            day["as_of"], day["run_id"], shown, str(made), escape(day["artifacts"]["model"]["uri"]) + "/"
        )
    out = console()
    out.print(table)
    out.print(f"{len(result['days'])} days done, {len(result['failed'])} failed")
