"""What tracking adds to a backfill of 14 days, cold and all reused, against the same one without: medians of ratios.

    python benchmarks/tracking.py

A SQLite tracking store on the same disk; whole processes in turn, either first as often. Environment: TURNS (3).
"""

import statistics
import sys
import tempfile

from measure import TURNS, environment, expect, timed

COMMAND = (
    sys.executable,
    "-m",
    "ml_assets.cli.main",
    "backfill",
    "--from",
    "2025-11-18",
    "--to",
    "2025-12-01",
)
KINDS = ("cold", "all reused")


def main():
    turns = [turn(tracked_first=bool(number % 2)) for number in range(TURNS)]
    for kind in KINDS:
        ratios = [found[True][kind] / found[False][kind] for found in turns]
        print(
            f"{kind:<10} 14 days v2, tracked / not tracked   ratio {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f} in {TURNS} turns)"
        )


def turn(*, tracked_first):
    return {tracked: backfills(tracked=tracked) for tracked in (tracked_first, not tracked_first)}


def backfills(*, tracked):
    """Seconds of a backfill, and of the same one again."""
    with tempfile.TemporaryDirectory() as place:
        env = environment(place) | ({"ML_ASSETS_TRACKING__URI": "sqlite:///mlflow.db"} if tracked else {})
        found = {}
        for kind in KINDS:
            found[kind], _, told = timed([*COMMAND, "--model-version", "v2"], env, place)
            expect("14 days done, 0 failed" in told, "14 days", told)
        return found


if __name__ == "__main__":
    main()
