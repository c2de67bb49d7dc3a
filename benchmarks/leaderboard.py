"""How often a leaderboard calls a trial worse, of trials that are equally good, and of one that is worse.

    python benchmarks/leaderboard.py [SWEEPS]        # the rule of the leaderboard
    python benchmarks/leaderboard.py arch [SWEEPS]   # the bootstrap of arch.bootstrap.MCS instead, for comparison

Rows of event days, of which each trial has a loss: noise by row, and what a trial has of a day, lasting days (AR(1) with
0.7) or an entity. 14 days in a row with holdouts of 28 and 56 days (41 and 69 days of events), and a single day of 56.
The trial that is worse is so by 4, 6 and 9 standard errors of its difference to any other.
"""

import sys
import time
import warnings

import numpy as np

from ml_assets.core.leaderboard.evidence import against_first
from ml_assets.core.leaderboard.ranking import SIGNIFICANT
from ml_assets.core.row_sample import Averaged, RowSample
from ml_assets.core.statistics.paired import FEWEST_DAYS

WINDOWS = ((28, 14), (56, 14), (56, 1))  # days of the holdout, days of the sweep
TRIALS = (9, 27, 200)
SCENES = {  # rows a day, customers who return daily; sd of a trial's day, of its lasting days, of its customer
    "rows alone": (30, 0, 0.0, 0.0, 0.0),
    "days": (30, 0, 0.4, 0.0, 0.0),
    "lasting days": (30, 0, 0.0, 0.2, 0.0),
    "customers": (150, 150, 0.0, 0.0, 0.5),
    "days and customers": (150, 150, 0.15, 0.0, 0.3),
}
LASTING = 0.7
FIRST_DAY = 739_000


def sample(holdout, days, rows, customers):
    """The rows of the holdouts of a sweep, each once, with what they weigh in a mean over its days."""
    span = holdout + days - 1
    day = np.repeat(np.arange(span), rows)
    entity = np.tile(np.arange(rows), span) if customers else np.arange(len(day))
    places = {a: np.flatnonzero((day >= a) & (day < a + holdout)) for a in range(days)}
    return RowSample(day=day + FIRST_DAY, entity=entity, outcome=day % 2, places=places, keys={})


def losses(random, rows, trials, scene):
    """Minus the loss of each row under each trial, of shape (rows, trials), and the standard error of a difference."""
    _, _, by_day, lasting, by_customer = scene
    days, day = len(set(rows.day)), rows.day - FIRST_DAY
    found = random.normal(size=(len(day), trials)) + by_day * random.normal(size=(days, trials))[day]
    if lasting:
        series = random.normal(size=(days, trials))
        for n in range(1, days):
            series[n] = LASTING * series[n - 1] + np.sqrt(1 - LASTING**2) * series[n]
        found += lasting * series[day]
    if by_customer:
        found += by_customer * random.normal(size=(rows.entity.max() + 1, trials))[rows.entity]
    squares = by_day**2 + lasting**2 * (1 + LASTING) / (1 - LASTING)
    spread = 1 / len(day) + squares / days + by_customer**2 / len(set(rows.entity))
    return found, np.sqrt(2 * spread)


def worse(values, rows):
    """Which trials the leaderboard calls worse than the best."""
    weight = rows.weight
    shares = values * weight[:, None]
    means = shares.sum(axis=0)
    order = np.argsort(-means, kind="stable")
    averages = (
        (f"{n:03}", Averaged(value=means[n], contributions=shares[:, n] - means[n] * weight)) for n in order
    )
    if rows.day.max() - rows.day.min() + 1 < FEWEST_DAYS:
        return np.zeros(len(means), dtype=bool)
    found = against_first(rows, averages, larger=True)
    told = [found[f"{n:03}"] for n in range(len(means))]
    return np.array([of.p_value < SIGNIFICANT and of.high < 0 for of in told])


def by_arch(values, rows, *, method, bootstrap, block):
    """The same of arch's bootstrap over event days."""
    from arch.bootstrap import MCS

    days = rows.day - FIRST_DAY
    shares = values * rows.weight[:, None]
    by_day = np.array([np.bincount(days, weights=shares[:, n]) for n in range(shares.shape[1])]).T * (
        days.max() + 1
    )
    found = MCS(-by_day, SIGNIFICANT, reps=500, block_size=block, method=method, bootstrap=bootstrap, seed=0)
    found.compute()
    return np.array([n not in found.included for n in range(values.shape[1])])


def told(decide, window, trials, scene, *, sweeps, behind=0.0):
    """The share of sweeps in which some trial is called worse; with `behind`, in which that one is."""
    random, rows = np.random.default_rng(0), sample(*window, *SCENES[scene][:2])
    hits = 0
    for _ in range(sweeps):
        values, error = losses(random, rows, trials, SCENES[scene])
        values[:, 0] -= behind * error
        marked = decide(values, rows)
        hits += marked[0] if behind else marked.any()
    return hits / sweeps


def of_the_rule(sweeps):
    print(
        f"{'holdout days':<14}{'trials':>7}  {'what differs':<20}{'equal':>8}{'4 se':>8}{'6 se':>8}{'9 se':>8}   s a sweep"
    )
    for window in WINDOWS:
        for trials in TRIALS:
            for scene in SCENES:
                many = sweeps if trials < max(TRIALS) else max(20, sweeps // 5)
                start = time.process_time()
                equal = told(worse, window, trials, scene, sweeps=many)
                took = (time.process_time() - start) / many
                power = [
                    told(worse, window, trials, scene, sweeps=max(20, many // 5), behind=n) for n in (4, 6, 9)
                ]
                numbers = "".join(f"{number:8.3f}" for number in (equal, *power))
                print(
                    f"{'{} x {}'.format(*window):<14}{trials:>7}  {scene:<20}{numbers}{took:12.2f}",
                    flush=True,
                )


def of_arch(sweeps):
    warnings.simplefilter("ignore")
    for window in WINDOWS[:2]:
        for trials in TRIALS[:2]:
            for method in ("R", "max"):
                for bootstrap in ("stationary", "circular"):
                    for block in (7, 14):
                        how = {"method": method, "bootstrap": bootstrap, "block": block}
                        decide = lambda values, rows, how=how: by_arch(values, rows, **how)  # noqa: E731
                        share = told(decide, window, trials, "rows alone", sweeps=sweeps)
                        print(
                            f"{'{} x {}'.format(*window):<14}{trials:>5}  {how}  some called worse: {share:.3f}",
                            flush=True,
                        )


if __name__ == "__main__":
    words = sys.argv[1:]
    sweeps = int(words[-1]) if words and words[-1].isdigit() else 200
    (of_arch if "arch" in words else of_the_rule)(sweeps)
