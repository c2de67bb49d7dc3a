"""How often intervals and verdicts of core/statistics are right, by simulation.

    python benchmarks/simulations.py [intervals | paired | tries | calibration ...]

All sections where none is named. Seeded. Environment: CASES (per figure; each section has its own), JOBS (2).
"""

import os
import sys

import numpy as np
from joblib import Parallel, delayed
from scipy import special  # its functions, named alone, do not reach another process

from ml_assets.core.statistics.calibration import calibration, perfect_calibration_error
from ml_assets.core.statistics.intervals import auc_interval, mean_interval
from ml_assets.core.statistics.paired import difference
from ml_assets.core.statistics.tries import error_of_try
from ml_assets.pipelines.tabular.metrics import METRICS as DECLARED
from ml_assets_tests.row_metrics import row_values
from ml_assets_tests.simulated import Scene, autoregressive, calibrated, ranked, ranked_daily

JOBS = int(os.environ.get("JOBS", "2"))
METRICS = ("log_loss", "brier", "roc_auc")


def cases(usual):
    return int(os.environ.get("CASES", usual))


def simulated(function, count, *arguments):
    """An array of what a function gives for generators seeded 0 to count - 1."""
    seeds = np.array_split(np.arange(count), 4 * JOBS)
    found = Parallel(n_jobs=JOBS)(delayed(_chunk)(function, of, arguments) for of in seeds)
    return np.array([each for chunk in found for each in chunk])


def _chunk(function, seeds, arguments):
    return [function(np.random.default_rng(int(seed)), *arguments) for seed in seeds]


# intervals of one model


def intervals():
    print("95 % interval of ROC AUC, one row an entity: holds the truth / truth below / above / width")
    for auc in (0.6, 0.75, 0.9, 0.95):
        for positives, negatives in (
            (3, 200),
            (5, 200),
            (10, 200),
            (20, 500),
            (30, 500),
            (50, 50),
            (50, 500),
        ):
            ends = simulated(_one_row, cases(1000), auc, positives, negatives, False)
            _coverage(f"AUC {auc}, {positives} positives, {negatives} negatives", auc, ends)
    print("The same where some positives are certain and the others are like negatives (as bad as it gets)")
    for auc in (0.75, 0.95):
        for positives in (3, 5, 10, 20, 50):
            ends = simulated(_one_row, cases(1000), auc, positives, 500, True)
            _coverage(f"AUC {auc}, {positives} positives, 500 negatives", auc, ends)
    print("Daily rows of the same customers")
    for auc in (0.6, 0.75, 0.9, 0.95):
        for by_row in (True, False):
            for entities, days, rate in ((150, 28, 0.4), (150, 56, 0.4), (60, 28, 0.2), (150, 28, 0.1)):
                ends = simulated(_daily, cases(400), auc, (entities, days, rate), by_row)
                kind = "row" if by_row else "customer"
                _coverage(f"AUC {auc}, {entities} customers, {days} days, {rate:.0%} by {kind}", auc, ends)
    print("95 % interval of log loss and Brier score, 150 customers on 28 days")
    found = simulated(_means, cases(1000))
    for place, metric in enumerate(("log_loss", "brier")):
        value, low, high = found[:, place].T
        truth = value.mean()
        print(f"  {metric}: holds the truth in {((low <= truth) & (truth <= high)).mean():.1%}")


def _one_row(random, auc, positives, negatives, split):
    return auc_interval(*ranked(random, auc, positives=positives, negatives=negatives, split=split))


def _daily(random, auc, sizes, by_row):
    entities, days, rate = sizes
    return auc_interval(*ranked_daily(random, auc, entities=entities, days=days, rate=rate, by_row=by_row))


def _means(random):
    y, score, _, entity, _ = Scene(days=28, entities=150, by_entity=1.0).drawn(random)
    found = [row_values(metric, y, score, base_rate=0.3) for metric in ("log_loss", "brier")]
    return [(of.value, *mean_interval(of.value, of.contributions, entity)) for of in found]


def _coverage(name, truth, ends):
    low, high = ends.T
    below, above = (high < truth).mean(), (low > truth).mean()
    print(
        f"  {name}: {1 - below - above:.1%} / {above:.1%} / {below:.1%} / {(high - low).mean():.3f}",
        flush=True,
    )


# differences of two models

SCENES = {
    "independent rows, 56 days": Scene(rows=30),
    "days AR(1) 0.8 and rows, 56 days": Scene(rows=30, by_day=0.4, rho=0.8),
    "days AR(1) 0.8 dominate, 56 days": Scene(rows=60, by_day=1.0, rho=0.8, live=0.1, candidate=0.2),
    "days AR(1) 0.8 and rows, 182 days": Scene(rows=15, days=182, by_day=0.4, rho=0.8),
    "150 customers daily": Scene(entities=150, by_entity=1.0),
    "150 customers daily, days AR(1) 0.8": Scene(entities=150, by_entity=1.0, by_day=0.4, rho=0.8),
    "150 customers weekly": Scene(entities=150, every=7, by_entity=1.0),
    "rows weekly, days AR(1) 0.8": Scene(rows=150, every=7, by_day=0.4, rho=0.8),
    "10 rows a day, about 8 positives": Scene(rows=10, base=-5.0),
    "10 rows a day, about 13 positives": Scene(rows=10, base=-4.4),
    "10 rows a day, about 26 positives": Scene(rows=10, base=-3.7),
    "10 rows a day, about 39 positives": Scene(rows=10, base=-3.2),
}


def paired():
    print(
        "Candidate worse by exactly the margin: accepted at an error of 5 % / 1.5 %; an equal one: accepted"
    )
    for name, scene in SCENES.items():
        worse = simulated(_compared, cases(600), scene, False)
        equal = simulated(_compared, cases(600) // 3, scene, True)
        for place, metric in enumerate(METRICS):
            margin = worse[:, place, 0].mean()
            at_5, at_1_5 = ((worse[:, place, end] <= margin).mean() for end in (1, 2))
            power = (equal[:, place, 1] <= margin).mean()
            print(f"  {name}: {metric} {margin:.4f}: {at_5:.1%} / {at_1_5:.1%}; {power:.0%}", flush=True)
    print("Nothing but effects of days, one row each")
    for rho in (0.0, 0.8):
        for days in (56, 84, 112, 168, 224, 365, 730):
            ends = simulated(_days_alone, cases(4000), days, rho)
            print(f"  AR(1) {rho}, {days} days: {(ends <= 0).mean(axis=0)} at 5 %, 1.5 %, 0.5 %", flush=True)


def _compared(random, scene, equal):
    y, live, candidate, entity, day = scene.drawn(random, equal=equal)
    while not 0 < y.sum() < len(y):
        y, live, candidate, entity, day = scene.drawn(random, equal=equal)
    return [_worse_by(metric, (y, live, candidate, entity, day)) for metric in METRICS]


def _worse_by(metric, rows):
    """The difference, positive for a worse candidate, and the upper ends at errors of 5 % and 1.5 %."""
    y, live, candidate, entity, day = rows
    sign = -1 if DECLARED.larger_is_better(metric) else 1
    old, new = (row_values(metric, y, score, base_rate=0.3) for score in (live, candidate))
    value, contributions = sign * (new.value - old.value), sign * (new.contributions - old.contributions)
    ends = (difference(value, contributions, entity=entity, day=day, error=of).high for of in (0.05, 0.015))
    return value, *ends


def _days_alone(random, days, rho):
    values = autoregressive(random, 1, days, rho)[0]
    return [_upper_end(values, error) for error in (0.05, 0.015, 0.005)]


def _upper_end(values, error):
    places, value = np.arange(len(values)), values.mean()
    found = difference(value, (values - value) / len(values), entity=places, day=places, error=error)
    return found.high


# many tries, and the best of many


def tries():
    print("Daily tries of one pair, worse by exactly the margin, from 56 days on: accepted at any try")
    for rho in (0.0, 0.5, 0.8):
        found = simulated(_tried, cases(1000), rho)
        for count in (1, 14, 60):
            print(f"  AR(1) {rho}, {count} tries: {(found[:, :count].any(axis=1)).mean():.1%}", flush=True)
    print("A try every four weeks, all days so far")
    for rho in (0.0, 0.8):
        found = simulated(_tried, cases(1000), rho, 28, 14)
        print(f"  AR(1) {rho}, 14 tries: {(found.any(axis=1)).mean():.1%}", flush=True)
    print(
        "Best of many equal trials, chosen on 56 days, tested on the 56 after, each worse by exactly the margin"
    )
    for rho, share in ((0.0, 1.0), (0.8, 0.5), (0.8, 1.0)):
        for count in (1, 9, 27, 200):
            same, later = simulated(_chosen, cases(2000), count, rho, share).mean(axis=0)
            print(f"  {share:.0%} of a day's variance AR(1) {rho}, {count} trials: {later:.1%}", end=" ")
            print(f"(on the days that chose: {same:.1%})", flush=True)


def _tried(random, rho, apart=1, count=60):
    values = autoregressive(random, 1, 56 + apart * count, rho)[0]
    return [_upper_end(values[: 56 + apart * n], error_of_try(n + 1)) <= 0 for n in range(count)]


def _chosen(random, count, rho, share):
    """Whether the best trial is accepted on the days that chose it, and on later ones.

    Half of a day's variance is shared by the trials, and a share of it lasts.
    """
    lasting = autoregressive(random, count, 112, rho) + autoregressive(random, 1, 112, rho)
    passing = random.normal(size=lasting.shape) * np.sqrt(2)
    noise = np.sqrt(share) * lasting + np.sqrt(1 - share) * passing
    best = noise[noise[:, :56].mean(axis=1).argmin()]
    return [_upper_end(of, 0.05) <= 0 for of in (best[:56], best[56:])]


# calibration


def calibrations():
    print("Verdict on calibration at an error of 5 %: level / slope / either is off")
    for name, (rows, base, entities) in CALIBRATED.items():
        _alarms(f"calibrated, {name}", cases(1000), "as_is", rows, base, entities)
    for entities in (0, 150):
        kind = f"{entities} customers" if entities else "one row each"
        _alarms(f"divided by ten, 1,800 rows, {kind}", cases(300), "tenth", 1800, -2.1, entities)
        _alarms(f"base rate 13 % to 49 %, 1,800 rows, {kind}", cases(300), "moved", 1800, -0.05, entities)
        _alarms(f"1.5 times too extreme, 1,800 rows, {kind}", cases(300), "extreme", 1800, -2.1, entities)
    print("Calibration error of a perfect model: closed form / simulated")
    for rows, base in ((1800, -2.1), (200, -2.1), (1800, -6.0), (100, 0.0)):
        score = special.expit(base + np.random.default_rng(1).normal(size=rows))
        found = simulated(_perfect, cases(1000), score)
        print(f"  {rows} rows, base {base}: {perfect_calibration_error(score):.5f} / {np.nanmean(found):.5f}")


CALIBRATED = {
    "1,800 rows, 260 positives": (1800, -2.1, 0),
    "300 rows, 31 positives": (300, -2.5, 0),
    "1,800 rows, 42 positives": (1800, -4.2, 0),
    "150 customers of 12 rows": (1800, -2.1, 150),
    "60 customers of 30 rows": (1800, -2.1, 60),
    "150 customers of 28 rows": (4200, -1.0, 150),
}
CHANGES = {
    "as_is": lambda score: score,
    "tenth": lambda score: score / 10,
    "moved": lambda score: special.expit(special.logit(score) - 2.05),
    "extreme": lambda score: special.expit(1.5 * (special.logit(score) + 2.1) - 2.1),
}


def _alarms(name, count, *arguments):
    level, slope, either = simulated(_verdict, count, *arguments).mean(axis=0)
    print(f"  {name}: {level:.1%} / {slope:.1%} / {either:.1%}", flush=True)


def _verdict(random, change, rows, base, entities):
    y, score, entity = calibrated(random, rows=rows, base=base, entities=entities)
    found = calibration(y, CHANGES[change](score), entity, error=0.05)
    return found.level_is_off, found.slope_is_off, not found.calibrated


def _perfect(random, score):
    y = (random.random(len(score)) < score).astype(int)
    if not 0 < y.sum() < len(y):
        return np.nan
    return row_values("calibration_error", y, score, base_rate=0.5).value


SECTIONS = {"intervals": intervals, "paired": paired, "tries": tries, "calibration": calibrations}

if __name__ == "__main__":
    for section in sys.argv[1:] or SECTIONS:
        SECTIONS[section]()
