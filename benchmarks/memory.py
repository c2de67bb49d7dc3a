"""Peak memory of `ml-assets backfill` over few and over many days: it must not grow with the days.

    python benchmarks/memory.py [DAYS ...]      # 14 365 by default: model version v1, orders, from 2025-01-02 on

Five times a second the proportional set size (PSS) of every process of the command's tree is added up, so that
pages that processes share count once; pages shared with other work on the machine count in part, which is why the
resident sizes (shared pages count in each) are told as well. The ratio is that of the last peak to the first. Asked: at most 1.5.
"""

import contextlib
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIRST = dt.date(2025, 1, 2)
LIMIT = 1.5
QUARTERS = 4


def children():
    """The children of each process of the machine."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(
                int(stat.parent.name)
            )
    return found


def tree(pid):
    """A process and all that it started, itself first."""
    by_parent, found = children(), [pid]
    for one in found:
        found += by_parent.get(one, [])
    return found


def megabytes(pid):
    """The proportional and the resident megabytes of a process; zeros where it has ended."""
    with contextlib.suppress(OSError):
        words = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        sizes = {word[0]: int(word[1]) / 1024 for word in words}
        return sizes["Pss:"], sizes["Rss:"]
    return 0.0, 0.0


def samples(process):
    """The megabytes of each process of the tree, the command itself first, until it ends."""
    while process.poll() is None:
        yield [megabytes(pid) for pid in tree(process.pid)]
        time.sleep(0.2)


def backfill(days, place):
    """The samples of one backfill, and its seconds."""
    words = ["--model-version", "v1", "--dataset", "orders", "--from", str(FIRST)]
    last = FIRST + dt.timedelta(days=days - 1)
    command = [sys.executable, "-m", "ml_assets.cli.main", "backfill", *words, "--to", str(last)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    own = {"DAGSTER_HOME": f"{place}/home", "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": f"{place}/artifacts"}
    started, told = time.perf_counter(), Path(place, "told")
    with told.open("wb") as out:
        process = subprocess.Popen(command, env={**env, **own}, cwd=place, stdout=out, stderr=out)
        found = list(samples(process))
    if process.returncode or f"{days} days done, 0 failed" not in told.read_text():
        raise SystemExit(f"The backfill did not do its {days} days:\n{told.read_text()[-2000:]}")
    return found, time.perf_counter() - started


def sums(sample):
    """What all processes of a sample hold: proportional, resident."""
    return tuple(sum(column) for column in zip(*sample, strict=True))


def peak(days):
    """Print where the peak was; returns it, in proportional and in resident megabytes."""
    with tempfile.TemporaryDirectory() as place:
        found, seconds = backfill(days, place)
    most, resident = (max(sums(sample)[kind] for sample in found) for kind in (0, 1))
    top = sorted((size for size, _ in max(found, key=lambda sample: sums(sample)[0])[1:]), reverse=True)
    command = max(sample[0][0] for sample in found)
    size = -(-len(found) // QUARTERS)
    quarters = [max(sums(one)[0] for one in found[at : at + size]) for at in range(0, len(found), size)]
    print(
        f"{days:>4} days: peak {most:.0f} MB (resident {resident:.0f}); the command at most {command:.0f}; the others "
        f"at the peak {', '.join(f'{one:.0f}' for one in top)}; peaks of the quarters "
        f"{', '.join(f'{one:.0f}' for one in quarters)}; {seconds:.0f} s, {len(found)} samples",
        flush=True,
    )
    return most, resident


def main(*days):
    peaks = [peak(count) for count in days]
    ratio, resident = (last / first for last, first in zip(peaks[-1], peaks[0], strict=True))
    print(
        f"peak memory, {days[-1]} days / {days[0]} days: ratio {ratio:.2f} (limit {LIMIT}; resident {resident:.2f})"
    )


if __name__ == "__main__":
    main(*([int(word) for word in sys.argv[1:]] or [14, 365]))
