"""Two models on the same rows: the interval of their difference, by entity and by blocks of event days.

Rows of one entity are not independent, and neither are rows of days near each other, on which both models meet the same
weather. Days are put into blocks long enough for what lasts some days; entities are taken whole.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ml_assets.core.contract import Task
from ml_assets.core.statistics.intervals import cluster_variance, count_clusters, student

BLOCK_DAYS = 14  # at least; more where that would make more than MOST_BLOCKS
FEWEST_BLOCKS, MOST_BLOCKS = 4, 12
FEWEST_DAYS = FEWEST_BLOCKS * BLOCK_DAYS
FEWEST_ENTITIES = 20  # of either outcome, of each class

What = Literal["days", "blocks", "positive_entities", "negative_entities", "class_entities", "entities"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A difference of two models' metrics on the same rows.

    Attributes:
        value: the difference.
        low: lower end, beyond the truth with a chance of at most the error; -inf where there is one block only.
        high: upper end, likewise.
        days: calendar days from the first event to the last, both included.
        blocks: how many blocks of days have rows.
        entities: how many entities there are.
    """

    value: float
    low: float
    high: float
    days: int
    blocks: int
    entities: int


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What there is too little of to decide anything.

    Attributes:
        what: calendar days, blocks of days that have rows, entities, or those with a row of that outcome, or of the class
            that has the fewest.
        has: how many there are.
        needs: how many it takes.
    """

    what: What
    has: int
    needs: int


def difference(value: float, contributions: Any, *, entity: Any, day: Any, error: float) -> Difference:
    """The interval of a difference, each of whose ends is beyond the truth with a chance of at most `error`.

    With variances by block (V_b), by entity (V_e) and by row (V_r), all of them jackknife variances, half its width is the
    root of t_b^2 V_b + t_e^2 max(0, V_e - V_r): what rows of an entity share comes on top of what days share, which
    includes the rows' own noise. t_b and t_e have as many degrees of freedom as there are blocks and entities, less one.

    Args:
        value: the difference of the two metrics.
        contributions: differences of the contributions of the same rows, of shape (n,), which sum to 0.
        entity: integers of shape (n,), equal for rows that belong together.
        day: proleptic ordinals of the event days, of shape (n,).
        error: of either end, 0 to 0.5.
    """
    import numpy as np

    block = day_blocks(day)
    blocks, entities = count_clusters(block), count_clusters(entity)
    margin = math.inf
    if blocks > 1 and entities > 1:
        beyond_rows = cluster_variance(contributions, entity) - cluster_variance(
            contributions, np.arange(len(contributions))
        )
        squared = student(error, blocks - 1) ** 2 * cluster_variance(contributions, block)
        margin = math.sqrt(squared + student(error, entities - 1) ** 2 * max(0.0, beyond_rows))
    return Difference(
        value=value,
        low=value - margin,
        high=value + margin,
        days=_span(day),
        blocks=blocks,
        entities=entities,
    )


def day_blocks(day: Any) -> Any:
    """The block, from 0 on, of each day: equally long ones of at least 14 days, at most twelve. Shape (n,) to (n,)."""
    span = _span(day)
    count = max(1, min(MOST_BLOCKS, span // BLOCK_DAYS))
    return (day - day.min()) * count // span


def missing(
    y: Any, *, entity: Any, day: Any, task: Task = "binary", levels: Sequence[int] = (0, 1)
) -> tuple[Missing, ...]:
    """What there is too little of to decide about a difference on these rows; nothing if there is enough.

    Args:
        y: outcomes, of shape (n,).
        entity: integers of shape (n,).
        day: proleptic ordinals of the event days, of shape (n,).
        task: what an outcome is.
        levels: the outcomes of which there must be some.
    """
    of = {level: count_clusters(entity[y == level]) for level in levels}
    held: list[tuple[What, int]] = [("entities", count_clusters(entity))]
    if task == "binary":
        held = [("positive_entities", of[1]), ("negative_entities", of[0])]
    elif task == "multiclass":
        held = [("class_entities", min(of.values()))]
    few = (Missing(what=what, has=has, needs=FEWEST_ENTITIES) for what, has in held if has < FEWEST_ENTITIES)
    return (*missing_days(day), *few)


def missing_days(day: Any) -> tuple[Missing, ...]:
    """What there is too little of where only days are known, as proleptic ordinals of shape (n,)."""
    blocks = count_clusters(day_blocks(day)) if len(day) else 0
    held: list[tuple[What, int, int]] = [
        ("days", _span(day), FEWEST_DAYS),
        ("blocks", blocks, FEWEST_BLOCKS),
    ]
    return tuple(Missing(what=what, has=has, needs=needs) for what, has, needs in held if has < needs)


def _span(day: Any) -> int:
    return int(day.max() - day.min()) + 1 if len(day) else 0
