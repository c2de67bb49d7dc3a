"""What a reader needs to find and open what an artifact was made of: other artifacts, and landed rows.

Nothing here knows ml_assets.
"""

import datetime as dt
import math

import numpy as np
import pandas as pd
import polars as pl

from ml_assets_tests import recomputed


def by_digest(roots):
    """The folder of each artifact by the SHA-256 of its value; of copies in several roots any one."""
    found = {}
    for root in roots:
        for path in sorted(root.rglob("manifest.json")):
            found[recomputed.manifest_of(path.parent)["files"][0]["sha256"]] = path.parent
    return found


def made_of_all(folder, asset, stored):
    return [
        stored[of["sha256"]] for of in recomputed.manifest_of(folder)["artifacts"] if of["asset"] == asset
    ]


def made_of(folder, asset, stored):
    (found,) = made_of_all(folder, asset, stored)
    return found


def closing_days(learned):
    """How many days after its own the last outcome of a day closes, among the rows of a training set."""
    rows = recomputed.table(learned, "training_set.parquet")
    closes = rows[recomputed.manifest_of(learned)["facts"]["contract"]["label_closes_at"]]
    late = pd.to_datetime(closes) - pd.to_datetime(rows["day"]) - pd.Timedelta(days=1)
    return max(0, math.ceil(late.max() / pd.Timedelta(days=1)))


def codes(rows, name):
    """A number for each entity; rows whose entity is not known are each their own."""
    if not name:
        return np.arange(len(rows))
    found = pd.factorize(rows[name])[0]
    return np.where(found < 0, -1 - np.arange(len(rows)), found)


def source_rows(uri, days):
    """The landed rows of these days."""
    files = [file for day in days for file in sorted(recomputed.Path(uri).glob(f"date={day}/*.parquet"))]
    parts = [
        pl.read_parquet(file, hive_partitioning=False).with_columns(
            day=dt.date.fromisoformat(file.parent.name[5:])
        )
        for file in files
    ]
    return pd.DataFrame(pl.concat(parts).to_dict(as_series=False))


def scores_again(model, learned, rows):
    """The scores that a stored model gives rows with its features."""
    file = recomputed.stored(model, "model.skops")
    fitted = recomputed.skops.io.load(file, trusted=recomputed.skops.io.get_untrusted_types(file=file))
    contract = recomputed.manifest_of(learned)["facts"]["contract"]
    return fitted.predict_proba(recomputed.matrix(rows, contract))[:, 1]
