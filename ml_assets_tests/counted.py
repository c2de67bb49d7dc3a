"""A pipeline that counts rows of a landing zone and declares no window, written in a folder of its own, as a user would."""

SOURCE = '''
import datetime as dt
from typing import Any

from pydantic import Field

from ml_assets import Metric, Parameters, Pipeline, Product, Rows
from ml_assets.errors import TrainingError


class Range(Parameters):
    """What decides a count."""

    source: str = Field("shop", pattern="^[a-z]{1,20}$", description="Where rows come from")
    days: int = Field(7, ge=1, le=60, description="Days of rows")
    preset: int = Field(0, ge=0, le=9, description="A parameter that is named like a word of a request file")


counted = Pipeline("counted", Range, path=("days",), metrics=[Metric("total", better="larger")])


@counted.asset
def count(params: Range, rows: Rows, as_of: dt.date) -> Product[dict[str, Any]]:
    """Rows of the last days."""
    first = as_of - dt.timedelta(days=params.days - 1)
    found = rows.scan("sales", source=params.source, first=first, last=as_of).collect().height
    if params.preset == 9:
        raise TrainingError("nobody counts so far")
    return Product({"rows": found}, metrics={"total": found})


defs = counted.definitions()
'''
