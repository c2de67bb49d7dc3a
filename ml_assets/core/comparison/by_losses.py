"""A candidate against a reference row by row: what gives the metrics may attach what each row adds to them."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from ml_assets.core.comparison.by_days import Paired
from ml_assets.core.point_in_time import DAY

if TYPE_CHECKING:  # loading it takes longer than all of the definitions
    import polars as pl

LOSSES = "losses.parquet"  # the attachment: `day` of the event, ids, and one column a metric, whose mean is the metric
ENTITY = "entity"  # the id whose rows belong together
OTHER = " of the other"  # what no column of one's own ends with


def pairs_by_row(
    candidate: "Mapping[dt.date, pl.DataFrame]",
    reference: "Mapping[dt.date, pl.DataFrame]",
    *,
    metrics: Collection[str],
) -> dict[str, Paired]:
    """Each metric on the rows that both have: of a row that was measured on several days, the latest counts.

    Args:
        candidate: its losses by as_of.
        reference: those of the other one; rows are found again by `day` and ids.
        metrics: those that are looked for; what else is a column is an id.
    """
    import polars as pl

    tables = [
        _joined(candidate[day], reference[day], metrics)
        for day in sorted(candidate.keys() & reference.keys())
    ]
    if not tables or any(table.columns != tables[0].columns for table in tables):
        return {}
    keys = [name for name in tables[0].columns if name.removesuffix(OTHER) not in metrics]
    rows = pl.concat(tables).unique(keys, keep="last", maintain_order=True).sort(keys)
    return {
        metric: _paired(rows.drop_nulls([metric, f"{metric}{OTHER}"]), metric)
        for metric in metrics
        if metric in rows.columns
    }


def _joined(own: "pl.DataFrame", other: "pl.DataFrame", metrics: Collection[str]) -> "pl.DataFrame":
    """The rows of one as_of that both have; what day and ids do not tell apart is left out."""
    keys = [name for name in own.columns if name not in metrics and name in other.columns]
    one, two = (table.unique(keys, keep="none", maintain_order=True) for table in (own, other))
    return one.join(two, on=keys, how="inner", suffix=OTHER, nulls_equal=True, maintain_order="left")


def _paired(rows: "pl.DataFrame", metric: str) -> Paired:
    import numpy as np

    units = rows[ENTITY].rank("dense").to_numpy() if ENTITY in rows.columns else np.arange(rows.height)
    return Paired(
        own=rows[metric].cast(float).to_numpy(),
        other=rows[f"{metric}{OTHER}"].cast(float).to_numpy(),
        day=rows[DAY].dt.epoch("d").to_numpy() + dt.date(1970, 1, 1).toordinal(),
        entity=units,
    )
