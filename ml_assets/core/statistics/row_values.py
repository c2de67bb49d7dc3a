"""Each metric as a mean over rows: its value, and how much each row pulls it (its influence).

The influence of a row is n times the derivative of the metric with respect to that row's weight, all weights being 1
(the delta method, or infinitesimal jackknife: Jaeckel 1972). Its mean over the rows is 0. Sums of influences by cluster
give the variance of a metric whatever the clusters are; differences on the same rows give that of a difference.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml_assets.errors import RefusedError

GROUPS = 10  # of the calibration error, by score


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


def row_values(metric: str, y: Any, score: Any, *, base_rate: float) -> RowValues:
    """The value of a metric and the influence of each row.

    Args:
        metric: one of `KNOWN`.
        y: outcomes, 0 or 1, of shape (n,); both must occur.
        score: predicted probabilities of outcome 1, of shape (n,).
        base_rate: share of positives among the training rows, 0 to 1; only `skill` uses it.

    Raises:
        RefusedError: no such metric.
        ValueError: one of the two outcomes does not occur.
    """
    import numpy as np

    if metric not in KNOWN:
        raise RefusedError([f"metric: not known row by row. Allowed: {', '.join(KNOWN)}."])
    y, score = np.asarray(y).astype(float), np.asarray(score)
    if not 0 < y.sum() < len(y):
        raise ValueError("both outcomes must occur among the rows")
    if metric == "skill":
        return _skill(y, score, base_rate)
    return _METRICS[metric](y, score)


def roc_auc(y: Any, score: Any) -> float:
    """How often a positive scores higher than a negative (Mann and Whitney's U), ties counted half.

    It is scikit-learn's number in a tenth of the time, of which importance takes 30 an evaluation.

    Args:
        y: outcomes, 0 or 1, of shape (n,); both must occur.
        score: larger for a likelier outcome 1, of shape (n,).
    """
    from scipy.stats import rankdata  # type: ignore[import-untyped,unused-ignore]

    positives = int((y == 1).sum())
    above = rankdata(score)[y == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(y) - positives)))


def placement_values(y: Any, score: Any) -> Any:
    """For each row the share of rows of the other outcome that it is on the right side of, ties counted half.

    DeLong, DeLong and Clarke-Pearson (1988), from ranks after Sun and Xu (2014). The mean over the rows of either
    outcome is the ROC AUC. `y` and `score` have shape (n,), and so has the result.
    """
    import numpy as np
    from scipy.stats import rankdata

    positive = np.asarray(y) == 1
    rank, placed = rankdata(score), np.empty(len(positive))
    for of in (positive, ~positive):
        below = (rank[of] - rankdata(score[of])) / (~of).sum()
        placed[of] = below if of is positive else 1 - below
    return placed


def calibration_groups(score: Any) -> Any:
    """The group, 0 to 9, of each row: tenths by score, of which equal scores share one. Shape (n,) to (n,)."""
    import numpy as np

    edges = np.quantile(score, np.linspace(0, 1, GROUPS + 1)[1:-1])
    return np.searchsorted(edges, score)


def mean(values: Any) -> float:
    """The mean of an array of shape (n,), the same to the last bit whatever the order of the rows."""
    return math.fsum(values.tolist()) / len(values)


def _roc_auc(y: Any, score: Any) -> RowValues:
    """A positive's placement value pulls by n / (number of positives), a negative's likewise."""
    import numpy as np

    value = roc_auc(y, score)
    weight = np.where(y == 1, len(y) / y.sum(), len(y) / (1 - y).sum())
    return RowValues(value=value, influence=weight * (placement_values(y, score) - value))


def _average_precision(y: Any, score: Any) -> RowValues:
    """Of k = 1.. distinct scores from the top, d_k positives have the k-th, t_k have one of the first k, as n_k rows have.

    Average precision is sum(d_k t_k / n_k) / sum(d_k). A row of the g-th score changes d_g, and t_k and n_k from g on.
    """
    import numpy as np

    _, place = np.unique(-np.asarray(score, dtype=float), return_inverse=True)
    d = np.bincount(place, weights=y)
    t, n = np.cumsum(d), np.cumsum(np.bincount(place))
    positives = t[-1]
    value = float(math.fsum((d * t / n).tolist()) / positives)
    positive, row = (np.cumsum(of[::-1])[::-1] for of in (d / n, d * t / n**2))
    slope = y * ((t / n + positive)[place] - value) - row[place]
    return RowValues(value=value, influence=len(y) * slope / positives)


def _lift(y: Any, score: Any) -> RowValues:
    """How many times more often positives occur in the top tenth by score than overall; ties by their mean outcome.

    A row above the cut also pushes a row at the cut out of the top tenth, whose outcome is expected to be that of the
    rows around it.
    """
    import numpy as np

    places = max(1, len(y) // 10)
    last = np.sort(score)[-places]
    above, tied = score > last, score == last
    inside = np.where(above, 1.0, np.where(tied, (places - above.sum()) / tied.sum(), 0.0))
    top = float((y[above].sum() + (places - above.sum()) * y[tied].mean()) / places)
    pull = (y - _rate_at_the_cut(y, score, places)) * inside * len(y) / places
    base = float(y.mean())
    return RowValues(value=top / base, influence=(pull - mean(pull) - top / base * (y - base)) / base)


def _rate_at_the_cut(y: Any, score: Any, places: int) -> float:
    """The mean outcome of those rows between the top 5 % and 15 %, and of all that tie with the first or last of them."""
    import numpy as np

    ordered = np.sort(score)[::-1]
    first, last = ordered[places - 1 - places // 2], ordered[min(len(y) - 1, places - 1 + places // 2)]
    return float(y[(score <= first) & (score >= last)].mean())


def _losses(loss: Any) -> RowValues:
    value = mean(loss)
    return RowValues(value=value, influence=loss - value)


def _log_loss(y: Any, score: Any) -> RowValues:
    """Scores are kept away from 0 and 1 by what scikit-learn's `log_loss` keeps them away."""
    import numpy as np

    tiny = np.finfo(score.dtype).eps if score.dtype.kind == "f" else np.finfo(float).eps
    p = np.clip(score, tiny, 1 - tiny)
    return _losses(-np.log(np.where(y == 1, p, 1 - p)))


def _brier(y: Any, score: Any) -> RowValues:
    return _losses((score - y) ** 2)


def _skill(y: Any, score: Any, base_rate: float) -> RowValues:
    """1 - Brier score / that of always predicting the base rate."""
    import numpy as np

    model, baseline = _brier(y, score), _brier(y, np.full(len(y), base_rate))
    ratio = model.value / baseline.value
    return RowValues(
        value=1 - ratio, influence=(ratio * baseline.influence - model.influence) / baseline.value
    )


def _calibration_error(y: Any, score: Any) -> RowValues:
    """Mean distance of predicted and observed rate over the groups: the mean of (score - y) with its group's sign."""
    import numpy as np

    group = calibration_groups(score)
    order = np.lexsort((y, score))  # sums in an order that is not that of the rows
    sign = np.sign(np.bincount(group[order], weights=(score - y)[order], minlength=GROUPS))
    return _losses(sign[group] * (score - y))


_METRICS: dict[str, Callable[[Any, Any], RowValues]] = {
    "roc_auc": _roc_auc,
    "average_precision": _average_precision,
    "lift_at_10pct": _lift,
    "log_loss": _log_loss,
    "brier": _brier,
    "calibration_error": _calibration_error,
}
KNOWN = (*_METRICS, "skill")
LARGEST = {"roc_auc": 1.0, "log_loss": math.inf, "brier": 1.0}
"""Those whose interval ends at 0 and at the largest that they can be."""
