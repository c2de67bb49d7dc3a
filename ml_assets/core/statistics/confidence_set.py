"""Which of many models cannot be told from the best one: the Model Confidence Set of Hansen, Lunde and Nason (2011).

The worst model, the one furthest behind any other, is taken out as long as the hypothesis that all those left are equally
good is rejected; its statistic is the largest t over all pairs. What the largest t would be is drawn by flipping the signs
of whole blocks of event days, which leaves differences as likely as they were wherever all models are equally good
(Canay, Romano and Shaikh 2017), and needs no variance of few blocks. Totals are scaled for what lasts into the next block. What rows of one entity share across blocks comes on
top, from signs flipped by entity, scaled to the variance that entities have beyond that of the cells they are in (the
two-way clusters of Cameron, Gelbach and Miller 2011).

The bootstrap of `arch.bootstrap.MCS` is not used: over 41 to 69 days it calls some of 9 to 27 equally good models worse in
12 % to 88 % of sweeps (`benchmarks/leaderboard.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BLOCK_DAYS = 7  # weeks: of 56 days they make eight blocks, which is 128 different flips
FEWEST_BLOCKS = 4  # of which it can be told whether something lasts
MOST_LASTING = 0.5  # correlation of neighbouring blocks: more of it is chance, or a trend
DRAWS = 999
SEED = 0
MOST_CELLS = 50_000
FEWEST_GROUPS = 200
SAME = 1e-12  # two models whose contributions differ by less, relative to their own size, are one
NEARLY = 1e-9  # a draw that differs by rounding from what was found counts as equal to it


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Where rows belong: blocks of event days across entities.

    Attributes:
        place: the cell of each row, shape (n,): block times `groups` plus the group of its entity.
        blocks: how many blocks there are.
        groups: how many groups of entities: one an entity, or fewer where there are too many to keep.
    """

    place: Any
    blocks: int
    groups: int

    def sums(self, values: Any) -> Any:
        """The sums of `values`, shape (n,), by cell: shape (blocks, groups), the same in any order of rows."""
        import numpy as np

        order = np.lexsort((values, self.place))
        size = self.blocks * self.groups
        found = np.bincount(self.place[order], weights=values[order], minlength=size)
        return found.reshape(self.blocks, self.groups)


def cells(*, day: Any, entity: Any) -> Cells:
    """The cells of rows with event days (proleptic ordinals) and entities (integers), both of shape (n,)."""
    import numpy as np

    span = int(day.max() - day.min()) + 1
    blocks = max(1, round(span / BLOCK_DAYS))
    code = np.unique(entity, return_inverse=True)[1]
    groups = min(int(code.max()) + 1, max(FEWEST_GROUPS, MOST_CELLS // blocks))
    block = (day - day.min()) * blocks // span
    return Cells(place=block * groups + code % groups, blocks=blocks, groups=groups)


def p_values(sums: Any, *, shares: Any) -> Any:
    """For each model the chance that it would be this far behind some other one if they were equally good.

    Those above an error are the confidence set: the best model is not in it with a chance of at most that error.

    Args:
        sums: of the rows' shares of each model's value, by cell: shape (models, blocks, groups). They sum to the value
            over all cells, and a larger value is better.
        shares: of all rows in each cell, by what they weigh in a value: shape (blocks, groups), which sums to 1.

    Returns:
        Shape (models,), 1 for the last one left. Equal models have equal places only as they were given: sort them.
    """
    import numpy as np

    count = len(sums)
    pairs = _Pairs.of(np.asarray(sums, dtype=float), shares)
    removed = list(pairs.worst_first())
    found, largest = np.ones(count), np.zeros(DRAWS)
    chances = []
    for step in range(len(removed) - 1, -1, -1):  # from the pair that is left last to all of them
        model, t = removed[step]
        beside = [other for other, _ in removed[step + 1 :]] + [pairs.last]
        largest = np.maximum(largest, pairs.drawn(model, beside))
        chances.append((1 + (largest >= t * (1 - NEARLY)).sum()) / (DRAWS + 1))
    for (model, _), chance in zip(removed, np.maximum.accumulate(chances[::-1]), strict=True):
        found[model] = chance
    return found


class _Pairs:
    """The t of each pair of models, found and drawn.

    Attributes:
        t: by how much the second is better, in standard deviations of cells: shape (models, models).
        last: the model that is never taken out.
    """

    def __init__(self, t: Any, scale: Any, beyond: Any, flipped: tuple[Any, Any]) -> None:
        self.t = t
        self.last = 0
        self._scale, self._beyond = scale, beyond
        self._blocks, self._entities = flipped

    @classmethod
    def of(cls, sums: Any, shares: Any) -> "_Pairs":
        """From the sums by cell."""
        import numpy as np

        by_block, by_entity = sums.sum(axis=2), sums.sum(axis=1)
        value = by_block.sum(axis=1)
        cell = _of_differences(sums.reshape(len(sums), -1))
        entity = _of_differences(by_entity)
        scale = np.sqrt(np.where(cell > 0, cell, np.inf))
        beyond = _beyond(entity, cell)
        random = np.random.default_rng(SEED)
        flipped = [_flipped(of, random) for of in ((by_block, by_entity) if beyond.any() else (by_block,))]
        lasting = _lasting(by_block - value[:, None] * shares.sum(axis=1)) * flipped[0]
        return cls((value - value[:, None]) / scale, scale, beyond, (lasting, flipped[-1]))

    def worst_first(self) -> Iterator[tuple[int, float]]:
        """Each model but one, the one furthest behind first, with its t among those that are left."""
        import numpy as np

        left = np.arange(len(self.t))
        while len(left) > 1:
            among = self.t[np.ix_(left, left)]
            behind = np.where(np.eye(len(left), dtype=bool), -np.inf, among).max(axis=1)
            worst = int(behind.argmax())
            yield int(left[worst]), float(behind[worst])
            left = np.delete(left, worst)
        self.last = int(left[0])

    def drawn(self, model: int, others: list[int]) -> Any:
        """The largest t between a model and the others in each draw, shape (draws,)."""
        by_block = self._blocks[:, [model]] - self._blocks[:, others]
        by_entity = self._entities[:, [model]] - self._entities[:, others]
        t = (by_block + self._beyond[model, others] * by_entity) / self._scale[model, others]
        return abs(t).max(axis=1)


def _beyond(entity: Any, cell: Any) -> Any:
    """By what to scale a pair's sums by entity for the variance that they have beyond that of the cells."""
    import numpy as np

    share = 1 - cell / np.where(entity > 0, entity, np.inf)
    return np.sqrt(np.where((entity > 0) & (share > SAME), share, 0.0))


def _lasting(centred: Any) -> float:
    """By what to scale totals of independent blocks for what lasts from one block into the next; 1 at least.

    The root of 1 + 2 r, with the correlation r of neighbouring blocks over all models. `centred` are the sums by block
    less what the models' values make of them, of shape (models, blocks): that alone makes r about 1 / blocks too small.
    """
    import numpy as np

    blocks = centred.shape[1]
    own = centred - centred.mean(axis=0)
    squares = float((own**2).sum())
    if blocks < FEWEST_BLOCKS or squares <= SAME * float((centred**2).sum()):
        return 1.0
    found = float((own[:, 1:] * own[:, :-1]).sum()) / squares
    correlation = (found + 1 / blocks) * blocks / (blocks - 1)
    return float(np.sqrt(1 + 2 * min(MOST_LASTING, max(0.0, correlation))))


def _flipped(sums: Any, random: Any) -> Any:
    """The totals, shape (draws, models), of sums by cluster with signs drawn for each cluster."""
    signs = random.integers(0, 2, size=(DRAWS, sums.shape[1])) * 2.0 - 1.0
    return signs @ sums.T


def _of_differences(sums: Any) -> Any:
    """Squared sums of each pair's differences: of shape (models, clusters), shape (models, models)."""
    import numpy as np

    products = sums @ sums.T
    own = np.diag(products)
    both = own[:, None] + own
    found = both - 2 * products
    return np.where(found > SAME * both, found, 0.0)
