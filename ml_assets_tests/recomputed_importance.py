"""Which parameter decides the metric of a sweep, made again from the values and metrics of its trials."""

import numpy as np
import pandas as pd


def importance(values, metric):
    """The share of the variance over trials that each parameter explains alone; columns of `metric` are days."""
    metric = metric.loc[:, metric.max() > metric.min()]
    sizes = [values[name].nunique(dropna=False) for name in values]
    if sum(size > 1 for size in sizes) < 2 or len(values) < 4 or metric.empty:
        return None
    groups = {name: grouped(values[name]) for name in values}
    shares = [share(name, of, values[name], metric) for name, of in groups.items() if of is not None]
    return {
        "trials": len(values),
        "days": list(metric),
        "shares": sorted(shares, key=lambda item: (-round(item["mean"], 10), item["name"])),
        "left_out": [name for name, of in groups.items() if of is None],
        "agreement": agreement(pd.DataFrame([item["by_day"] for item in shares])),
        "full_grid": np.prod(sizes) == len(values) == len(values.drop_duplicates()),
    }


def grouped(column):
    """A group for each value where two trials have it on average, else at most five groups by the rank of numbers."""
    found, is_number = column.nunique(dropna=False), pd.api.types.is_numeric_dtype(column)
    if 2 * found <= len(column) and (found <= 10 or not is_number):
        return pd.Series(pd.factorize(column, sort=True)[0], column.index)
    if not is_number:
        return None
    count = max(2, min(5, int(column.notna().sum()) // 3))
    edges = np.quantile(column.dropna(), np.linspace(0, 1, count + 1)[1:-1])
    return pd.Series(np.searchsorted(edges, column), column.index).where(column.notna(), count)


def share(name, groups, column, metric):
    by_day, many = {}, groups.nunique()
    for day, y in metric.items():
        between = (y.groupby(groups).transform("mean") - y.mean()) ** 2
        by_day[day] = between.sum() / ((y - y.mean()) ** 2).sum()
    return {
        "name": name,
        "mean": sum(by_day.values()) / len(by_day),
        "by_day": by_day,
        "groups": many,
        "binned": many < column.nunique(dropna=False),
        "chance": (many - 1) / (len(column) - 1),
    }


def agreement(shares):
    """Kendall's W: rows are parameters, columns are days."""
    things, raters = shares.shape
    if min(things, raters) < 2:
        return None
    ranks = shares.round(10).rank()
    ties = sum((n**3 - n) for day in ranks for n in ranks[day].value_counts())
    whole = raters**2 * (things**3 - things) - raters * ties
    sums = ranks.sum(axis=1)
    return 12 * ((sums - sums.mean()) ** 2).sum() / whole if whole else None
