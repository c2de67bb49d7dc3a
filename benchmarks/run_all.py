"""Measure whole processes against plain scripts that do the same work, in turn, and print the ratios.

    make bench

Two commands take turns (A B A B ...), so that a machine that slows down slows both. Each figure is the median
over the turns of the ratio of wall times. backfill.py's live comparison and memory.py are commands of their own.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backfill import processes

HERE = Path(__file__).parent
TURNS = int(os.environ.get("TURNS", "7"))


def seconds(command, env, cwd):
    started = time.perf_counter()
    subprocess.run(
        command, env=env, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started


def compare(name, ours, floor, *, limit, fresh=None):
    """Print the median ratio of `ours` to `floor`; `fresh` is a folder emptied before each turn."""
    ratios, times = [], []
    with tempfile.TemporaryDirectory() as place:
        env = {
            **os.environ,
            "DAGSTER_HOME": f"{place}/home",
            "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": f"{place}/artifacts",
        }
        env["PYTHONPATH"] = str(HERE.parent)
        env.pop(
            "PYTHONDONTWRITEBYTECODE", None
        )  # else our modules are compiled anew and the installed ones are not
        for turn in range(TURNS + 1):
            if fresh:
                shutil.rmtree(Path(place) / fresh, ignore_errors=True)
            pair = (
                seconds(ours, env, place),
                seconds([word.format(place=place) for word in floor], env, place),
            )
            if turn:  # the first turn warms the disk
                ratios.append(pair[0] / pair[1])
                times.append(pair)
    ours_median, floor_median = (statistics.median(column) for column in zip(*times, strict=True))
    print(
        f"{name:<42} ratio {statistics.median(ratios):.2f} (limit {limit}; {min(ratios):.2f} to {max(ratios):.2f} "
        f"in {TURNS} turns; medians {ours_median:.2f} s and {floor_median:.2f} s)"
    )


def main():
    python = sys.executable
    for version in ("v1", "v2"):
        run = [python, "-m", "ml_assets.cli.main", "run", "--as-of", "2025-12-01", "--model-version", version]
        plain = [python, str(HERE / "plain_run.py"), version, "{place}/plain"]
        compare(f"one cold run, {version} / plain script", run, plain, limit=2.0, fresh="artifacts")
    compare(
        "import the definitions / import dagster",
        [python, "-c", "import ml_assets.definitions"],
        [python, "-c", "import dagster"],
        limit=1.2,
    )
    compare(
        "a refusal / an empty Python process",
        [
            python,
            "-c",
            "import sys; from ml_assets.cli.main import main; sys.exit(main(['run', '--max-depth', '99']) - 2)",
        ],
        [python, "-c", "pass"],
        limit="none",
    )
    processes()


if __name__ == "__main__":
    main()
