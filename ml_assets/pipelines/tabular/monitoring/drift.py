"""Drift: the inputs and scores of the latest days against those of training, before any outcome is known."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import polars as pl

from ml_assets.core.report.record import Part
from ml_assets.pipelines.tabular.monitoring.bins import Bin, bins
from ml_assets.pipelines.tabular.monitoring.psi import Stability, stability
from ml_assets.pipelines.tabular.scoring.said import Said

HISTOGRAM_BINS = 20
DIGITS = 6


class Shift(Stability):
    """How far one column has moved; its bins say where."""

    name: str
    bins: tuple[Bin, ...]


class Histogram(Part):
    """Shares of scores in intervals of one width, of the holdout and of now."""

    edges: tuple[float, ...]
    then: tuple[float, ...]
    now: tuple[float, ...]


class Drift(Part):
    """What has moved.

    Attributes:
        days: the days that were looked at: those of the window that are scored.
        rows: their rows.
        training_rows: the rows that the model learned from, which inputs are held against.
        holdout_rows: the rows whose scores are the reference of scores.
        inputs: one shift a feature, the furthest beyond chance first.
        scores: the shift of the scores; of several classes, that of the class that is predicted.
        histogram: the scores themselves; of several classes, the probability of the one that is predicted.
    """

    days: tuple[dt.date, ...]
    rows: int
    training_rows: int
    holdout_rows: int
    inputs: tuple[Shift, ...]
    scores: Shift
    histogram: Histogram


def shift(name: str, then: pl.Series, now: pl.Series) -> Shift:
    """How far a column has moved from the reference `then`; both need one row at least."""
    found = bins(then, now)
    index = stability([item.then for item in found], [item.now for item in found])
    return Shift(name=name, bins=found, **index.model_dump())


def drift(
    *,
    train: pl.DataFrame,
    holdout_scores: Said,
    rows: pl.DataFrame,
    scores: Said,
    features: Sequence[str],
    days: Sequence[dt.date],
    share: bool = True,
) -> Drift:
    """What has moved, of every feature and of the scores.

    Args:
        train: the rows that the model learned from.
        holdout_scores: the model's own scores of its holdout, which it did not learn from.
        rows: the rows of the latest scored days, with the features.
        scores: the scores that are stored for these days.
        features: the columns to look at.
        days: the days that these rows and scores are of.
        share: whether scores are probabilities, which begin at 0.
    """
    inputs = [shift(name, train[name], rows[name]) for name in features]
    return Drift(
        days=tuple(days),
        rows=len(scores.answer),
        training_rows=train.height,
        holdout_rows=len(holdout_scores.answer),
        inputs=tuple(sorted(inputs, key=lambda item: (item.expected - item.psi, item.name))),
        scores=shift("score", holdout_scores.answer, scores.answer),
        histogram=_histogram(holdout_scores.number.to_numpy(), scores.number.to_numpy(), share=share),
    )


def _histogram(then: Any, now: Any, *, share: bool) -> Histogram:
    import numpy as np

    first = 0.0 if share else min(then.min(), now.min())
    edges = np.linspace(first, max(then.max(), now.max(), first), HISTOGRAM_BINS + 1)
    shares = [np.histogram(values, edges)[0] / len(values) for values in (then, now)]
    told = [tuple(round(float(value), DIGITS) for value in values) for values in (edges, *shares)]
    return Histogram(edges=told[0], then=told[1], now=told[2])
