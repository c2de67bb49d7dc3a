"""The floor of a backfill: plain_run.py's one day, over several days, side by side in joblib's processes (loky).

python benchmarks/plain_backfill.py v2 FOLDER 2 2025-12-01 14      # version, folder, processes, first day, days

joblib lets each of its processes start no more threads than there are cores for it: with two on two cores, one.
"""

import datetime as dt
import sys
from pathlib import Path

from joblib import Parallel, delayed
from plain_run import main as one_day


def main(version, folder, processes, first, days):
    found = (first + dt.timedelta(days=n) for n in range(days))
    Parallel(n_jobs=processes)(delayed(one_day)(version, folder / str(day), day) for day in found)


if __name__ == "__main__":
    main(
        sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), dt.date.fromisoformat(sys.argv[4]), int(sys.argv[5])
    )
