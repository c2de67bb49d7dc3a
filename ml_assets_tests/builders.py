"""Small, sound landing zones for tests: deterministic rows, outcomes that close 30 days after the order."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from ml_assets.pipeline import day as day_module
from ml_assets.pipelines.tabular import TrainingParameters, tabular

FIRST = dt.date(2025, 5, 1)
LAST = dt.date(2025, 8, 31)

ORDERS_TOML = """\
event_time = "order_ts"
label = "returned_30d"
label_closes_at = "returned_30d_closes_at"
ids = ["order_id"]
features = ["country", "n_lines", "order_value", "days_since_prev"]
"""


def order_day(day: dt.date, *, rows: int = 8) -> pl.DataFrame:
    """Rows of one day, with both classes; larger orders are returned more often. `extra` is in no contract."""
    places = range(rows)
    mix = [(7 * place + 3 * day.toordinal()) % 11 for place in places]
    event = [dt.datetime.combine(day, dt.time(8, place % 60)) for place in places]
    return pl.DataFrame(
        {
            "order_id": [f"{day:%Y%m%d}-{place:03d}" for place in places],
            "order_ts": event,
            "country": [("France", "Spain", "Italy")[m % 3] for m in mix],
            "n_lines": [1 + m for m in mix],
            "order_value": [
                round(10.25 + 3.5 * m + place / 4, 2) for place, m in zip(places, mix, strict=True)
            ],
            "days_since_prev": [None if m == 2 else 2 * m for m in mix],
            "returned_30d": [
                int(m > 6 or place == 0) if place != 1 else 0 for place, m in zip(places, mix, strict=True)
            ],
            "returned_30d_closes_at": [time + dt.timedelta(days=30) for time in event],
            "extra": ["not read"] * rows,
        },
        schema_overrides={"returned_30d": pl.Int8, "days_since_prev": pl.Int32, "n_lines": pl.Int32},
    )


def order_days(first: dt.date = FIRST, last: dt.date = LAST, *, rows: int = 8) -> dict[dt.date, pl.DataFrame]:
    """`order_day` for each day from `first` to `last`, both included."""
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    return {day: order_day(day, rows=rows) for day in days}


def write_landing(
    root: Path,
    dataset: str = "orders",
    rows_by_day: Mapping[dt.date, pl.DataFrame] | None = None,
    *,
    format: str = "parquet",  # noqa: A002 - what polars and people call it
    toml: str = ORDERS_TOML,
) -> Path:
    """Land each day's rows as one file, `part.parquet` or `part.csv`, beside dataset.toml. Returns `root`."""
    for day, table in (order_days() if rows_by_day is None else rows_by_day).items():
        land(root, day, table, dataset=dataset, name=f"part.{format}")
    (root / dataset).mkdir(parents=True, exist_ok=True)
    (root / dataset / "dataset.toml").write_text(toml, encoding="utf-8")
    return root


def land(
    root: Path,
    day: dt.date,
    content: pl.DataFrame | bytes,
    *,
    dataset: str = "orders",
    name: str = "part.parquet",
) -> Path:
    """Write one file of one day: rows, in the format that its name says, or bytes as they are. Returns its path.

    It is always a new file: what lay there may be shared by hard links.
    """
    path = root / dataset / f"date={day}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif path.suffix == ".csv":
        content.write_csv(path)
    else:
        content.write_parquet(path)
    return path


def other_code(monkeypatch, asset, *, version="0" * 12):
    """Another version of the code of an asset of the shipped pipeline; the version that it had."""
    real = day_module.code_of
    before = real(tabular.assets[asset], tabular.identity(TrainingParameters(), asset))
    other = replace(before, version=version)
    monkeypatch.setattr(
        day_module, "code_of", lambda kind, values: other if kind.name == asset else real(kind, values)
    )
    return before.version
