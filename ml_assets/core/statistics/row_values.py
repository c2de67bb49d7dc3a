"""Each metric as a mean over rows: its value, and how much each row pulls it (its influence).

The influence of a row is n times the derivative of the metric with respect to that row's weight, all weights being 1
(the delta method, or infinitesimal jackknife: Jaeckel 1972). Its mean over the rows is 0. Sums of influences by cluster
give the variance of a metric whatever the clusters are; differences on the same rows give that of a difference.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, eq=False)
class RowValues:
    """A metric on n rows.

    Attributes:
        value: the metric, not rounded.
        influence: float array of shape (n,) in the order of the rows; its mean is 0.
    """

    value: float
    influence: Any

    @property
    def contributions(self) -> Any:
        """Influence / n: they sum to 0, and squared sums of them by cluster to the variance of the value."""
        return self.influence / len(self.influence)


@dataclass(frozen=True, kw_only=True)
class RowMetric:
    """What a metric is of rows: so trials, models and days can be compared by the rows that they share.

    Attributes:
        values: gives it of outcomes of shape (n,), of scores of shape (n,) or (n, classes), and of `fact`; ValueError
            where these rows do not have it, such as rows of one outcome.
        ends: gives the ends of its interval of outcomes, scores and entities, and of `error`; where there is none, it is
            Student's (`core.statistics.intervals.mean_interval`).
        lowest: what it cannot be below.
        largest: what it cannot be above.
        fact: the name of the number that it takes beside the rows, among the facts of what was trained on; "" for none.
    """

    values: Callable[[Any, Any, float], RowValues]
    ends: Callable[..., tuple[float, float]] | None = None
    lowest: float = 0.0
    largest: float = math.inf
    fact: str = ""

    def given(self, facts: Mapping[str, Any]) -> float:
        """The number that it takes beside the rows; NaN where it takes none, or these facts do not have it."""
        return float(facts.get(self.fact, math.nan))

    def within(self, low: float, high: float) -> tuple[float, float]:
        """The ends of an interval, no further than the metric can be."""
        return max(self.lowest, low), min(self.largest, high)

    def interval(
        self,
        y: Any,
        score: Any,
        entity: Any,
        *,
        error: float = 0.05,
        given: float = math.nan,
        found: RowValues | None = None,
    ) -> tuple[float, float]:
        """The interval of it on these rows, which misses the truth with a chance of `error`; `given` is its fact.

        `found` is what `values` gives of them, where that is known already.
        """
        from ml_assets.core.statistics.intervals import mean_interval

        if self.ends is not None:
            return self.ends(y, score, entity, error=error)
        found = found or self.values(y, score, given)
        return mean_interval(found.value, found.contributions, entity, error=error)


def mean(values: Any) -> float:
    """The mean of an array of shape (n,), the same to the last bit whatever the order of the rows."""
    return math.fsum(values.tolist()) / len(values)


def losses(loss: Any) -> RowValues:
    """The mean of a loss of each row, of shape (n,)."""
    value = mean(loss)
    return RowValues(value=value, influence=loss - value)
