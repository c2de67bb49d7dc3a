"""The gate `not worse`: a candidate against the model that serves, on rows that neither knows."""

from ml_assets.core.comparison.text import kpi_line, notes, scope, verdict
from ml_assets.core.statistics.tries import error_of_try
from ml_assets.pipeline.not_worse import LiveComparison, Terms, answer, count_try, tried
from ml_assets.pipeline.released import NamedModel
from ml_assets.pipelines.tabular.comparison.scored import Compared, compare_scored, score_both
from ml_assets.pipelines.tabular.metrics import of_task
from ml_assets.settings import Settings


def compare_rows(
    candidate: NamedModel, reference: NamedModel, *, terms: Terms, settings: Settings
) -> LiveComparison:
    """Score the same rows by both; a look at the KPIs is counted as a try.

    Raises like `ml_assets.pipeline.not_worse.NotWorse`.
    """
    scored = score_both(
        candidate, reference, through=terms.through, window_days=terms.window_days, settings=settings
    )
    metrics = of_task(
        scored.contract.task
    )  # a candidate without an evaluation does not say which ones it has
    margins = {name: margin for name, margin in terms.margins.items() if metrics.get(name)}
    number = None
    if scored.shortage is None:  # rows that are too few are not looked at
        number = count_try(candidate, reference, scored.sample.sha256, terms=terms, settings=settings)
    compared = compare_scored(scored, metrics=metrics, margins=margins, error=error_of_try(number or 1))
    return LiveComparison(
        gate=answer(_message(compared, number), passed=compared.comparison.passed),
        reference=reference.told,
        reference_sha256=reference.manifest.sha256,
        comparison=compared.comparison,
        try_number=number,
    )


def _message(compared: Compared, number: int | None) -> str:
    """The verdict, a line for each KPI, on which rows and which do not count, and which try it is."""
    comparison = compared.comparison
    lines = [verdict(comparison), *map(kpi_line, comparison.kpis), scope(comparison), *notes(comparison)]
    return "\n".join([*lines, *tried(number, compared.scored.chosen)])
