"""Made-up worlds whose future is known: what an evaluation says of a model is held against how good it is in use."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from ml_assets.core.contract import DatasetContract
from ml_assets.core.entities import entities
from ml_assets.core.statistics.intervals import auc_interval
from ml_assets.pipelines.tabular.columns import labels
from ml_assets.pipelines.tabular.evaluation import evaluate
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets.pipelines.tabular.training import fit, predict
from ml_assets.pipelines.tabular.training_set import training_set

AS_OF = dt.date(2025, 6, 30)
FIRST = AS_OF - dt.timedelta(days=364)
IN_USE = 28  # days after as_of on which a model is used
HISTORY = 500  # days before the first one, so that customers have a past
DAYS = 365 + IN_USE


@dataclass(frozen=True)
class Measured:
    """ROC AUC of one model with its interval: on its holdout as the evaluation tells it, and on the days after as_of."""

    holdout: float
    low: float
    high: float
    in_use: float
    in_use_low: float
    in_use_high: float

    @property
    def agrees(self) -> bool:
        """Whether the two differ by no more than both intervals allow (Newcombe's square-and-add)."""
        over, under = self.holdout - self.in_use, self.in_use - self.holdout
        return over <= math.hypot(
            self.holdout - self.low, self.in_use_high - self.in_use
        ) and under <= math.hypot(self.high - self.holdout, self.in_use - self.in_use_low)


def customers(random: np.random.Generator, *, window: int, gap: float, spread: float, many: int = 150):
    """A snapshot of each customer each day: does no order come within `window` days?

    Orders come at random, a customer's on average every `gap` days. With `spread` 0 all customers are alike and nobody
    can foresee the outcome; otherwise the log of their gaps has that standard deviation. Features name the episode: they
    stay as they are between two orders of a customer.
    """
    gaps = gap * np.exp(spread * random.standard_normal(many))
    end = HISTORY + DAYS + window + 1
    parts = []
    for customer in range(many):
        times = np.cumsum(random.exponential(gaps[customer], int(4 * end / gaps[customer]) + 50))
        values = np.round(np.exp(random.normal(3.5, 0.6, len(times))), 2)
        nights = np.arange(HISTORY, HISTORY + DAYS) + 1.0  # the ends of the days
        orders = np.searchsorted(times, nights)
        parts.append(
            {
                "day": np.arange(DAYS),
                "customer_id": np.full(DAYS, customer),
                "last_order": np.where(orders > 0, times[orders - 1], 0.0) - HISTORY,
                "n_orders": orders.astype(float),
                "total_value": np.concatenate([[0.0], np.cumsum(values)])[orders],
                "recency_days": np.floor(nights - np.where(orders > 0, times[orders - 1], 0.0)),
                "y": (times[orders] > nights + window).astype(np.int8),
            }
        )
    return _table(parts, window), _contract("customer_id", ("n_orders", "total_value", "recency_days"))


def strangers(random: np.random.Generator, *, window: int = 30, a_day: int = 40):
    """Rows that have nothing to do with each other, and an outcome that the features tell something of."""
    count = a_day * DAYS
    value, kind = random.standard_normal(count), random.integers(0, 2, count).astype(float)
    odds = -1.2 + 0.8 * value + 0.5 * kind
    part = {
        "day": np.repeat(np.arange(DAYS), a_day),
        "customer_id": np.arange(count),
        "last_order": np.repeat(np.arange(DAYS), a_day) + 0.5,
        "value": value,
        "kind": kind,
        "y": (random.random(count) < 1 / (1 + np.exp(-odds))).astype(np.int8),
    }
    return _table([part], window), _contract("customer_id", ("value", "kind"))


WORLDS: dict[str, Callable[[np.random.Generator], tuple[pl.DataFrame, DatasetContract]]] = {
    "90-day outcome, daily, orders at random": lambda r: customers(r, window=90, gap=130, spread=0),
    "90-day outcome, daily, customers differ": lambda r: customers(r, window=90, gap=130, spread=0.8),
    "30-day outcome, daily, orders at random": lambda r: customers(r, window=30, gap=45, spread=0),
    "30-day outcome, daily, customers differ": lambda r: customers(r, window=30, gap=45, spread=0.8),
    "independent rows": strangers,
}


def measured(name: str, *, seed: int, purged: bool = True, **changes: object) -> Measured:
    """Train and evaluate at AS_OF as the pipeline does, and use the model on the 28 days that follow."""
    table, contract = WORLDS[name](np.random.default_rng(seed))
    parameters = TrainingParameters(
        **{"lookback_days": 365, "model_version": "v2", "purged": purged, **changes}
    )
    known = training_set(
        table.lazy(), contract=contract, parameters=parameters, as_of=AS_OF, origin="world"
    ).value
    model = fit(known, contract=contract, parameters=parameters).value
    metrics = evaluate(model, known, contract=contract, parameters=parameters).metrics
    used = table.filter(pl.col("day") > AS_OF)
    y, score = labels(used, contract), predict(model, used, contract)
    in_use_low, in_use_high = auc_interval(y, score, entities(used, contract))
    return Measured(
        holdout=metrics["roc_auc"],
        low=metrics["roc_auc_low"],
        high=metrics["roc_auc_high"],
        in_use=float(roc_auc_score(y, score)),
        in_use_low=in_use_low,
        in_use_high=in_use_high,
    )


def _table(parts: list[dict[str, np.ndarray]], window: int) -> pl.DataFrame:
    table = pl.concat([pl.DataFrame(part) for part in parts])
    start = dt.datetime.combine(FIRST, dt.time())
    day = pl.lit(FIRST) + pl.duration(days=pl.col("day"))
    closes = day.cast(pl.Datetime("us")) + pl.duration(days=1 + window)
    event = pl.lit(start) + pl.duration(seconds=(pl.col("last_order") * 86_400).floor().cast(pl.Int64))
    return table.with_columns(
        day.cast(pl.Date).alias("day"),
        pl.col("customer_id").cast(pl.String),
        event.cast(pl.Datetime("us")).alias("ts"),
        closes.alias("closes"),
    ).drop("last_order")


def _contract(entity: str, features: tuple[str, ...]) -> DatasetContract:
    return DatasetContract(
        event_time="ts", label="y", label_closes_at="closes", ids=(entity,), entity=entity, features=features
    )
