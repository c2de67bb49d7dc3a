"""Metrics of one of several classes: outcomes as places 0 to k - 1, probabilities of shape (n, k) in the same order.

An outcome of -1 is a class that the model does not know: it gives it the probability 0. Those that have a namesake among
the metrics of a yes or no take probabilities of shape (n,) as well.
"""

from typing import Any

from ml_assets.core.statistics import yes_no
from ml_assets.core.statistics.intervals import auc_interval, mean_interval
from ml_assets.core.statistics.row_values import RowValues, losses


def predicted(score: Any) -> Any:
    """The place of the likeliest class of each row, the first of several: shape (n, k) to (n,)."""
    return score.argmax(axis=1)


def log_loss(y: Any, score: Any, given: float) -> RowValues:
    """The mean of -log of the probability of what was, which counts as no smaller than in scikit-learn's `log_loss`."""
    import numpy as np

    if score.ndim == 1:
        return yes_no.log_loss(y, score, given)
    tiny = np.finfo(score.dtype).eps
    p = np.where(y >= 0, score[np.arange(len(y)), y], 0.0)
    return losses(-np.log(np.clip(p, tiny, 1 - tiny)))


def area(y: Any, score: Any, given: float) -> RowValues:
    """The ROC AUC; of several classes the mean of those of each against the rest. ValueError where one does not occur."""
    if score.ndim == 1:
        return yes_no.area(y, score, given)
    found = [yes_no.area(y == place, score[:, place], given) for place in range(score.shape[1])]
    return RowValues(
        value=sum(one.value for one in found) / len(found),
        influence=sum(one.influence for one in found) / len(found),
    )


def mean_auc(y: Any, score: Any) -> float:
    """The value of `area`, of outcomes that all occur."""
    if score.ndim == 1:
        return yes_no.auc(y, score)
    classes = range(score.shape[1])
    return sum(yes_no.auc(y == place, score[:, place]) for place in classes) / len(classes)


def area_ends(y: Any, score: Any, entity: Any, *, error: float = 0.05) -> tuple[float, float]:
    """The ends of the interval of `area` by entity."""
    if score.ndim == 1:
        return auc_interval(y, score, entity, error=error)
    found = area(y, score, 0.0)
    low, high = mean_interval(found.value, found.contributions, entity, error=error)
    return max(0.0, low), min(1.0, high)


def accuracy(y: Any, score: Any, _given: float) -> RowValues:
    """The share of rows whose likeliest class is what was."""
    return losses((predicted(score) == y).astype(float))


def balanced_accuracy(y: Any, score: Any, _given: float) -> RowValues:
    """The mean, over the classes that occur, of the share of their rows of which they are the likeliest class."""
    import numpy as np

    classes, place, rows = np.unique(y, return_inverse=True, return_counts=True)
    right = (predicted(score) == y).astype(float)
    recall = np.bincount(place, weights=right) / rows
    pull = (right - recall[place]) * len(y) / (rows[place] * len(classes))
    return RowValues(value=float(recall.mean()), influence=pull)
