"""How often a report names a trend or an outlier where nothing has happened, and how often a trend that is there.

    python benchmarks/reports.py [SERIES]

Metrics are means over rolling holdouts of independent days. A trend that is there moves a metric, over the whole series, by as
many standard errors of its mean over one holdout as is said.
"""

import datetime as dt
import sys

import numpy as np

from ml_assets.core.report.summary import outliers
from ml_assets.core.report.trend import trend

SERIES = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
FIRST = dt.date(2025, 1, 1)


def main():
    print(f"{SERIES} series each")
    for holdout in (28, 56):
        for holdouts in (3, 4, 6):
            for step in (1, 7):
                trends(holdout, holdouts, step)
    for window in (1, 28, 56):
        for count in (5, 10, 14, 31, 120, 366):
            days = [FIRST + dt.timedelta(days=n) for n in range(count)]
            hit = [
                bool(outliers(days, of))
                for of in rolling(SERIES if count < 50 else SERIES // 5, count, window)
            ]
            print(f"an outlier in {np.mean(hit):5.1%} of reports of {count:3d} days, holdout of {window}")


def trends(holdout, holdouts, step):
    """Of series so many holdouts long, daily or weekly."""
    days = [FIRST + dt.timedelta(days=n) for n in range(0, holdouts * holdout + 1, step)]
    values = rolling(SERIES, len(days), holdout, step)
    line = np.linspace(0, 1, len(days)) / np.sqrt(holdout)
    rates = []
    for much in (0, 3, 6, 10):
        told = [trend(days, of + much * line, window_days=holdout).direction for of in values]
        rates.append(np.mean([direction == "rising" for direction in told]))
        if not much:
            rates[0] += np.mean([direction == "falling" for direction in told])
    how = "daily" if step == 1 else "weekly"
    false, *found = (f"{rate:.1%}" for rate in rates)
    print(
        f"{how}, {holdouts} holdouts of {holdout} days: a trend without one in {false}; rising by 3, 6, 10 errors: {', '.join(found)}"
    )


def rolling(many, count, window, step=1):
    """Means over windows of independent normal days, of shape (many, count)."""
    effects = np.random.default_rng(window + count).normal(size=(many, (count - 1) * step + window))
    sums = np.cumsum(np.c_[np.zeros(many), effects], axis=1)
    first = np.arange(count) * step
    return (sums[:, first + window] - sums[:, first]) / window


if __name__ == "__main__":
    main()
