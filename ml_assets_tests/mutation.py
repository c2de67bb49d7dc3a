"""Tell what `mutmut run` has found: the share of changes that a test noticed, module by module, and which were not.

python -m ml_assets_tests.mutation
"""

import re
import subprocess
import sys
from collections import Counter, defaultdict

from rich.console import Console
from rich.table import Table

NOTICED = {"killed", "timeout", "segfault"}
LINE = re.compile(r"ml_assets\.core\.(?P<module>[\w.]+)\.x\S*__mutmut_\d+: (?P<status>.+)")


def main():
    """Print the table; exit code 1 where fewer than 90 % were noticed."""
    command = [sys.executable, "-m", "mutmut", "results", "--all", "true"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = defaultdict(Counter)
    for line in told.splitlines():
        if match := LINE.search(line):
            found[match["module"]][match["status"]] += 1
    table = Table("module", "changes", "noticed", "not noticed", "no test", "share", box=None)
    for name, counts in [*sorted(found.items()), ("all", sum(found.values(), Counter()))]:
        table.add_row(name, *_cells(counts))
    Console(width=100).print(table)
    return 0 if _share(sum(found.values(), Counter())) >= 0.9 else 1


def _cells(counts):
    noticed = sum(counts[status] for status in NOTICED)
    numbers = (counts.total(), noticed, counts["survived"], counts["no tests"])
    return (*map(str, numbers), f"{_share(counts):.1%}")


def _share(counts):
    return sum(counts[status] for status in NOTICED) / max(1, counts.total())


if __name__ == "__main__":
    sys.exit(main())
