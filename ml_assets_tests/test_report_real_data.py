"""The report on real orders: its numbers are those of pandas and numpy, straight from the manifests and the files."""

import datetime as dt
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.stats

FIRST, LAST = dt.date(2011, 7, 1), dt.date(2011, 7, 5)
DAYS = [str(FIRST + dt.timedelta(days=n)) for n in range(5)]
WINDOW = ["--from", FIRST, "--to", LAST]
WHAT = ["--source", "uci", "--dataset", "orders"]
LOOKBACK = 365


def evaluations(shell, env):
    """The stored evaluations as one table, by day."""
    listed = json.loads(shell("list", "--json", env=env).stdout)
    return pd.DataFrame({row["as_of"]: row["metrics"] for row in listed}).T.sort_index()


def known_rows(real_data, as_of):
    """Outcomes known at the end of as_of, from the files alone."""
    days = [as_of - dt.timedelta(days=n) for n in range(LOOKBACK)]
    files = [path for day in days for path in (real_data / "orders").glob(f"date={day}/part.parquet")]
    columns = ["returned_30d", "returned_30d_closes_at"]
    rows = pd.concat(
        [pd.DataFrame(pl.read_parquet(path, columns=columns).to_dict(as_series=False)) for path in files]
    )
    closed = rows["returned_30d_closes_at"] <= pd.Timestamp(as_of) + pd.Timedelta(days=1)
    return rows.loc[closed & rows["returned_30d"].notna(), "returned_30d"].astype(int)


def test_the_report_on_five_days_of_real_orders_is_what_pandas_computes(real_data, shell):
    env = {"ML_ASSETS_SOURCES__UCI": str(real_data), "ML_ASSETS_FIRST_AS_OF": "2011-01-01"}
    done = shell("backfill", *WHAT, *WINDOW, env=env)
    assert done.returncode == 0, done.stderr

    told = shell("report", *WHAT, *WINDOW, "--json", env=env)

    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    table = evaluations(shell, env)
    assert list(table.index) == DAYS
    assert (document["asked"], document["done"], document["retry"]) == (5, 5, [])
    for name in table.columns:
        found, line = document["metrics"][name], scipy.stats.linregress(range(5), table[name])
        assert [found[k] for k in ("mean", "std", "min", "max")] == pytest.approx(
            [table[name].mean(), table[name].std(), table[name].min(), table[name].max()], abs=1e-8
        )
        trend = found["trend"]
        assert trend["slope"] == pytest.approx(line.slope, abs=1e-8)
        assert (trend["low"], trend["high"], trend["direction"]) == (None, None, "window too short")
        assert found["outliers"] == []
    labels = [known_rows(real_data, dt.date.fromisoformat(day)) for day in DAYS]
    for name, numbers in {"rows": [len(y) for y in labels], "base_rate": [y.mean() for y in labels]}.items():
        assert [day["facts"][name] for day in document["days"]] == pytest.approx(numbers, abs=1e-6)
        earlier, later = np.mean(numbers[:2]), np.mean(numbers[-2:])
        drift = document["drift"][name]
        assert drift["change"] == pytest.approx(later - earlier, abs=1e-6)
        assert drift["relative"] == pytest.approx((later - earlier) / earlier, abs=1e-5)
        assert drift["shared"] == pytest.approx(1 - 3 / LOOKBACK, abs=1e-4)
