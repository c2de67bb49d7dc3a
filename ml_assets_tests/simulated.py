"""Simulated rows of which the truth is known: scores of two models, outcomes, entities and days."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import norm

FIRST_DAY = 739_000


def ranked(random, auc, *, positives, negatives, split=False):
    """One row an entity: normal scores; `split`: some positives above all negatives, the others like negatives."""
    y = np.repeat([1, 0], [positives, negatives])
    lifted = np.sqrt(2) * norm.ppf(auc) * y
    if split:
        lifted = np.where((y == 1) & (random.random(len(y)) < 2 * auc - 1), 20.0, 0.0)
    return y, random.normal(size=len(y)) + lifted, np.arange(len(y))


def ranked_daily(random, auc, *, entities, days, rate, by_row):
    """Daily rows of the same entities; half of a score's variance is the entity's. The outcome is by row or by entity."""
    entity = np.repeat(np.arange(entities), days)
    effect = random.normal(size=(2, entities))[:, entity]
    own = random.normal(size=len(entity)) if by_row else 0.0
    y = (effect[0] + own > -norm.ppf(rate) * (np.sqrt(2) if by_row else 1.0)).astype(int)
    noise = (effect[1] + random.normal(size=len(entity))) / np.sqrt(2)
    return y, noise + np.sqrt(2) * norm.ppf(auc) * y, entity


def autoregressive(random, cases, days, rho):
    """Series of unit variance, shape (cases, days)."""
    noise = random.normal(size=(cases, days)) * np.sqrt(1 - rho**2)
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0] / np.sqrt(1 - rho**2)
    for day in range(1, days):
        series[:, day] = rho * series[:, day - 1] + noise[:, day]
    return series


@dataclass(frozen=True, kw_only=True)
class Scene:
    """How rows of two models come about.

    Attributes:
        days: of the calendar.
        every: days between two snapshots.
        entities: that many return at each snapshot; 0 for rows that are each of another entity.
        rows: of each snapshot, where entities do not return.
        base: logit of the usual outcome.
        by_day: standard deviation, in logits, of what a day does to either model's score (AR(1)).
        rho: of the days.
        by_entity: standard deviation of what an entity does to its outcomes, and half as much to either model's score.
        live, candidate: standard deviation of the error of each model in a row.
    """

    days: int = 56
    every: int = 1
    entities: int = 0
    rows: int = 60
    base: float = -1.0
    by_day: float = 0.0
    rho: float = 0.0
    by_entity: float = 0.0
    live: float = 0.5
    candidate: float = 0.8

    def drawn(self, random, *, equal=False):
        """Outcomes, scores of the live model and of the candidate, entities and days of one case."""
        snapshots = np.arange(0, self.days, self.every)
        per = self.entities or self.rows
        place = np.repeat(np.arange(len(snapshots)), per)
        entity = np.tile(np.arange(per), len(snapshots)) if self.entities else np.arange(len(place))
        effect = self.by_entity * random.normal(size=(3, entity.max() + 1))[:, entity]
        logit = self.base + 1.2 * random.normal(size=len(place)) + effect[0]
        weather = autoregressive(random, 2, self.days, self.rho)[:, snapshots][:, place] * self.by_day
        sizes = (self.live, self.live if equal else self.candidate)
        noise = (size * random.normal(size=len(place)) for size in sizes)
        live, candidate = (
            expit(logit + e + d + h / 2) for e, d, h in zip(noise, weather, effect[1:], strict=True)
        )
        y = (random.random(len(place)) < expit(logit)).astype(int)
        return y, live, candidate, entity, FIRST_DAY + snapshots[place]


def calibrated(random, *, rows, base, entities=0, spread=1.0):
    """Scores that are the true chances, and outcomes; of entities that return, both correlate within one by half."""
    entity = np.arange(rows) % entities if entities else np.arange(rows)
    shared, own = random.normal(size=(2, entity.max() + 1))[:, entity], random.normal(size=(2, rows))
    z = (shared + own) / np.sqrt(2)
    score = expit(base + spread * z[0])
    return (norm.cdf(z[1]) < score).astype(int), score, entity
