"""A test of two pages: nothing of it is promoted, nothing is ranked, and a table of constants takes no parameter."""

import datetime as dt
import zlib
from pathlib import Path
from typing import Any, Literal

import polars as pl

from ml_assets import Field, Parameters, Pipeline, Rows


class Trial(Parameters):
    """What decides what is looked at."""

    days: int = Field(5, ge=1, le=60, description="Days of visits")
    pages: list[Literal["old", "new"]] = Field(
        ["old", "new"], min_length=1, max_length=2, description="The pages"
    )


pages = Pipeline("pages", Trial)


@pages.sample(types={"page": "text", "bought": "boolean"})
def visits(first: dt.date, last: dt.date) -> pl.DataFrame:
    """50 visits a day, of either page."""
    rows = [
        (day, ("old", "new")[number % 2], zlib.crc32(f"{day}{number}".encode()) % 10 < 3 + number % 2)
        for day in (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
        for number in range(50)
    ]
    return pl.DataFrame(rows, {"day": pl.Date, "page": pl.String, "bought": pl.Boolean}, orient="row")


@pages.asset
def quantiles(as_of: dt.date) -> dict[str, float]:
    """Of the normal distribution; the same each day."""
    return {"0.95": 1.6448536269514722, "0.975": 1.959963984540054}


@pages.asset
def counts(params: Trial, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """Visits of each page, and how many of them bought."""
    first = as_of - dt.timedelta(days=params.days - 1)
    seen = rows.scan("visits", source="sample", first=first, last=as_of).filter(
        pl.col("page").is_in(params.pages)
    )
    found = seen.group_by("page").agg(
        visits=pl.len().cast(pl.Int64), bought=pl.col("bought").sum().cast(pl.Int64)
    )
    return found.sort("page").collect()


@pages.asset
def intervals(params: Trial, counts: pl.DataFrame, quantiles: dict[str, float]) -> list[dict[str, Any]]:
    """The share that bought, and the interval in which it is."""
    z, found = quantiles["0.975"], []
    for page, visits, bought in counts.iter_rows():
        share = bought / visits
        half = z * (share * (1 - share) / visits) ** 0.5
        found.append({"page": page, "share": share, "low": share - half, "high": share + half})
    return found


@pages.asset
def letter(params: Trial, intervals: list[dict[str, Any]], tmp: Path) -> Path:
    """A file for those who asked."""
    file = tmp / "letter.csv"
    file.write_text("\n".join(f"{item['page']},{item['share']:.4f}" for item in intervals))
    return file
