"""The load of a power grid by the weather: hourly rows of two data sets, each from a source of its own."""

import datetime as dt
import zlib
from typing import Any

import polars as pl
from pydantic import model_validator

from ml_assets import Field, Metric, Parameters, Pipeline, Product, Rows, refuse

NAME = r"^[a-z][a-z0-9_]{0,39}$"


class Hours(Parameters):
    """What decides the hours that are looked at."""

    grid_source: str = Field("sample", pattern=NAME, description="Where the load comes from")
    weather_source: str = Field("sample", pattern=NAME, description="Where the weather comes from")
    days: int = Field(8, ge=2, le=365, description="Days of both")


class Line(Hours):
    """What decides a line."""

    held_days: int = Field(2, ge=1, le=100, description="Days that it is measured on")
    slope_limit: float = Field(50.0, ge=0.0, le=1000.0, description="The steepest line")

    @model_validator(mode="after")
    def _some_days_are_left(self) -> "Line":
        if self.held_days >= self.days:
            raise refuse("held_days", "must be smaller than days", allowed="1 to days - 1")
        return self


grid = Pipeline("grid", Line, promotes="line", metrics=[Metric("off_by", better="smaller", over="held_days")])


@grid.sample(event_time="at", types={"megawatts": "integer"})
def load(first: dt.date, last: dt.date) -> pl.DataFrame:
    """More load where it is cold."""
    rows = [
        (at.date(), at, 900 - 20 * _degrees(at) + zlib.crc32(f"{at}".encode()) % 30)
        for at in _hours(first, last)
    ]
    return pl.DataFrame(rows, {"day": pl.Date, "at": pl.Datetime("us"), "megawatts": pl.Int64}, orient="row")


@grid.sample(event_time="at", types={"degrees": "integer"})
def weather(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Warm by day."""
    rows = [(at.date(), at, _degrees(at)) for at in _hours(first, last)]
    return pl.DataFrame(rows, {"day": pl.Date, "at": pl.Datetime("us"), "degrees": pl.Int64}, orient="row")


@grid.asset
def hours(params: Hours, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """Load and degrees of each hour."""
    first = as_of - dt.timedelta(days=params.days - 1)
    loads = rows.scan("load", source=params.grid_source, first=first, last=as_of)
    degrees = rows.scan("weather", source=params.weather_source, first=first, last=as_of).drop("day")
    return loads.join(degrees, on="at").sort("at").collect()


@grid.asset
def line(params: Line, hours: pl.DataFrame, as_of: dt.date) -> dict[str, float]:
    """Megawatts by degrees: worked out in whole numbers, up to the last division."""
    known = hours.filter(pl.col("day") <= as_of - dt.timedelta(days=params.held_days))
    pairs = list(known.select("degrees", "megawatts").iter_rows())
    n, x, y = len(pairs), sum(a for a, _ in pairs), sum(b for _, b in pairs)
    spread = n * sum(a * a for a, _ in pairs) - x * x
    slope = (n * sum(a * b for a, b in pairs) - x * y) / spread if spread else 0.0
    slope = max(-params.slope_limit, min(params.slope_limit, slope))
    return {"slope": slope, "start": (y - slope * x) / n}


@grid.asset
def backtest(
    params: Line, hours: pl.DataFrame, line: dict[str, float], as_of: dt.date
) -> Product[dict[str, Any]]:
    """How far off the line is on the days that it has not seen."""
    held = hours.filter(pl.col("day") > as_of - dt.timedelta(days=params.held_days))
    off = [
        abs(line["start"] + line["slope"] * a - b) for a, b in held.select("degrees", "megawatts").iter_rows()
    ]
    if not off:
        return Product({"hours": 0}, facts={"not_measured": {"off_by": "the last days have no rows"}})
    return Product({"hours": len(off)}, metrics={"off_by": round(sum(off) / len(off), 6)})


def _hours(first: dt.date, last: dt.date) -> list[dt.datetime]:
    start = dt.datetime.combine(first, dt.time())
    return [start + dt.timedelta(hours=n) for n in range(24 * ((last - first).days + 1))]


def _degrees(at: dt.datetime) -> int:
    return 5 + zlib.crc32(f"{at:%j}".encode()) % 10 - abs(at.hour - 14) // 2
