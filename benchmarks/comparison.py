"""How often a candidate is let through that is worse by exactly its margin: it should be one case in twenty.

    python benchmarks/comparison.py

Metrics are simulated as means over rolling holdouts. Environment: CASES (600).
"""

import datetime as dt
import os

import numpy as np

from ml_assets.core.comparison.compare import compare

CASES = int(os.environ.get("CASES", "600"))
FIRST, MARGIN = dt.date(2025, 1, 1), 0.01
SCENES = ((5, 28, 1), (7, 28, 1), (14, 28, 1), (28, 28, 1), (14, 7, 1), (7, 28, 7), (7, 1, 1), (14, 1, 1))


def main():
    random = np.random.default_rng(1)
    for days, holdout, apart in SCENES:
        rate = sum(passed(days, holdout, apart, random) for _ in range(CASES)) / CASES
        print(f"{days:2d} days, {apart} apart, holdout of {holdout:2d}: let through in {rate:.1%}")


def passed(days, holdout, apart, random):
    noise = random.normal(0, 0.02, size=holdout + days * apart)
    candidate = {
        FIRST + dt.timedelta(days=day * apart): {
            "roc_auc": 0.7 - MARGIN + noise[day * apart : day * apart + holdout].mean()
        }
        for day in range(days)
    }
    reference = {day: {"roc_auc": 0.7} for day in candidate}
    return compare(candidate, reference, margins={"roc_auc": MARGIN}, holdout_days=holdout).passed


if __name__ == "__main__":
    main()
