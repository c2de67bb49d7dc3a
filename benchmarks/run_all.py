"""Measure whole processes against plain scripts that do the same work, in turn, and print the ratios.

    make bench

Two commands take turns (A B A B ...), so that a machine that slows down slows both. Each figure is the median
over the turns of the ratio of wall times, and behind it that of CPU times. backfill.py's live comparison and memory.py are commands of their own.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from backfill import processes
from measure import environment, tell, timed

HERE = Path(__file__).parent
TURNS = int(os.environ.get("TURNS", "7"))


def compare(name, ours, floor, *, limit, fresh=None):
    """Print the median ratio of `ours` to `floor`; `fresh` is a folder emptied before each turn."""
    pairs = []
    with tempfile.TemporaryDirectory() as place:
        env = environment(place)
        for turn in range(TURNS + 1):
            if fresh:
                shutil.rmtree(Path(place) / fresh, ignore_errors=True)
            commands = [[word.format(place=place) for word in command] for command in (ours, floor)]
            pair = [timed(command, env, place)[:2] for command in commands]
            if turn:  # the first turn warms the disk
                pairs.append(pair)
    tell(name, pairs, limit=limit)


def main():
    python = sys.executable
    for version in ("v1", "v2"):
        run = [python, "-m", "ml_assets.cli.main", "run", "--as-of", "2025-12-01", "--model-version", version]
        plain = [python, str(HERE / "plain_run.py"), version, "{place}/plain"]
        compare(f"one cold run, {version} / plain script", run, plain, limit=1.5, fresh="artifacts")
        stock = [python, str(HERE / "plain_dagster.py"), version, "{place}/plain"]
        compare(f"the script in Dagster, {version} / plain script", stock, plain, limit="none")
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
