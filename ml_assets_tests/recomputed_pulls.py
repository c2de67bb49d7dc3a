"""Each metric, and what every row adds to it: the derivative of the metric with respect to the weight of that row.

Nothing here knows ml_assets: a formula stands here as `docs/numbers.md` has it.
"""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score


def value_and_pulls(metric, y, score, base_rate):
    """A metric, and what each row adds to it: the derivative with respect to the row's weight, which sum to 0."""
    if metric == "roc_auc":
        return of_auc(y, score)
    if metric == "average_precision":
        return of_precision(y, score)
    if metric == "lift_at_10pct":
        return of_lift(y, score)
    squares = (score - y) ** 2
    if metric == "skill":
        constant = (base_rate - y) ** 2
        ratio = squares.mean() / constant.mean()
        own, baseline = squares - squares.mean(), constant - constant.mean()
        return 1 - ratio, (ratio * baseline - own) / constant.mean() / len(y)
    loss = squares if metric == "brier" else -np.log(np.where(y == 1, score, 1 - score))
    if metric == "calibration_error":
        over = pd.Series(score - y)
        group = pd.qcut(score, 10, duplicates="drop")
        loss = (over * np.sign(over.groupby(group, observed=True).transform("sum"))).to_numpy()
    return loss.mean(), (loss - loss.mean()) / len(y)


def of_auc(y, score):
    """A row's placement value less the AUC, by the number of rows of its own outcome."""
    own, other = score[y == 1], score[y == 0]
    right = (own[:, None] > other) + (own[:, None] == other) / 2
    pulls, auc = np.zeros(len(y)), roc_auc_score(y, score)
    pulls[y == 1] = (right.mean(axis=1) - auc) / len(own)
    pulls[y == 0] = (right.mean(axis=0) - auc) / len(other)
    return auc, pulls


def of_precision(y, score):
    """With d positives at the k-th highest score, t of n rows positive down to it: AP = sum(d t / n) / sum(d)."""
    at = pd.DataFrame({"d": y, "rows": 1.0}).groupby(-score).sum()
    t, n, positives = at["d"].cumsum(), at["rows"].cumsum(), y.sum()
    value = average_precision_score(y, score)
    below = pd.DataFrame({"own": t / n - value, "gain": at["d"] / n, "cost": at["d"] * t / n**2})
    below[["gain", "cost"]] = below[["gain", "cost"]][::-1].cumsum()[::-1]
    row = below.loc[-score].to_numpy()
    return value, (y * (row[:, 0] + row[:, 1]) - row[:, 2]) / positives


def of_lift(y, score):
    """The outcomes of the top tenth, less the rate around its end, over the base rate."""
    places, ordered = max(1, len(y) // 10), np.sort(score)[::-1]
    last, base = ordered[places - 1], y.mean()
    above, tied = score > last, score == last
    inside = above + tied * (places - above.sum()) / tied.sum()
    near = (score <= ordered[places - 1 - places // 2]) & (
        score >= ordered[min(len(y), places + places // 2) - 1]
    )
    value = (np.where(tied, y[tied].mean(), y) * inside).sum() / places / base
    pulls = (y - y[near].mean()) * inside / places
    return value, (pulls - pulls.mean() - value * (y - base) / len(y)) / base
