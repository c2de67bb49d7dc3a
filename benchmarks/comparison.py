"""How often the gate errs: candidates at their margins let through, equal ones called better or worse, tries that go on.

    nice python benchmarks/comparison.py

Customers come again and differ, and so do days: on some the candidate errs more, and the days after them are like them.
Each scene is made anew for each case. Environment: CASES (400).
"""

import os
from dataclasses import dataclass

import numpy as np

from ml_assets.core.comparison.compare import compare, overall
from ml_assets.core.comparison.pairing import PairedRows
from ml_assets.core.statistics.tries import error_of_try
from ml_assets.pipelines.tabular.metrics import of_task

CASES = int(os.environ.get("CASES", "400"))
METRICS = of_task("binary")
FACTS = {"train_base_rate": 0.3}
TRIES = 10


@dataclass(frozen=True)
class Scene:
    """How many days, rows a day and customers there are, and how much of an error customers and days share."""

    name: str
    days: int = 56
    rows: int = 30
    customers: int = 1500
    shared: float = 0.3
    weather: float = 0.2


SCENES = (
    Scene("rows of their own", customers=10**6, shared=0.0, weather=0.0),
    Scene("customers come again"),
    Scene("few customers", customers=100),
    Scene("days differ much", weather=0.5),
    Scene("half a year", days=182, weather=0.5),
)


def main():
    print(f"{'':22s} at the margin   equal models called")
    print(f"{'':22s} let through     better   worse   tries of equal models called worse")
    for place, scene in enumerate(SCENES):
        print(f"{scene.name:22s} {at_margin(scene, place):10.1%}  {called(scene, place)}")


def at_margin(scene, place):
    """How often a candidate passes that is worse by exactly its margins."""
    random = np.random.default_rng([place, 1])
    margins = true_degradations(scene, random)
    return np.mean([passes(rows_of(scene, random, bias=0.4), margins) for _ in range(CASES)])


def passes(rows, margins):
    return all(kpi.passed for kpi in compare(rows, metrics=METRICS, margins=margins, facts=FACTS))


def true_degradations(scene, random):
    """By how much the candidate is worse in the long run."""
    many = [rows_of(scene, random, bias=0.4) for _ in range(10 * CASES // max(1, scene.days // 56))]
    whole = PairedRows(
        table=None,
        **{
            name: np.concatenate([getattr(rows, name) for rows in many])
            for name in ("day", "entity", "outcome", "candidate", "reference")
        },
    )
    kpis = compare(whole, metrics=METRICS, margins=METRICS.margins, facts=FACTS)
    return {kpi.metric: max(0.0, kpi.degradation) for kpi in kpis}


def called(scene, place):
    """How often two models that are equally good are called different, once and over several tries."""
    random, verdicts, tries = np.random.default_rng([place, 2]), [], []
    for _ in range(CASES):
        rows = rows_of(scene, random, bias=0.0, days=scene.days + 7 * TRIES)
        looked = [look(rows, scene.days + 7 * n, error_of_try(n + 1)) for n in range(TRIES)]
        verdicts.append(looked[0])
        tries.append("worse" in looked)
    once = [np.mean([verdict == name for verdict in verdicts]) for name in ("better", "worse")]
    return f"{once[0]:12.1%} {once[1]:7.1%} {np.mean(tries):8.1%}"


def look(rows, days, error):
    """The verdict of the first days, where nothing is allowed."""
    held = rows.day < days
    first = PairedRows(
        table=None,
        **{
            name: getattr(rows, name)[held] for name in ("day", "entity", "outcome", "candidate", "reference")
        },
    )
    margins = dict.fromkeys(METRICS.margins, 0.0)
    return overall(compare(first, metrics=METRICS, margins=margins, error=error, facts=FACTS))


def rows_of(scene, random, *, bias, days=None):
    """Rows on which both models err by as much, and the candidate by `bias` more."""
    days = days or scene.days
    n = days * scene.rows
    day = np.repeat(np.arange(days), scene.rows)
    customer = random.integers(0, scene.customers, n)
    odds = random.normal(size=n) + 0.7 * shared(random, scene.customers)[customer] - 1
    scores = [
        sigmoid(
            odds
            + more
            + 0.3 * random.normal(size=n)
            + scene.shared * shared(random, scene.customers)[customer]
            + scene.weather * weather(random, days)[day]
        )
        for more in (bias, 0.0)
    ]
    outcome = (random.random(n) < sigmoid(odds)).astype(int)
    return PairedRows(
        table=None, day=day, entity=customer, outcome=outcome, candidate=scores[0], reference=scores[1]
    )


def shared(random, customers):
    return random.normal(size=customers)


def weather(random, days):
    """One number a day, which lasts: the days after it are like it."""
    found = np.empty(days)
    found[0] = random.normal()
    for place in range(1, days):
        found[place] = 0.8 * found[place - 1] + 0.6 * random.normal()
    return found


def sigmoid(odds):
    return 1 / (1 + np.exp(-odds))


if __name__ == "__main__":
    main()
