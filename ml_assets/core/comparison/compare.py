"""A candidate against a reference, KPI by KPI, over the days on which both were evaluated."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ml_assets.core.comparison.bootstrap import FEWEST, mean_interval
from ml_assets.core.comparison.margins import DEFAULT_MARGINS
from ml_assets.core.leaderboard.direction import larger_is_better
from ml_assets.core.leaderboard.overlap import shared_holdout, widening

CONFIDENCE = 0.95
MIN_DAYS = 5
DIGITS = 10

Verdict = Literal["better", "not worse", "may be worse", "worse", "too few days"]
Series = Mapping[dt.date, Mapping[str, float]]
"""The metrics of each day."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kpi(_Part):
    """One metric of both models.

    Attributes:
        metric: its name.
        margin: by how much the candidate may be worse.
        candidate: its mean over the days.
        reference: the reference's.
        harm: by how much the candidate is worse in the mean; below 0 it is better, whichever way the metric goes.
        low: lower end of the harm, or None for fewer than two days.
        high: upper end; at most the margin for a candidate that is not worse.
        passed: whether it is.
    """

    metric: str
    margin: float
    candidate: float
    reference: float
    harm: float
    low: float | None
    high: float | None
    passed: bool

    def told(self) -> str:
        """One line for people."""
        much = f"{self.candidate:.4f} against {self.reference:.4f}"
        if self.low is None or self.high is None:
            return f"{self.metric}: {much}"
        span = f"worse by {self.harm:+.4f} ({self.low:+.4f} to {self.high:+.4f})"
        return (
            f"{self.metric}: {much}, {span}, allowed {self.margin:g}: {'passed' if self.passed else 'failed'}"
        )


class Comparison(_Part):
    """What became of all KPIs.

    Attributes:
        days: those on which both models have every KPI, in order.
        kpis: one for each margin.
        verdict: `not worse` where every KPI passed, `better` where one lies wholly below 0 as well; `worse` where one
            that failed lies wholly above 0, `may be worse` where none does.
        confidence: of each end of an interval by itself.
        shared_holdout: mean share of holdout days that two of the days have in common.
    """

    days: tuple[dt.date, ...]
    kpis: tuple[Kpi, ...]
    verdict: Verdict
    confidence: float
    shared_holdout: float

    @property
    def passed(self) -> bool:
        """Whether the candidate may take the reference's place."""
        return self.verdict in ("better", "not worse")


def compare(
    candidate: Series,
    reference: Series,
    *,
    margins: Mapping[str, float] = DEFAULT_MARGINS,
    holdout_days: int,
    confidence: float = CONFIDENCE,
    min_days: int = MIN_DAYS,
) -> Comparison:
    """Compare two models over the days that both have; equal ones give equal results.

    Args:
        candidate: metrics of each of its days.
        reference: metrics of each of the other's days.
        margins: by how much the candidate may be worse, for each metric that is compared; at least one.
        holdout_days: days on whose rows each metric was measured; successive days share most of them.
        confidence: with which a KPI must be within its margin.
        min_days: fewer than these decide nothing.

    Raises:
        RefusedError: a metric says nothing about how good a model is.
    """
    days = tuple(
        day
        for day in sorted(set(candidate) & set(reference))
        if all(metric in candidate[day] and metric in reference[day] for metric in margins)
    )
    shared = shared_holdout(days, holdout_days)
    wider = widening(len(days), shared) if len(days) >= FEWEST else 1.0
    kpis = tuple(
        _kpi(
            metric,
            margin,
            [candidate[day][metric] for day in days],
            [reference[day][metric] for day in days],
            confidence=confidence,
            wider=wider,
        )
        for metric, margin in margins.items()
        if days
    )
    return Comparison(
        days=days,
        kpis=kpis,
        verdict=_verdict(kpis) if len(days) >= max(min_days, FEWEST) else "too few days",
        confidence=confidence,
        shared_holdout=round(shared, DIGITS),
    )


def _kpi(
    metric: str,
    margin: float,
    candidate: Sequence[float],
    reference: Sequence[float],
    *,
    confidence: float,
    wider: float,
) -> Kpi:
    sign = 1 if larger_is_better(metric) else -1
    harms = [round(sign * (b - a), DIGITS) for a, b in zip(candidate, reference, strict=True)]
    low = high = None
    if len(harms) >= FEWEST:
        low, high = (
            round(end, DIGITS) + 0.0 for end in mean_interval(harms, confidence=confidence, wider=wider)
        )
    return Kpi(
        metric=metric,
        margin=margin,
        candidate=_mean(candidate),
        reference=_mean(reference),
        harm=_mean(harms),
        low=low,
        high=high,
        passed=high is not None and high <= margin,
    )


def _mean(values: Sequence[float]) -> float:
    return round(math.fsum(values) / len(values), DIGITS) + 0.0


def _verdict(kpis: Sequence[Kpi]) -> Verdict:
    if all(kpi.passed for kpi in kpis):
        return "better" if any(kpi.high is not None and kpi.high < 0 for kpi in kpis) else "not worse"
    clearly = any(kpi.low is not None and kpi.low > 0 for kpi in kpis if not kpi.passed)
    return "worse" if clearly else "may be worse"
