"""A candidate against a reference, KPI by KPI, on the same rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ml_assets.core.comparison.document import ERROR, WORSE, Block, Kpi, KpiVerdict, Verdict
from ml_assets.core.metrics import Metrics
from ml_assets.core.statistics.paired import day_blocks, difference
from ml_assets.core.statistics.row_values import row_values

if TYPE_CHECKING:
    from ml_assets.core.comparison.pairing import PairedRows

DIGITS = 10


def compare(
    rows: "PairedRows",
    *,
    metrics: Metrics,
    margins: Mapping[str, float],
    error: float = ERROR,
    base_rate: float,
) -> tuple[Kpi, ...]:
    """Compare two models on their rows; neither the order of the rows nor that of the margins' names decides.

    Args:
        rows: as many as a verdict needs (`core.comparison.sample.shortage`).
        metrics: what is declared of them.
        margins: by how much the candidate may be worse, for each metric that is compared.
        error: chance, at most, with which the truth is beyond an end of an interval.
        base_rate: share of positives among the reference's training rows: the skill of both is over that baseline.

    Raises:
        RefusedError: a metric says nothing about how good a model is.
    """
    return tuple(
        _kpi(rows, name, margin, larger=metrics.larger_is_better(name), error=error, base_rate=base_rate)
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


def blocks(rows: "PairedRows", *, metrics: Sequence[str], base_rate: float) -> tuple[Block, ...]:
    """Each metric of both models by the blocks of event days that intervals are made of."""
    import numpy as np

    place = day_blocks(rows.day)
    return tuple(
        _block(rows, place == number, metrics=metrics, base_rate=base_rate) for number in np.unique(place)
    )


def _block(rows: "PairedRows", held: Any, *, metrics: Sequence[str], base_rate: float) -> Block:
    day, y = rows.day[held], rows.outcome[held]
    found: list[dict[str, float]] = [
        {name: _rounded(row_values(name, y, score[held], base_rate=base_rate).value) for name in metrics}
        if 0 < y.sum() < len(y)
        else {}
        for score in (rows.candidate, rows.reference)
    ]
    return Block(
        first=dt.date.fromordinal(int(day.min())),
        last=dt.date.fromordinal(int(day.max())),
        rows=len(y),
        candidate=found[0],
        reference=found[1],
    )


def _kpi(
    rows: "PairedRows", metric: str, margin: float, *, larger: bool, error: float, base_rate: float
) -> Kpi:
    sign = 1 if larger else -1
    candidate, reference = (
        row_values(metric, rows.outcome, score, base_rate=base_rate)
        for score in (rows.candidate, rows.reference)
    )
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
