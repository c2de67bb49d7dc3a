"""What an evaluation says of a model, and how good it is on the 28 days that follow: purged training and not.

    python benchmarks/holdout.py

Worlds of daily rows whose future is known (ml_assets_tests/worlds.py). Environment: SEEDS (20), PROCESSES (2).
"""

import os
import sys

import numpy as np
from joblib import Parallel, delayed

from ml_assets_tests.worlds import WORLDS, measured

SEEDS = int(os.environ.get("SEEDS", "20"))
PROCESSES = int(os.environ.get("PROCESSES", "2"))


def main():
    print(f"mean ROC AUC over {SEEDS} worlds of each kind")
    for name in WORLDS:
        print(name)
        for purged in (False, True):
            tell(
                purged,
                Parallel(PROCESSES)(delayed(measured)(name, seed=s, purged=purged) for s in range(SEEDS)),
            )
            sys.stdout.flush()


def tell(purged, found):
    holdout, low, high, in_use = (
        np.mean([getattr(one, part) for one in found]) for part in ("holdout", "low", "high", "in_use")
    )
    agree = sum(one.agrees for one in found)
    how = "purged" if purged else "not purged"
    print(
        f"  {how:10s}  evaluation {holdout:.3f} ({low:.3f} to {high:.3f}), in use {in_use:.3f}; "
        f"the two agree in {agree} of {len(found)}"
    )


if __name__ == "__main__":
    main()
