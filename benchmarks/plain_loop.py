"""The floor of a backfill: plain_run.py's one day, over several days, in one plain loop of one process.

python benchmarks/plain_loop.py v2 FOLDER 2025-12-01 14      # version, folder, first day, days
"""

import datetime as dt
import sys
from pathlib import Path

from plain_run import main as one_day


def main(version, folder, first, days):
    for day in (first + dt.timedelta(days=n) for n in range(days)):
        one_day(version, folder / str(day), day)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), dt.date.fromisoformat(sys.argv[3]), int(sys.argv[4]))
