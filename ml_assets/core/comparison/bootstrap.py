"""The interval of a mean difference over days: paired bootstrap, expanded for few days, widened for shared rows.

Days are drawn with replacement, whole: both models are taken as they were on the same day. Of few days the percentiles
of such means are too narrow; they are taken further out, as Hesterberg (2015) does, so that n equal-sized normal
differences give the t interval. And days whose holdouts share rows are not independent: what is left is widened
by how much they share (`ml_assets.core.leaderboard.overlap`).
"""

import math
from collections.abc import Sequence

DRAWS = 10_000
SEED = 0
FEWEST = 2


def mean_interval(differences: Sequence[float], *, confidence: float, wider: float) -> tuple[float, float]:
    """Lower and upper end, each of which the true mean is beyond with a chance of at most `1 - confidence`.

    Args:
        differences: one a day, in the order of the days; at least two.
        confidence: of each end by itself, above 0.5.
        wider: by what to multiply the distance of either end from the mean; 1 for independent days.
    """
    import numpy as np
    from scipy.special import ndtr, stdtrit  # type: ignore[import-untyped,unused-ignore]

    values = np.asarray(differences, dtype=float)
    many = len(values)
    random = np.random.default_rng(SEED)
    means = values[random.integers(0, many, size=(DRAWS, many))].mean(axis=1)
    level = float(ndtr(math.sqrt(many / (many - 1)) * stdtrit(many - 1, confidence)))
    mean = float(values.mean())
    low, high = (float(np.quantile(means, share)) for share in (1 - level, level))
    return mean + (low - mean) * wider, mean + (high - mean) * wider
