"""`ml-assets compare`: two models on the same rows of their source."""

import datetime as dt
import json
from typing import TYPE_CHECKING

from ml_assets.core.comparison.document import ERROR
from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.comparison.text import HEAD, notes, rows, scope, verdict
from ml_assets.pipeline.released import named_model
from ml_assets.pipelines.tabular.comparison.parameters import ComparisonParameters
from ml_assets.pipelines.tabular.comparison.scored import compare_scored, score_both
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets.settings import load_settings

if TYPE_CHECKING:
    from ml_assets.pipelines.tabular.comparison.scored import Compared


def compare(
    own: ComparisonParameters, dataset: str, *, through: dt.date, environment: str, as_json: bool
) -> int:
    """Print the comparison; raises the error that stopped it."""
    settings = load_settings()
    reference, candidate = (
        named_model(name, dataset, settings=settings, environment=settings.named(environment))
        for name in (own.reference, own.candidate)
    )
    scored = score_both(candidate, reference, through=through, window_days=own.window_days, settings=settings)
    metrics = of_task(scored.contract.task)
    compared = compare_scored(
        scored, metrics=metrics, margins=read_margins(own.margins, metrics=metrics), error=ERROR
    )
    if as_json:
        models = {
            "candidate": candidate.told,
            "reference": reference.told,
            "damaged_leaderboards": list(scored.chosen.damaged),
        }
        print(json.dumps({**models, **compared.comparison.model_dump(mode="json")}, indent=2))
    else:
        _print(compared)
    return 0


def _print(compared: "Compared") -> None:
    from rich.table import Table

    from ml_assets.cli.tables import console

    out, scored, comparison = console(), compared.scored, compared.comparison
    out.print(f"candidate  {scored.candidate.told}\nreference  {scored.reference.told}\n", markup=False)
    if comparison.kpis:
        table = Table(*HEAD, box=None, padding=(0, 2))
        for row in rows(comparison):
            table.add_row(*row)
        out.print(table)
    for line in (scope(comparison), *notes(comparison), *scored.chosen.damaged):
        out.print(line, markup=False)
    out.print(f"[bold]{verdict(comparison)}[/bold]")
