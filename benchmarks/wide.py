"""2,000 features: one whole `ml-assets run` of 3,000 landed rows, v2, beside a plain script that writes the same files.

    TURNS=5 python benchmarks/wide.py

Asked: at most 2 times the time and 1.5 times the memory, which is that of the largest process at its peak.
"""

from landed import compare

if __name__ == "__main__":
    compare("2,000 features x 3,000 rows", rows=3_000, features=2_000, categories=1, most=(2, 1.5))
