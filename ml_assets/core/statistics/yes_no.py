"""Metrics of a yes or no: outcomes 0 or 1 against probabilities of outcome 1, both of shape (n,)."""

import functools
import math
from collections.abc import Callable
from typing import Any

from ml_assets.core.statistics.row_values import RowValues, losses, mean

GROUPS = 10  # of the calibration error, by score

Values = Callable[[Any, Any, float], RowValues]


def auc(y: Any, score: Any) -> float:
    """How often a positive scores higher than a negative (Mann and Whitney's U), ties counted half.

    It is scikit-learn's number in a tenth of the time, of which importance takes 30 an evaluation.

    Args:
        y: outcomes, 0 or 1, of shape (n,); both must occur.
        score: larger for a likelier outcome 1, of shape (n,).
    """
    positives = int((y == 1).sum())
    above = ranks(score)[y == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * (len(y) - positives)))


def ranks(values: Any) -> Any:
    """From 1 on, tied values sharing the mean of theirs, as floats of shape (n,); NaN for NaN. `values` has that shape too."""
    import polars as pl

    return pl.Series(values, nan_to_null=True).rank("average").to_numpy()


def placement_values(y: Any, score: Any) -> Any:
    """For each row the share of rows of the other outcome that it is on the right side of, ties counted half.

    DeLong, DeLong and Clarke-Pearson (1988), from ranks after Sun and Xu (2014). The mean over the rows of either
    outcome is the ROC AUC. `y` and `score` have shape (n,), and so has the result.
    """
    import numpy as np

    positive = np.asarray(y) == 1
    rank, placed = ranks(score), np.empty(len(positive))
    for of in (positive, ~positive):
        below = (rank[of] - ranks(score[of])) / (~of).sum()
        placed[of] = below if of is positive else 1 - below
    return placed


def calibration_groups(score: Any) -> Any:
    """The group, 0 to 9, of each row: tenths by score, of which equal scores share one. Shape (n,) to (n,)."""
    import numpy as np

    edges = np.quantile(score, np.linspace(0, 1, GROUPS + 1)[1:-1])
    return np.searchsorted(edges, score)


def _of_both_outcomes(values: Values) -> Values:
    """ValueError where one of the two outcomes does not occur: no metric is comparable then."""

    @functools.wraps(values)
    def checked(y: Any, score: Any, given: float) -> RowValues:
        import numpy as np

        y, score = np.asarray(y).astype(float), np.asarray(score)
        if not 0 < y.sum() < len(y):
            raise ValueError("both outcomes must occur among the rows")
        return values(y, score, given)

    return checked


@_of_both_outcomes
def area(y: Any, score: Any, _given: float) -> RowValues:
    """The ROC AUC. A positive's placement value pulls by n / (number of positives), a negative's likewise."""
    import numpy as np

    value = auc(y, score)
    weight = np.where(y == 1, len(y) / y.sum(), len(y) / (1 - y).sum())
    return RowValues(value=value, influence=weight * (placement_values(y, score) - value))


@_of_both_outcomes
def average_precision(y: Any, score: Any, _given: float) -> RowValues:
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


@_of_both_outcomes
def lift(y: Any, score: Any, _given: float) -> RowValues:
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


@_of_both_outcomes
def log_loss(y: Any, score: Any, _given: float) -> RowValues:
    """The mean of -log of the probability of what was. Scores are kept away from 0 and 1 by what scikit-learn's `log_loss` keeps them away."""
    import numpy as np

    tiny = np.finfo(score.dtype).eps if score.dtype.kind == "f" else np.finfo(float).eps
    p = np.clip(score, tiny, 1 - tiny)
    return losses(-np.log(np.where(y == 1, p, 1 - p)))


@_of_both_outcomes
def brier(y: Any, score: Any, _given: float) -> RowValues:
    """The mean of (score - y) squared."""
    return losses((score - y) ** 2)


@_of_both_outcomes
def skill(y: Any, score: Any, base_rate: float) -> RowValues:
    """1 - Brier score / that of always predicting the base rate."""
    import numpy as np

    model, baseline = brier(y, score, base_rate), brier(y, np.full(len(y), base_rate), base_rate)
    ratio = model.value / baseline.value
    return RowValues(
        value=1 - ratio, influence=(ratio * baseline.influence - model.influence) / baseline.value
    )


@_of_both_outcomes
def calibration_error(y: Any, score: Any, _given: float) -> RowValues:
    """Mean distance of predicted and observed rate over the groups: the mean of (score - y) with its group's sign."""
    import numpy as np

    group = calibration_groups(score)
    order = np.lexsort((y, score))  # sums in an order that is not that of the rows
    sign = np.sign(np.bincount(group[order], weights=(score - y)[order], minlength=GROUPS))
    return losses(sign[group] * (score - y))
