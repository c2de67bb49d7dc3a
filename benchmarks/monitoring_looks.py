"""How often a sound model that is looked at daily for a year gets a wrong verdict, and how soon a spoilt one is told.

    python benchmarks/monitoring_looks.py

60 rows a day of 1500 customers whose outcomes are alike, windows of 28 days, an evaluation of 56 days. Of each verdict
at most 5 % may be wrong. Environment: CASES (200 sound models), SPOILT (40 of each kind), WORKERS (1).
"""

import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from ml_assets_tests.watched import VERDICTS, Watched

CASES, SPOILT = int(os.environ.get("CASES", "200")), int(os.environ.get("SPOILT", "40"))
WORKERS = int(os.environ.get("WORKERS", "1"))
FAULTS = {
    "scores divided by ten": {"divided": 10.0},
    "base rate 13 % -> 49 %": {"truth": (-0.05, 0.97)},
    "ROC AUC 0.74 -> 0.64": {"truth": (-2.04, 0.49)},
}
PATIENCE = 90  # days


def main():
    with ProcessPoolExecutor(WORKERS) as pool:
        if CASES:
            sound(pool)
        if SPOILT:
            spoilt(pool)


def sound(pool):
    found = list(pool.map(_alarms, [Watched()] * CASES, range(CASES)))
    print(f"{CASES} sound models, 365 looks each: wrong verdicts at one look or more", flush=True)
    for name in VERDICTS:
        worse, better = (sum((name, word) in one for one in found) / CASES for word in ("worse", "better"))
        print(f"  {name:12} worse {worse:.1%}, better {better:.1%}", flush=True)


def spoilt(pool):
    for fault, what in FAULTS.items():
        for at in (0, 90, 365):
            watched = Watched(at=at, looks=at + PATIENCE, **what)
            found = list(pool.map(_alarms, [watched] * SPOILT, range(SPOILT)))
            print(
                f"{fault}, after {at} looks: days until told, of half and of nine in ten of {SPOILT} models"
            )
            for name in VERDICTS:
                days = [one.get((name, "worse"), np.inf) - at for one in found]
                half, most = np.quantile(days, [0.5, 0.9], method="inverted_cdf")
                print(f"  {name:12} {_days(half)}, {_days(most)}", flush=True)


def _alarms(watched, seed):
    return watched.alarms(np.random.default_rng(seed))


def _days(days):
    return f"{days:.0f}" if np.isfinite(days) else f"more than {PATIENCE}"


if __name__ == "__main__":
    main()
