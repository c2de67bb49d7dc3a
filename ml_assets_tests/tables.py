"""A small training table with a signal, missing values, and a category that the holdout alone has."""

import datetime as dt

import numpy as np
import polars as pl

from ml_assets.core.contract import DatasetContract

CONTRACT = DatasetContract(
    event_time="ts",
    label="y",
    label_closes_at="closes",
    ids=("id",),
    features=("country", "value", "flag", "empty"),
)


def training_table(rows=600):
    """`rows` rows over 60 days; the last 10 days are held out."""
    random = np.random.default_rng(7)
    day = [dt.date(2025, 1, 1) + dt.timedelta(days=int(i * 60 / rows)) for i in range(rows)]
    value, country = random.gamma(2, 30, rows), random.choice(["DE", "FR", "GB"], rows)
    odds = -1.5 + 0.02 * value + (country == "FR")
    label = (random.random(rows) < 1 / (1 + np.exp(-odds))).astype("int8")
    country[-5:] = "XX"
    return pl.DataFrame(
        {
            "day": day,
            "fold": ["holdout" if d > dt.date(2025, 2, 19) else "train" for d in day],
            "id": [str(i) for i in range(rows)],
            "ts": [dt.datetime.combine(d, dt.time(12)) for d in day],
            "closes": [dt.datetime.combine(d + dt.timedelta(days=5), dt.time(12)) for d in day],
            "y": label,
            "country": pl.Series(country.tolist()).scatter([3, 300], None),
            "value": pl.Series(value.tolist()).scatter([5, 400], None),
            "flag": (random.random(rows) < 0.5).astype(float),
            "empty": pl.Series([None] * rows, dtype=pl.Float64),
        }
    )
