"""`ml-assets compare`: two models on the same rows of their source."""

from typing import TYPE_CHECKING

from ml_assets.cli.call import Call
from ml_assets.cli.request import complete_day
from ml_assets.cli.subjects import given_own, line_of
from ml_assets.core.comparison.document import ERROR
from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.comparison.text import HEAD, notes, rows, scope, verdict
from ml_assets.pipeline.released import named_model
from ml_assets.pipelines.tabular.comparison.parameters import ComparisonParameters, check_comparison
from ml_assets.pipelines.tabular.comparison.scored import compare_scored, score_both
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets.terminal.progress import reading

if TYPE_CHECKING:
    from ml_assets.pipelines.tabular.comparison.scored import Compared


def compare(call: Call) -> int:
    """Print the comparison; raises the error that stopped it."""
    own = check_comparison(given_own(call, ComparisonParameters), slots=call.settings.slots)
    line, through = line_of(call), complete_day(call)
    settings, environment = call.settings, call.options.environment
    reference, candidate = (
        named_model(name, line, settings=settings, environment=settings.named(environment))
        for name in (own.reference, own.candidate)
    )
    with reading("Comparing", json=call.args.json):
        scored = score_both(
            candidate, reference, through=through, window_days=own.window_days, settings=settings
        )
        metrics = of_task(scored.contract.task)
        compared = compare_scored(
            scored, metrics=metrics, margins=read_margins(own.margins, metrics=metrics), error=ERROR
        )
    models = {
        "candidate": candidate.told,
        "reference": reference.told,
        "damaged_leaderboards": list(scored.chosen.damaged),
    }
    document = {**models, **compared.comparison.model_dump(mode="json")}
    call.show(document, lambda: _print(compared))
    return 0


def _print(compared: "Compared") -> None:
    from ml_assets.terminal.tables import console, table

    out, scored, comparison = console(), compared.scored, compared.comparison
    out.print(f"candidate  {scored.candidate.told}\nreference  {scored.reference.told}\n", markup=False)
    if comparison.kpis:
        out.print(table(HEAD, rows(comparison)))
    for line in (scope(comparison), *notes(comparison), *scored.chosen.damaged):
        out.print(line, markup=False)
    out.print(f"[bold]{verdict(comparison)}[/bold]")
