"""10 million rows: one whole `ml-assets run` of landed rows of 12 features, v2, beside a plain script that writes the same files.

    TURNS=5 python benchmarks/tall.py
    ROWS=1000000 python benchmarks/tall.py

Asked: at most 1.2 times the time and the memory, which is that of the largest process at its peak.
"""

import os

from landed import compare

ROWS = int(os.environ.get("ROWS", "10000000"))

if __name__ == "__main__":
    compare(f"{ROWS:,} rows x 12 features", rows=ROWS, features=12, categories=2, most=(1.2, 1.2))
