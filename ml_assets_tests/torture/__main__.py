"""`make torture`: try every fault and print what came of it. Environment: TIMES (5), SEED (0)."""

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ml_assets_tests.torture.place import Place
from ml_assets_tests.torture.scenes import scenes


def main():
    times, seed = (int(os.environ.get(name, usual)) for name, usual in (("TIMES", "5"), ("SEED", "0")))
    table = Table("fault", "tried", "survived", "lost", "half visible", "told badly", "", box=None)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), seed=seed)
        found = []
        for scene in scenes(times):
            found.append(tally := scene(place))
            numbers = (tally.tried, tally.survived, tally.lost, tally.half, tally.silent)
            table.add_row(
                tally.fault, *map(str, numbers), tally.skipped or ("" if tally.passed else "FAILED")
            )
            Console(stderr=True).print(f"{tally.fault}: {numbers}")
    Console(width=120).print(table)
    return 0 if all(tally.passed for tally in found) else 1


if __name__ == "__main__":
    sys.exit(main())
