"""The Model Confidence Set of a leaderboard, made again: one loop over all pairs of the trials that are left."""

import itertools

import numpy as np


def cells(of):
    """The cell of each row: a week of events, or nearly one, times an entity."""
    span = int(of.day.max() - of.day.min() + 1)
    blocks = max(1, round(span / 7))
    code = np.unique(of.entity, return_inverse=True)[1]
    groups = min(code.max() + 1, max(200, 50_000 // blocks))
    return (of.day - of.day.min()) * blocks // span * groups + code % groups, (blocks, groups)


def by_cell(values, place, shape):
    return np.bincount(place, weights=values, minlength=shape[0] * shape[1]).reshape(shape)


def confidence_set(sums, shares):
    """The p-values of the Model Confidence Set: sums of shape (models, blocks, entities); larger is better."""
    models, blocks, _ = sums.shape
    weeks, entities, values = sums.sum(axis=2), sums.sum(axis=1), sums.sum(axis=(1, 2))
    scale, beyond = np.full((models, models), np.inf), np.zeros((models, models))
    for a, b in itertools.permutations(range(models), 2):
        cell, entity = ((sums[a] - sums[b]) ** 2).sum(), ((entities[a] - entities[b]) ** 2).sum()
        scale[a, b] = np.sqrt(cell) or np.inf
        beyond[a, b] = np.sqrt(max(0, 1 - cell / entity)) if entity and 1 - cell / entity > 1e-12 else 0
    random = np.random.default_rng(0)
    flips = [random.integers(0, 2, size=(999, blocks)) * 2 - 1]
    if beyond.any():
        flips.append(random.integers(0, 2, size=(999, sums.shape[2])) * 2 - 1)
    of_weeks, of_entities = lasting(weeks, values, shares) * flips[0] @ weeks.T, 0 * flips[0] @ weeks.T
    if beyond.any():
        of_entities = flips[1] @ entities.T
    left, found, reached = list(range(models)), np.ones(models), 0.0
    while len(left) > 1:
        pairs = list(itertools.permutations(left, 2))
        t = {(a, b): (values[b] - values[a]) / scale[a, b] for a, b in pairs}
        worst = max(left, key=lambda a: max(t[a, b] for b in left if b != a))
        largest = max(t.values())
        drawn = np.max(
            [
                abs(of_weeks[:, a] - of_weeks[:, b] + beyond[a, b] * (of_entities[:, a] - of_entities[:, b]))
                / scale[a, b]
                for a, b in pairs
            ],
            axis=0,
        )
        reached = max(reached, (1 + (drawn >= largest * (1 - 1e-9)).sum()) / 1000)
        found[worst] = reached
        left.remove(worst)
    return found


def lasting(weeks, values, shares):
    """The root of 1 + 2 r, with r the correlation of what neighbouring blocks have, corrected by 1 / blocks."""
    blocks = weeks.shape[1]
    centred = weeks - np.outer(values, shares.sum(axis=1))
    own = centred - centred.mean(axis=0)
    if blocks < 4 or (own**2).sum() <= 1e-12 * (centred**2).sum():
        return 1.0
    r = (own[:, 1:] * own[:, :-1]).sum() / (own**2).sum()
    return np.sqrt(1 + 2 * min(0.5, max(0, (r + 1 / blocks) * blocks / (blocks - 1))))
