"""A forecast of how many pieces a shop sells each day: a whole pipeline in one file.

Each function below makes one asset. What it depends on is what it takes: the parameters of its class, rows, the day,
and the assets whose names its arguments have.
"""

import datetime as dt
import zlib
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import model_validator

from ml_assets import Field, Frame, Metric, Parameters, Pipeline, Product, Rows, Verdict, refuse, used_when

DAYS = 28  # of a forecast, and of a backtest
WEEK = (96, 92, 95, 101, 118, 140, 71)  # pieces that the sample sells from Monday to Sunday


class Series(Parameters):
    """What decides the history."""

    source: str = Field("sample", pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Where rows come from")
    shop: Literal["north", "south"] = Field("north", description="Which shop")
    weeks: int = Field(52, ge=8, le=520, description="Weeks of history")


class Forecast(Series):
    """What decides a forecast."""

    method: Literal["naive", "ets", "both"] = Field("naive", description="How the future is drawn")
    season: Annotated[int, used_when(method=("ets", "both"))] = Field(
        7, ge=2, le=366, description="Days of a season"
    )

    @model_validator(mode="after")
    def _seasons_fit(self) -> "Forecast":
        most = (7 * self.weeks - DAYS) // 2
        if self.season > most:
            raise refuse(
                "season", "must fit twice into the weeks before the backtest", allowed=f"2 to {most}"
            )
        return self


demand = Pipeline(
    "demand",
    Forecast,
    path=("method", "shop"),
    promotes="forecast",
    metrics=[Metric("mape", better="smaller", margin=0.01, over="28 days")],
)


@demand.sample(types={"shop": "text", "pieces": "integer"})
def sales(first: dt.date, last: dt.date) -> Frame:
    """What two shops sell at three tills: a day is the same whenever it is asked for."""
    import polars as pl

    days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    rows = [
        (day, shop, WEEK[day.weekday()] // size + zlib.crc32(f"{day} {shop} {till}".encode()) % 25)
        for day in days
        for shop, size in (("north", 3), ("south", 5))
        for till in range(3)
    ]
    return pl.DataFrame(rows, {"day": pl.Date, "shop": pl.String, "pieces": pl.Int64}, orient="row")


@demand.asset(window=lambda params: {"sales": 7 * params.weeks})
def history(params: Series, rows: Rows, as_of: dt.date) -> Frame:
    """Pieces that the shop sold each day up to as_of: whole numbers, whose sums are the same in any order."""
    first = as_of - dt.timedelta(weeks=params.weeks)
    sold = rows.scan("sales", source=params.source, first=first, last=as_of).filter(shop=params.shop)
    daily = sold.select("day", "pieces").group_by("day").sum().sort("day").collect()
    if daily.is_empty():
        raise ValueError(
            f"{params.shop}: nothing was sold from {first} to {as_of}. Land its rows, or use another day."
        )
    return daily.upsample("day", every="1d").fill_null(0)  # a day without rows is one without sales


@demand.asset
def forecast(params: Forecast, history: Frame) -> dict[str, Any]:
    """The next four weeks."""
    drawn = _draw(history["pieces"].to_list(), params)
    last: dt.date = history["day"].item(-1)
    days = [str(last + dt.timedelta(days=n)) for n in range(1, DAYS + 1)]
    return {
        "shop": params.shop,
        "method": params.method,
        "days": [{"day": day, "pieces": pieces} for day, pieces in zip(days, drawn, strict=True)],
    }


@demand.asset
def accuracy(params: Forecast, history: Frame) -> Product[dict[str, Any]]:
    """A backtest on the last four weeks, and its picture."""
    past, held = history.head(-DAYS), history.tail(DAYS)
    sold, drawn = held["pieces"].to_list(), _draw(past["pieces"].to_list(), params)
    measured = {"mape": _mape(sold, drawn), "mape.week1": _mape(sold[:7], drawn[:7])}
    document = {"first": str(held["day"].item(0)), "sold": sold, "drawn": drawn, **measured}
    metrics = {name: value for name, value in measured.items() if value is not None}
    facts = {} if "mape" in metrics else {"not_measured": {"mape": "nothing was sold in these weeks"}}
    picture = {"errors.png": _picture(sold, drawn)}
    return Product(document, metrics=metrics, facts=facts, attachments=picture)


@demand.check(blocking=False)
def enough_rows(history: Frame) -> Verdict:
    """At least eight weeks."""
    return Verdict(history.height >= 2 * DAYS, f"{history.height} days, at least {2 * DAYS}")


def _draw(sold: Sequence[int], params: Forecast) -> list[float]:
    """The pieces of each of the next days, as far as anybody would read them."""
    if len(sold) < max(2 * params.season, 14):
        raise ValueError(
            f"{params.shop}: {len(sold)} days of sales are too few to draw from. Wait, or use another shop."
        )
    futures = []
    if params.method in ("naive", "both"):
        futures.append(_naive(sold))
    if params.method in ("ets", "both"):
        futures.append(_ets(sold, params.season))
    return [round(sum(day) / len(day), 1) for day in zip(*futures, strict=True)]


def _naive(sold: Sequence[int]) -> list[float]:
    """Each week is like the last one."""
    return [float(sold[-7 + n % 7]) for n in range(DAYS)]


def _ets(sold: Sequence[int], season: int) -> list[float]:
    """Exponential smoothing of a level and a season that add up; what is sold is never less than nothing."""
    import numpy as np

    try:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing
    except ImportError:
        raise ValueError(
            "method ets needs a package that is not installed. Install it: pip install 'ml-assets[forecast]'."
        ) from None
    series = [float(pieces) for pieces in sold]
    model = ExponentialSmoothing(
        series, seasonal="add", seasonal_periods=season, initialization_method="heuristic"
    )
    with np.errstate(divide="ignore"):  # the logarithm of the errors, where there are none
        drawn = model.fit().forecast(DAYS)
    return [max(0.0, float(pieces)) for pieces in drawn]


def _mape(sold: Sequence[int], drawn: Sequence[float]) -> float | None:
    """How far off a forecast is, as a part of what was sold, in the mean of the days on which something was."""
    parts = [abs(guess - pieces) / pieces for pieces, guess in zip(sold, drawn, strict=True) if pieces]
    return round(sum(parts) / len(parts), 4) if parts else None


def _picture(sold: Sequence[int], drawn: Sequence[float]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(1, DAYS + 1), sold, label="sold")
    axes.plot(range(1, DAYS + 1), drawn, label="drawn four weeks before")
    axes.set(xlabel="day of the backtest", ylabel="pieces", ylim=(0, None))
    axes.legend()
    return figure
