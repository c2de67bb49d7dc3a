"""Segments of customers: KMeans over what they buy, with two threads, and a page that says what each segment is."""

import datetime as dt
import zlib
from typing import Any, Literal

import polars as pl
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from ml_assets import Estimator, Field, Metric, Parameters, Pipeline, Product, Rows


class Customers(Parameters):
    """What decides which purchases count."""

    source: str = Field("sample", pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Where rows come from")
    country: Literal["at", "ch", "de"] = Field("at", description="Where customers live")
    days: int = Field(10, ge=1, le=400, description="Days of purchases")


class Segments(Customers):
    """What decides segments."""

    segments: int = Field(3, ge=2, le=20, description="How many there are")
    scaled: bool = Field(True, description="Whether each column counts alike")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of where segments begin")


segments = Pipeline(
    "segments",
    Segments,
    path=("country", "segments"),
    promotes="model",
    metrics=[Metric("inertia", better="smaller"), Metric("silhouette", better="larger", margin=0.02)],
)


@segments.sample(types={"country": "text", "customer": "text", "pieces": "integer", "cents": "integer"})
def purchases(first: dt.date, last: dt.date) -> pl.DataFrame:
    """30 customers in each of three countries; each is one of three kinds."""
    rows = []
    for day in (first + dt.timedelta(days=n) for n in range((last - first).days + 1)):
        for customer in range(90):
            dice = zlib.crc32(f"{day} {customer}".encode())
            pieces = 1 + dice % 3 + 6 * (customer % 3)
            rows.append(
                (day, ("at", "ch", "de")[customer // 30], f"c{customer}", pieces, pieces * (90 + dice % 40))
            )
    schema = {
        "day": pl.Date,
        "country": pl.String,
        "customer": pl.String,
        "pieces": pl.Int64,
        "cents": pl.Int64,
    }
    return pl.DataFrame(rows, schema, orient="row")


@segments.asset
def customers(params: Customers, rows: Rows, as_of: dt.date) -> pl.DataFrame:
    """What each customer bought: whole numbers, whose sums are the same in any order."""
    first = as_of - dt.timedelta(days=params.days - 1)
    bought = rows.scan("purchases", source=params.source, first=first, last=as_of)
    bought = bought.filter(country=params.country)
    return bought.group_by("customer").agg(pl.col("pieces", "cents").sum()).sort("customer").collect()


@segments.asset(threads=2)
def model(params: Segments, customers: pl.DataFrame) -> Estimator:
    """The fitted segments."""
    points = _points(customers, params)
    return KMeans(params.segments, n_init=2, random_state=params.seed).fit(points)


@segments.asset
def sizes(params: Segments, customers: pl.DataFrame, model: Estimator) -> Product[pl.DataFrame]:
    """How many customers each segment has, and how well segments are apart."""
    points = _points(customers, params)
    found = model.predict(points)
    table = customers.with_columns(segment=pl.Series(found, dtype=pl.Int64))
    grouped = table.group_by("segment").agg(pl.len().cast(pl.Int64).alias("customers"), pl.col("cents").sum())
    apart = round(float(silhouette_score(points, found)), 6)
    centers = pl.DataFrame(model.cluster_centers_, ["pieces", "cents"])
    return Product(
        grouped.sort("segment"),
        attachments={"centers.parquet": centers},
        metrics={"inertia": round(float(model.inertia_), 6), "silhouette": apart},
    )


@segments.asset
def page(params: Segments, sizes: pl.DataFrame) -> str:
    """The segments, to be read."""
    lines = [
        f"- {segment}: {customers} customers, {cents / 100:.2f} EUR"
        for segment, customers, cents in sizes.iter_rows()
    ]
    return "\n".join([f"# Segments in {params.country}", "", *lines, ""])


@segments.check(blocking=True)
def no_segment_is_empty(sizes: pl.DataFrame, params: Segments) -> bool:
    """Each segment has customers."""
    return sizes.height == params.segments


def _points(customers: pl.DataFrame, params: Segments) -> Any:
    numbers = customers.select(pl.col("pieces", "cents").cast(pl.Float64))
    return (numbers.select(pl.all() / pl.all().max()) if params.scaled else numbers).to_numpy()
