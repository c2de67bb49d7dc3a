"""How often the stability index calls something drift where nothing has changed, and whether it tells what has.

    python benchmarks/drift.py [DRAWS]

Texts with few and many levels, equally frequent or after Zipf's law, and normal, lognormal and heaped numbers: a
reference and later rows of the same distribution; then the same with a new level that has a tenth of the rows.
"""

import itertools
import sys
from collections import Counter

import numpy as np
import polars as pl

from ml_assets.pipelines.tabular.monitoring.drift import shift

REFERENCES, LATER = (500, 5000), (200, 1000, 5000)
LEVELS, KINDS = (5, 50, 500, 2000), ("normal", "lognormal", "heaped")
LAWS = ("uniform", "Zipf")


def levels(random, rows, many, law, *, new=0.0):
    """Texts of so many levels; a share of them is a level that is not among these."""
    weights = 1 / np.arange(1, many + 1) if law == "Zipf" else np.ones(many)
    drawn = random.choice(many, size=rows, p=weights / weights.sum())
    texts = np.char.add("level ", drawn.astype(str))
    return pl.Series("x", np.where(random.random(rows) < new, "new", texts))


def numbers(random, rows, kind):
    """Numbers; heaped ones have seventeen values."""
    values = random.normal(size=rows)
    made = {"normal": values, "lognormal": np.exp(2 * values), "heaped": np.round(values * 3).clip(-8, 8)}
    return pl.Series("x", made[kind])


def told(draw, sizes, draws, *what, **later):
    """The share of draws in each band beyond chance."""
    random = np.random.default_rng(0)
    found = Counter(
        shift("x", draw(random, sizes[0], *what), draw(random, sizes[1], *what, **later)).band
        for _ in range(draws)
    )
    return "".join(f"{found[band] / draws:9.3f}" for band in ("small", "moderate", "large"))


def main(draws):
    print(
        f"{draws} draws; the share of each band. Nothing changed, and (right) a new level with a tenth of the rows"
    )
    print(f"{'column':<16}{'then':>6}{'now':>6}" + 2 * "    small moderate    large")
    for sizes in itertools.product(REFERENCES, LATER):
        for what in itertools.product(LEVELS, LAWS):
            columns = told(levels, sizes, draws, *what) + told(levels, sizes, draws // 5, *what, new=0.1)
            print(f"{'{} {}'.format(*what):<16}{sizes[0]:>6}{sizes[1]:>6}{columns}", flush=True)
        for kind in KINDS:
            print(f"{kind:<16}{sizes[0]:>6}{sizes[1]:>6}{told(numbers, sizes, draws, kind)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
