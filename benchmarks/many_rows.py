"""A training set of 2,000,000 of 100,000,000 rows against the DuckDB query that does the same; then the next day's.

    pip install -e ".[bench]" -c constraints.txt
    TURNS=5 python benchmarks/many_rows.py            # ROWS=10000000 SAMPLE=200000 for less

The rows are made once, by day, as Parquet of twelve columns, under DATA (by default `many_rows` in the working
directory; 100,000,000 take about 3 GB). In turns, each a whole process: our asset `training_set` with an empty cache; the query (read,
known at the end of as_of, sampled by a hash of the ids, in order, written as Parquet); our `training_set` of the next day,
with what the first left in the cache; the least that such a day takes, polars reading as many rows, ordering and writing them. Ours also marks folds, checks and fingerprints rows and commits an artifact. Asked: at most 1.2 of the query, 0.2 of it the next day, and
a peak of 4 GB of memory.
"""

import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from measure import HERE, TURNS, environment, expect, ran

ROWS = int(os.environ.get("ROWS", "100000000"))
SAMPLE = int(os.environ.get("SAMPLE", str(ROWS // 50)))
DATA = Path(os.environ.get("DATA", "many_rows")).resolve() / str(ROWS)
FIRST, DAYS = dt.date(2025, 1, 1), 366
LOOKBACK = 365
LIMIT, NEXT_LIMIT, MEMORY = 1.2, 0.2, 4.0
FEATURES = [f"x{number}" for number in range(8)]
TOML = f"""event_time = "ordered_at"
label = "returned"
label_closes_at = "closes_at"
ids = ["order_id"]
features = {FEATURES}
""".replace("'", '"')
OURS = """
import datetime as dt, sys
from ml_assets.pipelines.tabular import tabular
values = {"dataset": "orders", "source": "many", "lookback_days": int(sys.argv[2]), "max_rows": int(sys.argv[3])}
run = tabular.resolve(values, as_of=dt.date.fromisoformat(sys.argv[1]))
print(tabular.make(run, ["training_set"])["training_set"].manifest.facts["rows"])
"""
DUCKDB = """
import sys, duckdb
end, first, sample, rows, place = sys.argv[1:]
known = f'''(select *, hash(order_id) as h from read_parquet('{rows}/orders/*/*.parquet', hive_partitioning = true)
  where date between date '{first}' and date '{end}' and ordered_at < date '{end}' + interval 1 day
  and returned is not null and closes_at <= date '{end}' + interval 1 day)'''
opened = duckdb.connect()
opened.execute(f"set enable_progress_bar = false; set memory_limit = '4GB'; set temp_directory = '{place}/spilled'")
opened.execute(f'''copy (select * exclude h from {known}
  where h <= (select max(h) from (select h from {known} order by h limit {sample}))
  order by date, order_id) to '{place}/rows.parquet' (format parquet, compression zstd)''')
print(opened.execute(f"select count(*) from '{place}/rows.parquet'").fetchone()[0])
"""
LEAST = """
import sys, polars as pl
rows = pl.read_parquet(f"{sys.argv[1]}/rows.parquet").sort("date", "x0")  # by a column by which they do not lie
rows.write_parquet(f"{sys.argv[1]}/ordered.parquet", compression="zstd", compression_level=3)
print(rows.height)
"""


def rows_of(number):
    """The rows of one day; closing 30 days after their event."""
    rng, rows = np.random.default_rng(number), ROWS // DAYS
    begins = np.datetime64(FIRST, "us") + np.timedelta64(number, "D")
    event = begins + rng.integers(0, 86_400_000_000, rows).astype("timedelta64[us]")
    columns = {name: rng.normal(100 * n, 10, rows).round(2) for n, name in enumerate(FEATURES[:6])}
    columns["x6"] = rng.integers(0, 1000, rows)
    columns["x7"] = np.array(["north", "south", "east", "west"])[rng.integers(0, 4, rows)]
    chance = 1 / (1 + np.exp(-(columns["x1"] - 100) / 10))
    ids = rng.permutation(np.arange(rows, dtype=np.int64)) + number * 10_000_000
    outcome = {"returned": (rng.random(rows) < chance).astype(np.int8)}
    times = {"ordered_at": event, "closes_at": event + np.timedelta64(30, "D")}
    return pl.DataFrame({"order_id": ids, **times, **outcome, **columns})


def land():
    """Make the rows, where they are not there yet."""
    contract = DATA / "orders" / "dataset.toml"
    if contract.exists():
        return
    for number in range(DAYS):
        folder = DATA / "orders" / f"date={FIRST + dt.timedelta(days=number)}"
        folder.mkdir(parents=True, exist_ok=True)
        rows_of(number).write_parquet(folder / "rows.parquet")
    contract.write_text(TOML)
    time.sleep(3)  # files that changed just now are not kept in a cache


def whole(code, words, env, place):
    """Wall seconds, CPU seconds and peak gigabytes of a process that must give the sample."""
    (wall, cpu, megabytes), told = ran([sys.executable, "-c", code, *map(str, words)], env, place)
    expect(told.strip() == str(SAMPLE), f"{SAMPLE} rows", told)
    return wall, cpu, megabytes * 1024**2 / 1e9


def turn():
    with tempfile.TemporaryDirectory() as place:
        env = {
            **environment(place),
            "ML_ASSETS_SOURCES__MANY": str(DATA),
            "ML_ASSETS_ROWS_CACHE": f"{place}/cache",
            "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]),
        }
        as_of = FIRST + dt.timedelta(days=LOOKBACK - 1)
        ours = whole(OURS, [as_of, LOOKBACK, SAMPLE], env, place)
        query = whole(DUCKDB, [as_of, FIRST, SAMPLE, DATA, place], env, place)
        later = whole(OURS, [as_of + dt.timedelta(days=1), LOOKBACK, SAMPLE], env, place)
        least = whole(LEAST, [place], env, place)
    return ours, query, later, least


def tell(name, turns, side, limit):
    wall, cpu = ([one[side][kind] / one[1][kind] for one in turns] for kind in (0, 1))
    peak = max(one[side][2] for one in turns)
    seconds = statistics.median(one[side][0] for one in turns)
    print(
        f"{name:<28} ratio {statistics.median(wall):.2f} (limit {limit}; {min(wall):.2f} to {max(wall):.2f} in {len(turns)} "
        f"turns; median {seconds:.1f} s; of CPU time {statistics.median(cpu):.2f}); peak {peak:.2f} GB (limit {MEMORY:g})",
        flush=True,
    )


if __name__ == "__main__":
    land()
    taken = [turn() for _ in range(TURNS)]
    print(f"{SAMPLE:,} of {ROWS:,} rows, {LOOKBACK} days")
    tell("training set", taken, 0, LIMIT)
    tell("DuckDB", taken, 1, "-")
    tell("the next day's", taken, 2, NEXT_LIMIT)
    tell("rows ordered and written", taken, 3, "-")
