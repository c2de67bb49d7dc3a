"""Orders and customers of a made-up shop: seasonal, slowly drifting rows of any day, so that a fresh clone needs no data.

Rows of a day come from that day's own uniform draws and from hashes of its customers, so a day is the same in every
window, process and year it is asked for. Numbers are rounded, so that their bytes do not hang on the last bit of a
logarithm.

Customers come back: a customer has episodes of some weeks, in which most of what is known of it stays as it is, and so
does much of what becomes of it. A model that has seen outcomes of an episode knows the others of it: learned from
outcomes that were not known yet, it looks better than it is.
"""

# ruff: noqa: PLR2004 - the numbers below are the made-up world itself

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

from ml_assets.pipelines.tabular.episodes import Episodes, Numbers
from ml_assets.sources.sample import days_between

_SECONDS_A_DAY = 86_400
_YEAR = 365.25
_DRIFT_YEARS = 9.0
_CENTRE = dt.date(2020, 1, 1).toordinal()
_COUNTRIES = ("United Kingdom", "Germany", "France", "Netherlands", "Spain", "Ireland")
_COUNTRY_ODDS = (0.0, 0.55, -0.25, 0.25, -0.45, 0.1)
_COUNTRY_SHARES = (0.46, 0.18, 0.14, 0.09, 0.08, 0.05)
_CHANNELS = ("web", "app", "social", "phone")
_CHANNEL_SHARES = (0.48, 0.28, 0.16, 0.08)
_WEEKDAYS = (1.06, 1.04, 1.05, 1.08, 1.04, 0.82, 0.78)


def orders(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Orders, some of which are returned within 30 days."""
    return _made("orders", first, last)


def customers(first: dt.date, last: dt.date) -> pl.DataFrame:
    """Customers on some day, some of whom do not order within 90 days."""
    return _made("customers", first, last)


def _made(dataset: str, first: dt.date, last: dt.date) -> pl.DataFrame:
    days = days_between(first, last)
    draws = [_draws(dataset, day) for day in days] or [np.empty((0, _COLUMNS))]
    ordinals = np.repeat([day.toordinal() for day in days], [len(d) for d in draws[: len(days)]])
    place = np.concatenate([np.arange(len(d)) for d in draws])
    visits = _EPISODES[dataset].visits(ordinals.astype(np.int64), place, np.concatenate(draws))
    return _MAKERS[dataset](_Rows(ordinals.astype(np.int64), place, *visits))


_COLUMNS = 15
_EPISODES_LUCK, _SLOT, _OWN_LUCK = 12, 13, 14


_EPISODES: Mapping[str, Episodes] = {
    "orders": Episodes(
        slots=400,
        column=_SLOT,
        shortest=21,
        longest=31,
        by_customer=(2,),
        by_episode=(3, 4, 5, 6, 8, 10, _EPISODES_LUCK),
    ),
    "customers": Episodes(
        slots_of_a_place=10,
        column=_SLOT,
        shortest=60,
        longest=90,
        by_customer=(0,),
        by_episode=(1, 2, 6, 7, _EPISODES_LUCK),
    ),
}


@dataclass(frozen=True)
class _Rows:
    """Rows to make: the day of each (proleptic ordinal), its place within the day, its uniform draws, its customer."""

    day: Numbers
    place: Numbers
    uniform: Numbers
    customer: Numbers
    days_into_episode: Numbers

    def __getitem__(self, column: int) -> Numbers:
        return np.asarray(self.uniform[:, column])

    def exponential(self, column: int, mean: float | Numbers) -> Numbers:
        return np.asarray(-np.log1p(-self[column]) * mean)

    def bell(self, column: int) -> Numbers:
        """Logistic noise with a standard deviation of about 1."""
        bounded = np.clip(self[column], 1e-9, 1 - 1e-9)
        return np.asarray(np.log(bounded / (1 - bounded)) * 0.55)

    def choose(self, column: int, shares: Sequence[float]) -> Numbers:
        """Index of a share, with that probability."""
        return np.minimum(np.searchsorted(np.cumsum(shares), self[column], side="right"), len(shares) - 1)

    @property
    def drift(self) -> Numbers:
        """From -1 to 1, back and forth over years."""
        return np.asarray(np.sin(2 * np.pi * (self.day - _CENTRE) / (_YEAR * _DRIFT_YEARS)))

    @property
    def season(self) -> Numbers:
        """From -1 in summer to 1 at the turn of the year."""
        return np.asarray(np.cos(2 * np.pi * (self.day - _CENTRE) / _YEAR))


@lru_cache(maxsize=1024)
def _draws(dataset: str, day: dt.date) -> Numbers:
    """The uniform draws of one day, a row for each row to make; the same for ever."""
    key = int.from_bytes(hashlib.sha256(f"{dataset}/{day.isoformat()}".encode()).digest()[:16], "big")
    generator = np.random.Generator(np.random.Philox(key=key))
    draws = generator.random((_count(dataset, day, generator.random()), _COLUMNS))
    draws.flags.writeable = False  # it is shared by all windows that hold the day
    return draws


def _count(dataset: str, day: dt.date, luck: float) -> int:
    if dataset == "customers":
        return 38 + int(luck * 6)
    before_christmas = np.exp(-(((day.timetuple().tm_yday - 340) / 16) ** 2))
    return int(64 * _WEEKDAYS[day.weekday()] * (0.96 + 0.08 * luck) * (1 + 0.25 * before_christmas))


def _orders(rows: _Rows) -> pl.DataFrame:
    country, channel = rows.choose(2, _COUNTRY_SHARES), rows.choose(10, _CHANNEL_SHARES)
    lines = np.maximum(
        1 + np.floor(rows.exponential(3, 7)) + np.floor(rows[1] * 3 + 0.5 * rows.season) - 1, 1
    )
    units = lines * (1 + np.floor(rows.exponential(4, 2.5)))
    order = 1 + np.floor(rows.exponential(8, 3)) + np.floor(rows.days_into_episode / 10)
    numbers = {
        "n_lines": lines,
        "n_units": units,
        "order_value": np.round(units * np.exp(1.1 + 0.12 * rows.drift + 0.6 * rows.bell(5)), 2),
        "discount": np.where(rows[6] < 0.55, 0.0, np.round(0.05 * np.ceil((rows[6] - 0.55) / 0.45 * 8), 2)),
        "is_gift": (rows[7] < 0.12 + 0.05 * rows.season).astype(np.float64),
        "order_seq": order,
        "days_since_prev": np.where(order > 1, 1 + np.floor(rows.exponential(9, 20)), np.nan),
    }
    odds = _return_odds(rows, country=country, channel=channel, numbers=numbers)
    return _order_table(rows, country=country, channel=channel, numbers=numbers, odds=odds)


def _return_odds(
    rows: _Rows, *, country: Numbers, channel: Numbers, numbers: Mapping[str, Numbers]
) -> Numbers:
    lines, _, value, discount, gift, order, since = numbers.values()
    return np.asarray(
        -2.1
        + np.asarray(_COUNTRY_ODDS)[country]
        + 0.3 * np.log(value / 30)
        + 1.0 * discount
        - 0.35 * np.log(order)
        + 1.6 * (channel == 2) * (discount > 0.15)
        - 1.1 * gift * (lines < 6)
        + 1.5 * (order == 1) * (value > 120)
        + 0.8 * (np.nan_to_num(since, nan=30.0) < 7) * (channel < 2)
        + 0.9 * (np.abs(lines - 9) < 3) * (country < 2)
        + 0.2 * rows.drift
        + 0.15 * rows.season
    )


def _order_table(
    rows: _Rows, *, country: Numbers, channel: Numbers, numbers: Mapping[str, Numbers], odds: Numbers
) -> pl.DataFrame:
    table = _table(rows, country=country, numbers=numbers, returned_30d=_happens(rows, odds))
    seconds = pl.Series((8 * 3600 + np.floor(rows[0] * 12 * 3600)).astype(np.int64))
    event = pl.col("day").cast(pl.Datetime("us")) + pl.duration(seconds=pl.lit(seconds))
    return table.with_columns(
        pl.Series("channel", _CHANNELS).gather(channel),
        _customer_ids(rows),
        pl.format("{}-{}", pl.col("day").dt.to_string("%Y%m%d"), pl.Series(1000 + rows.place)).alias(
            "order_id"
        ),
        event.alias("order_ts"),
        (event + pl.duration(days=30)).alias("returned_30d_closes_at"),
    )


def _customers(rows: _Rows) -> pl.DataFrame:
    country = rows.choose(0, _COUNTRY_SHARES)
    gap = np.exp(3.7 + 0.75 * rows.bell(1) - 0.15 * rows.season)  # days between two orders of this customer
    tenure = 1 + np.floor(rows[2] * 650) + rows.days_into_episode
    recency = np.floor(np.minimum(rows.exponential(3, gap * 1.15), tenure - 1))
    in_30d, in_90d = _recent_orders(rows, gap=gap, tenure=tenure, recency=recency)
    orders = np.maximum(in_90d + np.floor(np.maximum(tenure - 90, 0) / gap * (0.5 + rows[6])), 1)
    average = np.round(np.exp(3.6 + 0.1 * rows.drift + 0.5 * rows.bell(7)), 2)
    numbers = {
        "n_orders": orders,
        "total_value": np.round(orders * average, 2),
        "avg_value": average,
        "recency_days": recency,
        "tenure_days": tenure,
        "orders_30d": in_30d,
        "value_30d": np.round(in_30d * average * (0.8 + 0.4 * rows[8]), 2),
        "orders_90d": in_90d,
        "value_90d": np.round(in_90d * average * (0.8 + 0.4 * rows[8]), 2),
        "n_returns": np.floor(rows.exponential(9, 0.12) * orders),
    }
    odds = _churn_odds(rows, country=country, gap=gap, numbers=numbers)
    return _customer_table(rows, country=country, numbers=numbers, odds=odds)


def _recent_orders(
    rows: _Rows, *, gap: Numbers, tenure: Numbers, recency: Numbers
) -> tuple[Numbers, Numbers]:
    """Orders in the last 30 and 90 days, in keeping with the day of the last one."""
    in_30d = np.where(recency < 30, 1 + np.floor(rows.exponential(4, 1) * (30 - recency) / gap), 0.0)
    open_days = np.clip(np.minimum(tenure, 90) - np.maximum(recency, 30), 0, 60)
    earlier = np.floor(rows.exponential(5, 1) * open_days / gap)
    return in_30d, np.where(recency < 90, np.maximum(in_30d + earlier, 1), 0.0)


def _churn_odds(rows: _Rows, *, country: Numbers, gap: Numbers, numbers: Mapping[str, Numbers]) -> Numbers:
    orders, average, recency = numbers["n_orders"], numbers["avg_value"], numbers["recency_days"]
    late = recency / gap  # how long the customer is overdue, by the customer's own measure
    return np.asarray(
        -0.75
        - 0.6 * np.asarray(_COUNTRY_ODDS)[country]
        + 0.4 * np.log(gap / 40)
        + 0.35 * np.minimum(late, 3)
        - 0.2 * np.log(orders)
        + 1.5 * (orders <= 2) * (recency > 30)
        - 1.3 * (average > 40) * (recency < 20)
        + 1.2 * (average < 30) * (orders > 6)
        + 0.2 * rows.drift
        - 0.2 * rows.season
    )


def _customer_table(
    rows: _Rows, *, country: Numbers, numbers: Mapping[str, Numbers], odds: Numbers
) -> pl.DataFrame:
    table = _table(rows, country=country, numbers=numbers, churn_90d=_happens(rows, odds))
    end = (pl.col("day") + pl.duration(days=1)).cast(pl.Datetime("us"))
    ago = numbers["recency_days"] * _SECONDS_A_DAY + 1 + np.floor(rows[10] * (_SECONDS_A_DAY - 2))
    return table.with_columns(
        _customer_ids(rows),
        (end - pl.duration(seconds=pl.lit(pl.Series(ago.astype(np.int64))))).alias("last_order_ts"),
        (end + pl.duration(days=90)).alias("churn_90d_closes_at"),
    )


def _table(
    rows: _Rows, *, country: Numbers, numbers: Mapping[str, Numbers], **label: Numbers
) -> pl.DataFrame:
    days = pl.Series("day", rows.day - dt.date(1970, 1, 1).toordinal(), dtype=pl.Int32).cast(pl.Date)
    floats = [pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in numbers.items()]
    labels = [pl.Series(name, values) for name, values in label.items()]
    return pl.DataFrame([days, pl.Series("country", _COUNTRIES).gather(country), *floats, *labels])


def _customer_ids(rows: _Rows) -> pl.Expr:
    numbers = pl.Series((10_000 + rows.customer).astype(np.int64))
    return pl.lit(numbers).cast(pl.String).alias("customer_id")


def _happens(rows: _Rows, odds: Numbers) -> Numbers:
    """Outcomes, in an episode mostly by one luck: so they go together, and are each as likely as the odds say."""
    luck = np.where(rows[_OWN_LUCK] < 0.1, rows[11], rows[_EPISODES_LUCK])
    return np.asarray(luck < 1 / (1 + np.exp(-odds))).astype(np.int8)


_MAKERS: Mapping[str, Callable[[_Rows], pl.DataFrame]] = {"orders": _orders, "customers": _customers}
