"""The drift of a monitoring, made again from training rows, landed rows and stored scores.

Nothing here knows ml_assets: a formula stands here as `docs/numbers.md` has it.
"""

import numpy as np
import pandas as pd
from scipy import stats

FEWEST_EXPECTED, MOST_LEVELS, BINS = 5, 20, 10


def drift(train, rows, holdout_score, score, *, features, days):
    """What has moved: `train` and `rows` have the features, `holdout_score` and `score` are arrays."""
    inputs = [shift(name, train[name], rows[name]) for name in features]
    edges = np.linspace(0, max(holdout_score.max(), score.max()), 21)
    then, now = (np.histogram(of, edges)[0] / len(of) for of in (holdout_score, score))
    return {
        "days": [str(day) for day in days],
        "rows": len(score),
        "training_rows": len(train),
        "holdout_rows": len(holdout_score),
        "inputs": sorted(inputs, key=lambda of: (of["expected"] - of["psi"], of["name"])),
        "scores": shift("score", pd.Series(holdout_score), pd.Series(score)),
        "histogram": {"edges": list(edges), "then": list(then), "now": list(now)},
    }


def shift(name, then, now):
    """A column's bins, and its stability index with what chance makes of it."""
    text = not pd.api.types.is_numeric_dtype(then)
    counted = levels(then, now) if text or then.nunique() <= BINS else quantiles(then, now)
    counted.append(("(missing)", int(then.isna().sum()), int(now.isna().sum())))
    held = [
        {"label": label, "then": int(one), "now": int(other)} for label, one, other in counted if one or other
    ]
    return {"name": name, "bins": held, **stability(held)}


def levels(then, now):
    """One bin a level that expects five rows in the smaller sample, at most twenty; all others share one."""
    counts = pd.DataFrame({"then": then.value_counts(), "now": now.value_counts()}).fillna(0)
    counts["old"], counts["both"], counts["level"] = counts["then"] > 0, -counts.sum(axis=1), counts.index
    counts = counts.sort_values(["old", "both", "level"])
    of_both, of_now = -counts["both"] / (len(then) + len(now)), counts["now"] / len(now) / 2
    share = of_both.where(counts["old"], of_now)
    own = counts[share * min(len(then), len(now)) >= FEWEST_EXPECTED].head(MOST_LEVELS)
    rest = counts.drop(own.index)
    found = [
        (told(of), one, other) for of, one, other in zip(own.index, own["then"], own["now"], strict=True)
    ]
    return [*found, ("(rare or unseen)", rest["then"].sum(), rest["now"].sum())]


def quantiles(then, now):
    """Deciles of the reference, or fewer where these expect fewer than five rows; a number on an edge is below it."""
    known = [of.dropna().to_numpy(dtype=float) for of in (then, now)]
    many = max(1, min(BINS, min(map(len, known)) // FEWEST_EXPECTED))
    edges = np.unique(np.quantile(known[0], np.arange(1, many) / many))
    cut = [-np.inf, *edges, np.inf]
    before, later = (pd.cut(of, cut).value_counts().to_numpy() for of in known)
    labels = [f"to {told(edge)}" for edge in edges]
    labels.append(f"above {told(edges[-1])}" if len(edges) else "any number")
    return list(zip(labels, before, later, strict=True))


def stability(held):
    """PSI with half a row added to each bin; of two samples of one distribution it is chi-squared times 1/n + 1/m."""
    counts = np.array([[of["then"], of["now"]] for of in held], dtype=float)
    share = (counts + 0.5) / (counts.sum(axis=0) + 0.5 * len(held))
    psi = ((share[:, 1] - share[:, 0]) * np.log(share[:, 1] / share[:, 0])).sum()
    free, spread = len(held) - 1, (1 / counts.sum(axis=0)).sum()
    expected, limit = free * spread, stats.chi2.ppf(0.95, free) * spread if free else 0.0
    return {"psi": psi, "expected": expected, "limit": limit, "band": band(psi, psi - expected, limit)}


def band(psi, beyond, limit):
    if psi <= limit:
        return "within chance"
    if beyond < 0.1:
        return "small"
    return "moderate" if beyond < 0.25 else "large"


def told(value):
    return value if isinstance(value, str) else f"{value:.6g}"
