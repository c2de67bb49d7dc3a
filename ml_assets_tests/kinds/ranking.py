"""What to show a customer next: items ranked by what others looked at, held against the views of the last day."""

import datetime as dt
import math
import zlib
from typing import Annotated, Any, Literal

import polars as pl

from ml_assets import Field, Metric, Parameters, Pipeline, Product, Rows, Verdict, used_when


class Views(Parameters):
    """What decides which views count."""

    source: str = Field("sample", pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Where rows come from")
    days: int = Field(14, ge=3, le=365, description="Days of views")


class Ranking(Views):
    """What decides a ranking."""

    rank_by: Literal["count", "decay"] = Field("decay", description="What a view is worth")
    half_life: Annotated[float, used_when(rank_by="decay")] = Field(
        4.0, gt=0, le=100, description="Days after which a view is worth half"
    )
    top: int = Field(5, ge=1, le=50, description="Items that are shown")
    boosts: dict[str, Annotated[float, Field(ge=0, le=9)]] = Field(
        {}, description="By what views of an item are multiplied"
    )


ranking = Pipeline(
    "ranking",
    Ranking,
    path=("rank_by",),
    promotes="items",
    metrics=[Metric("hit_rate", better="larger", margin=0.02), Metric("ndcg", better="larger")],
)


@ranking.sample(types={"customer": "text", "item": "text"})
def views(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Views of 12 items by 20 customers: what is looked at moves on from day to day."""
    rows = [
        (
            day,
            f"c{customer}",
            f"i{(zlib.crc32(f'{day}{customer}{n}'.encode()) % 7 + day.toordinal() // 5) % 12}",
        )
        for day in (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
        for customer in range(20)
        for n in range(3)
    ]
    return pl.DataFrame(rows, {"day": pl.Date, "customer": pl.String, "item": pl.String}, orient="row")


@ranking.asset
def counts(params: Views, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """How often each item was looked at on each day."""
    first = as_of - dt.timedelta(days=params.days - 1)
    seen = rows.scan("views", source=params.source, first=first, last=as_of)
    return (
        seen.group_by("day", "item").agg(pl.len().cast(pl.Int64).alias("views")).sort("day", "item").collect()
    )


@ranking.asset
def items(params: Ranking, counts: pl.DataFrame, as_of: dt.date) -> dict[str, Any]:
    """The items, the best first, as they are shown on the next day."""
    return {"day": str(as_of + dt.timedelta(days=1)), "items": _ranked(counts, params, as_of)[: params.top]}


@ranking.asset
def quality(params: Ranking, counts: pl.DataFrame, as_of: dt.date) -> Product[dict[str, Any]]:
    """How good a ranking of the day before would have been for what was looked at on the last day."""
    before = as_of - dt.timedelta(days=1)
    shown = _ranked(counts.filter(pl.col("day") <= before), params, before)[: params.top]
    seen = dict(counts.filter(pl.col("day") == as_of).select("item", "views").iter_rows())
    total = sum(seen.values())
    if not total:
        return Product(
            {"shown": shown}, facts={"not_measured": dict.fromkeys(("hit_rate", "ndcg"), "nobody looked")}
        )
    best = sorted(seen.values(), reverse=True)[: params.top]
    gain = _discounted([seen.get(item, 0) for item in shown]) / _discounted(best)
    hits = sum(seen.get(item, 0) for item in shown) / total
    return Product(
        {"shown": shown, "views": total}, metrics={"hit_rate": round(hits, 6), "ndcg": round(gain, 6)}
    )


@ranking.check
def something_is_shown(items: dict[str, Any]) -> Verdict:
    """At least one item."""
    return Verdict(bool(items["items"]), f"{len(items['items'])} items")


def _ranked(counts: pl.DataFrame, params: Ranking, as_of: dt.date) -> list[str]:
    worth: dict[str, float] = {}
    for day, item, views in counts.iter_rows():
        age = (as_of - day).days
        weight = 0.5 ** (age / params.half_life) if params.rank_by == "decay" else 1.0
        worth[item] = worth.get(item, 0.0) + weight * views * params.boosts.get(item, 1.0)
    return sorted(worth, key=lambda item: (-round(worth[item], 9), item))


def _discounted(gains: list[int]) -> float:
    return math.fsum(gain / math.log2(place + 2) for place, gain in enumerate(gains))
