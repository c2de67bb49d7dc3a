"""A candidate against a reference, KPI by KPI, on the same rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ml_assets.core.comparison.document import ERROR, WORSE, Block, Kpi, KpiVerdict, Verdict
from ml_assets.core.metrics import Metrics
from ml_assets.core.statistics.paired import day_blocks, difference
from ml_assets.core.statistics.row_values import RowMetric

if TYPE_CHECKING:
    from ml_assets.core.comparison.pairing import PairedRows

DIGITS = 10
NO_FACTS: Mapping[str, Any] = MappingProxyType({})


def compare(
    rows: "PairedRows",
    *,
    metrics: Metrics,
    margins: Mapping[str, float],
    error: float = ERROR,
    facts: Mapping[str, Any] = NO_FACTS,
) -> tuple[Kpi, ...]:
    """Compare two models on their rows; neither the order of the rows nor that of the margins' names decides.

    Args:
        rows: as many as a verdict needs (`core.comparison.sample.shortage`).
        metrics: what is declared of them.
        margins: by how much the candidate may be worse, for each metric that is compared; of a relative one (`Metric`), as
            a share of the reference's value.
        error: chance, at most, with which the truth is beyond an end of an interval.
        facts: of what the reference was trained on, for metrics of both that take one.

    Raises:
        RefusedError: a metric says nothing about how good a model is, or is not known row by row.
    """
    return tuple(
        _kpi(rows, name, margin, metrics=metrics, error=error, facts=facts)
        for name, margin in margins.items()
    )


def overall(kpis: Sequence[Kpi]) -> Verdict:
    """What all KPIs say together; at least one."""
    found = [kpi.verdict for kpi in kpis]
    if "worse" in found:
        return "worse"
    if "may be worse" in found:
        return "may be worse"
    return "better" if "better" in found and not set(found) & set(WORSE) else "not worse"


def blocks(
    rows: "PairedRows", *, metrics: Mapping[str, RowMetric], facts: Mapping[str, Any] = NO_FACTS
) -> tuple[Block, ...]:
    """Each metric of both models by the blocks of event days that intervals are made of."""
    import numpy as np

    place = day_blocks(rows.day)
    return tuple(_block(rows, place == number, metrics=metrics, facts=facts) for number in np.unique(place))


def _block(
    rows: "PairedRows", held: Any, *, metrics: Mapping[str, RowMetric], facts: Mapping[str, Any]
) -> Block:
    day, y = rows.day[held], rows.outcome[held]
    found = [
        {
            name: _rounded(value)
            for name, metric in metrics.items()
            if (value := _value(metric, y, score[held], metric.given(facts))) is not None
        }
        for score in (rows.candidate, rows.reference)
    ]
    return Block(
        first=dt.date.fromordinal(int(day.min())),
        last=dt.date.fromordinal(int(day.max())),
        rows=len(y),
        candidate=found[0],
        reference=found[1],
    )


def _value(metric: RowMetric, y: Any, score: Any, given: float) -> float | None:
    """None where these rows do not have it, such as rows of one outcome."""
    try:
        return metric.values(y, score, given).value
    except ValueError:
        return None


def _kpi(
    rows: "PairedRows",
    metric: str,
    margin: float,
    *,
    metrics: Metrics,
    error: float,
    facts: Mapping[str, Any],
) -> Kpi:
    sign, of = (1 if metrics.larger_is_better(metric) else -1), metrics.of_rows(metric)
    candidate, reference = (
        of.values(rows.outcome, score, of.given(facts)) for score in (rows.candidate, rows.reference)
    )
    if metrics.is_relative(metric):
        margin = _rounded(margin * abs(reference.value))
    found = difference(
        sign * (reference.value - candidate.value),
        sign * (reference.contributions - candidate.contributions),
        entity=rows.entity,
        day=rows.day,
        error=error,
    )
    low, high = _rounded(found.low), _rounded(found.high)
    return Kpi(
        metric=metric,
        margin=margin,
        candidate=_rounded(candidate.value),
        reference=_rounded(reference.value),
        degradation=_rounded(found.value),
        low=low,
        high=high,
        verdict=kpi_verdict(low, high, margin=margin),
    )


def kpi_verdict(low: float, high: float, *, margin: float) -> KpiVerdict:
    """What the interval of a degradation says."""
    if high < 0:
        return "better"
    if low > 0:
        return "worse within margin" if high <= margin else "worse"
    return "not worse" if high <= margin else "may be worse"


def _rounded(value: Any) -> float:
    return round(float(value), DIGITS) + 0.0  # no -0.0
