"""How sure one metric of one model is: intervals by entity, whose rows are not independent of each other."""

import math
from typing import Any

from ml_assets.core.statistics.row_values import mean
from ml_assets.core.statistics.yes_no import placement_values

FEWEST_ENTITIES = 10  # of either outcome, below which the variance is not estimated from the rows
ENOUGH_ENTITIES = 50  # of either outcome, below which that estimate alone misses too often at an AUC near 1
NEAR = 1e-12  # an AUC of 0 or 1 solves the equation trivially; the end is its other solution


def auc_interval(y: Any, score: Any, entity: Any, *, error: float = 0.05) -> tuple[float, float]:
    """The interval of a ROC AUC for the population that the entities come from.

    On the logit scale, with the variance of placement values summed by entity (Obuchowski 1997; with one row an entity
    that of DeLong 1988). Below ten entities that have a positive row, or a negative one, or at an AUC of 0 or 1, where
    that variance says little or nothing, the score interval of Newcombe (2006, method 5) with those numbers of entities;
    below fifty the wider of both at either end. `benchmarks/simulations.py` tells how often they hold the truth.

    Args:
        y: outcomes, 0 or 1, of shape (n,); both must occur.
        score: larger for a likelier outcome 1, of shape (n,).
        entity: integers of shape (n,), equal for rows that belong together.
        error: how often the interval may miss the truth, either end half of it.

    Returns:
        The ends, with 0 <= low <= AUC <= high <= 1.
    """
    import numpy as np

    y = np.asarray(y)
    placed = placement_values(y, np.asarray(score))
    auc = mean(placed[y == 1])
    counts = [count_clusters(np.asarray(entity)[y == of]) for of in (1, 0)]
    intervals = []
    if min(counts) < ENOUGH_ENTITIES or auc in {0, 1}:
        intervals.append(_newcombe(auc, counts, error=error))
    if min(counts) >= FEWEST_ENTITIES and auc not in {0, 1}:
        deviation = math.sqrt(_auc_variance(y, placed - auc, entity, counts))
        intervals.append(_logit(auc, deviation, min(counts) - 1, error=error))
    return _around(auc, intervals)


def mean_interval(
    value: float, contributions: Any, entity: Any, *, error: float = 0.05
) -> tuple[float, float]:
    """Student's interval of a metric over entities: value +- t x standard error, entities - 1 degrees of freedom.

    Args:
        value: the metric.
        contributions: influence / n of each row, of shape (n,) (`RowValues.contributions`).
        entity: integers of shape (n,), equal for rows that belong together.
        error: how often the interval may miss the truth.

    Returns:
        The ends; (-inf, inf) for one entity, of which nothing can be said.
    """
    sums, rows = cluster_sums(contributions, entity)
    if len(sums) == 1:
        return -math.inf, math.inf
    margin = student(error / 2, len(sums) - 1) * math.sqrt(_jackknife(sums, rows))
    return value - margin, value + margin


def cluster_variance(contributions: Any, cluster: Any) -> float:
    """The variance of an estimate when whole clusters are drawn: that of the jackknife which leaves one out at a time.

    Without a cluster that has a share w of the rows, the estimate would differ by the sum of its contributions / (1 - w).
    With clusters of one size this is the sum of their squared sums times G / (G - 1), for G of them; where one of them
    has most rows, whose mean is then nearly its own, it is not too small as that would be (CR3 of Bell and McCaffrey
    2002).

    Args:
        contributions: influence / n of each row, of shape (n,).
        cluster: integers of shape (n,).

    Returns:
        The variance; 0 for a single cluster.
    """
    sums, rows = cluster_sums(contributions, cluster)
    return 0.0 if len(sums) == 1 else _jackknife(sums, rows)


def count_clusters(cluster: Any) -> int:
    """How many clusters rows of shape (n,) are of, such as entities; NumPy would sort them all for that."""
    import polars as pl

    return pl.Series(cluster).n_unique()


def cluster_sums(contributions: Any, cluster: Any) -> tuple[Any, Any]:
    """The sums and the rows of each cluster, in the order of their numbers, the same whatever the order of the rows."""
    import numpy as np
    import polars as pl

    ordered = pl.DataFrame({"cluster": cluster, "of": contributions}).sort("cluster", "of")
    numbers = ordered["cluster"].to_numpy()
    place = np.cumsum(np.diff(numbers, prepend=numbers[:1]) != 0)
    return np.bincount(place, weights=ordered["of"].to_numpy()), np.bincount(place)


def _jackknife(sums: Any, rows: Any) -> float:
    others = 1 - rows / rows.sum()
    return math.fsum(((sums / others) ** 2).tolist()) * (len(sums) - 1) / len(sums)


def _around(auc: float, intervals: list[tuple[float, float]]) -> tuple[float, float]:
    """The lowest and the highest end, and the AUC itself, which rounding may have put outside."""
    lows, highs = zip(*intervals, strict=True)
    return max(0.0, min(auc, *lows)), min(1.0, max(auc, *highs))


def student(error: float, freedom: float) -> float:
    """What Student's t exceeds with a chance of `error`."""
    from scipy.special import stdtrit  # type: ignore[import-untyped,unused-ignore]

    return -float(stdtrit(freedom, error))


def _auc_variance(y: Any, centred: Any, entity: Any, counts: list[int]) -> float:
    """Obuchowski's variance from placement values less the AUC; each class has its own I / (I - 1), as in DeLong."""
    import numpy as np

    weighted = np.empty(len(y))
    for of, entities in zip((1, 0), counts, strict=True):
        rows = y == of
        weighted[rows] = centred[rows] / rows.sum() * math.sqrt(entities / (entities - 1))
    sums, _ = cluster_sums(weighted, entity)
    return math.fsum((sums**2).tolist())


def _logit(auc: float, deviation: float, freedom: float, *, error: float) -> tuple[float, float]:
    from scipy.special import expit, logit

    margin = student(error / 2, freedom) * deviation / (auc * (1 - auc))
    return float(expit(logit(auc) - margin)), float(expit(logit(auc) + margin))


def _newcombe(auc: float, counts: list[int], *, error: float) -> tuple[float, float]:
    """The AUCs that lie z standard errors, of their own, from the one found; Hanley and McNeil's (1982) variance.

    The variance is that of exponentially distributed scores, with the mean of both numbers in its two terms, so that
    it does not matter which outcome is called positive.
    """
    from scipy.optimize import brentq  # type: ignore[import-untyped,unused-ignore]
    from scipy.stats import norm  # type: ignore[import-untyped,unused-ignore]

    z, size = float(norm.isf(error / 2)), sum(counts) / 2 - 1

    def beyond(truth: float) -> float:
        spread = 1 + size * (1 - truth) / (2 - truth) + size * truth / (1 + truth)
        return (auc - truth) ** 2 - z**2 * truth * (1 - truth) * spread / (counts[0] * counts[1])

    low = brentq(beyond, 0.0, min(auc, 1 - NEAR)) if auc > 0 else 0.0
    high = brentq(beyond, max(auc, NEAR), 1.0) if auc < 1 else 1.0
    return float(low), float(high)
