"""A stored `leaderboard`, made again from the evaluations in its lineage and their scores, without ml_assets."""

import numpy as np
import pandas as pd

from ml_assets_tests.recomputed import auc_interval, document, manifest_of
from ml_assets_tests.recomputed_confidence_set import by_cell, cells, confidence_set
from ml_assets_tests.recomputed_importance import importance
from ml_assets_tests.recomputed_rows import (
    averaged,
    codes,
    date,
    fortnights,
    mean_interval,
    ordinals,
    paired_interval,
    row_values,
    sample,
    scores,
    training_facts,
    used_all,
)

LARGER = ("roc_auc", "average_precision", "lift_at_10pct", "skill")
OMITTED = {"calibrate": False, "purged": False}  # what stands in the parameters only where it is true
NEEDED = {
    "days of rows": 56,
    "fortnights with rows": 4,
    "entities with outcome 1": 20,
    "entities with outcome 0": 20,
}


def leaderboard(folder, root):
    """Everything that a leaderboard says in numbers; which trials failed, and why, is taken from the stored one."""
    manifest, failed = manifest_of(folder), document(folder, "leaderboard.json")["failed"]
    metric, varied = manifest["parameters"]["sweep"]["metric"], list(manifest["parameters"]["sweep"]["grid"])
    larger = metric in LARGER
    trials = by_trial(folder, root)
    days = sorted({day for trial in trials for day in trial} | {day for of in failed for day in days_of(of)})
    trials = [
        trial for trial in trials if last(trial)["parameters"] not in [of["parameters"] for of in failed]
    ]
    trials.sort(key=lambda trial: order(trial, metric, larger))
    ranked = [line(place, trials, metric, varied, days) for place in range(len(trials))]
    shared = [day for day in days if trials and all(day in trial for trial in trials)]
    found = {
        "metric": metric,
        "larger_is_better": larger,
        "varied": varied,
        "days": days,
        "shared_days": shared,
        "trials": ranked,
        "failed": failed,
        "failures": failures(failed),
        "importance": importance(
            pd.DataFrame([item["values"] for item in ranked]),
            pd.DataFrame([[item["by_day"][day] for day in shared] for item in ranked], columns=shared),
        ),
    }
    return found | evidence(ranked, trials, days, metric, root)


def by_trial(folder, root):
    """Of each trial the folder of its evaluation by day."""
    trials = {}
    for of in used_all(folder, "evaluation", root):
        manifest = manifest_of(of)
        trials.setdefault(str(sorted(manifest["parameters"].items())), {})[manifest["as_of"]] = of
    return [dict(sorted(trial.items())) for trial in trials.values()]


def days_of(failed):
    return [day for error in failed["errors"] for day in error["days"]]


def failures(failed):
    """The reasons, those of the most trials first."""
    groups = {}
    for of in failed:
        for error in of["errors"]:
            groups.setdefault(error["reason"], []).append((of["run_id"], error["days"]))
    found = [
        {
            "reason": reason,
            "run_ids": [name for name, _ in held],
            "days": sorted({d for _, ds in held for d in ds}),
        }
        for reason, held in groups.items()
    ]
    return sorted(found, key=lambda group: (-len(group["run_ids"]), group["reason"]))


def last(trial):
    return manifest_of(trial[max(trial)])


def series(trial, metric):
    return {day: manifest_of(of)["metrics"][metric] for day, of in trial.items()}


def mean(values):
    return float(np.mean(list(values)))


def order(trial, metric, larger):
    value = round(mean(series(trial, metric).values()), 10)
    return -len(trial), -value if larger else value, last(trial)["run_id"]


def line(place, trials, metric, varied, days):
    """One trial, without what only rows can say."""
    trial, first = trials[place], series(trials[0], metric)
    own, points = last(trial), series(trial, metric)
    every = pd.DataFrame([series(other, metric) for other in trials])
    best = every.max() if metric in LARGER else every.min()
    paired = [points[day] - first[day] for day in points if place and day in first]
    single = own["metrics"] if len(points) == 1 else {}
    return {
        "rank": place + 1,
        "run_id": own["run_id"],
        "as_of": own["as_of"],
        "parameters": own["parameters"],
        "values": {name: own["parameters"].get(name, OMITTED.get(name)) for name in varied},
        "mean": mean(points.values()),
        "std": np.std(list(points.values()), ddof=1) if len(points) > 1 else None,
        "low": single.get(f"{metric}_low"),
        "high": single.get(f"{metric}_high"),
        "days": len(points),
        "complete": len(points) == len(days),
        "best_days": sum(value == best[day] for day, value in points.items()),
        "paired_days": len(paired),
        "difference": mean(paired) if paired else None,
        **dict.fromkeys(("difference_low", "difference_high", "p_value", "distinguishable")),
        "metrics": {name: mean(series(trial, name).values()) for name in own["metrics"]},
        "by_day": points,
    }


def evidence(ranked, trials, days, metric, root):
    """What the rows say; it is put into the lines of those trials that have all days and the rows of the first one."""
    if len(ranked) < 2 or not ranked[0]["complete"]:
        return {"rows": None, "nested": None}
    held = {day: scores(of) for day, of in trials[0].items()}
    entity = last(trials[0])["facts"]["entity"]
    of, sums, ends, lasts = sample(held, entity), {}, {}, []
    sign = 1 if metric in LARGER else -1
    place, shape = cells(of)
    for item, trial in zip(ranked, trials, strict=True):
        own = {day: scores(folder) for day, folder in trial.items()}
        if set(own) != set(days) or any(not same_rows(own[day], held[day]) for day in own):
            continue
        rates = {day: base_rate(folder, root) for day, folder in trial.items()}
        lasts.append((item["run_id"], own[days[-1]], rates[days[-1]]))
        value, contributions = averaged(metric, own, of, rates)
        if not ends:
            first = value, contributions
        ends[item["run_id"]] = paired_interval(value - first[0], contributions - first[1], of)
        sums[item["run_id"]] = by_cell(sign * (contributions + value * of.weight), place, shape)
    rows = looked_at(of)
    if not rows["missing"]:
        names = sorted(sums)
        chances = confidence_set(np.array([sums[name] for name in names]), by_cell(of.weight, place, shape))
        against = {name: (*ends[name], chance) for name, chance in zip(names, chances, strict=True)}
        for item in ranked[1:]:
            item.update(told(*against[item["run_id"]]) if item["run_id"] in against else {})
    return {"rows": rows, "nested": nested(lasts, metric, entity)}


def told(low, high, chance):
    worse = chance < 0.05 and low is not None and not low <= 0 <= high
    return {"difference_low": low, "difference_high": high, "p_value": chance, "distinguishable": worse}


def same_rows(one, other):
    return one.drop(columns=["score", "outcome"]).equals(other.drop(columns=["score", "outcome"]))


def base_rate(folder, root):
    """The share of a yes among the rows that the trial was trained on."""
    (of,) = used_all(folder, "training_set", root)
    return training_facts(of)["train_base_rate"]


def training_sets(folder, root):
    """Those that the trials were measured on."""
    return [
        rows for of in used_all(folder, "evaluation", root) for rows in used_all(of, "training_set", root)
    ]


def looked_at(of):
    """The rows of all holdouts, each once."""
    entities = {kind: len(set(of.entity[of.y == kind])) for kind in (1, 0)}
    span = int(of.day.max() - of.day.min() + 1)
    has = dict(zip(NEEDED, (span, len(set(fortnights(of.day))), entities[1], entities[0]), strict=True))
    return {
        "rows": len(of.y),
        "entities": len(set(of.entity)),
        "first": date(of.day.min()),
        "last": date(of.day.max()),
        "holdouts": len({tuple(places) for places in of.places.values()}),
        "missing": [f"{has[w]} of the {n} {w} that it takes" for w, n in NEEDED.items() if has[w] < n],
    }


def nested(trials, metric, entity):
    """The best trial of the earlier half of the event days of the last holdout, measured on the later half."""
    found = []
    for run_id, rows, rate in trials:
        parts = halves(rows)
        if all(len(set(part["outcome"])) == 2 for part in parts):
            value = of_rows(metric, parts[0], rate)[0]
            found.append((-value if metric in LARGER else value, run_id, value, parts, rate))
    if len(found) < 2:
        return None
    _, run_id, chosen, (earlier, later), rate = min(found, key=lambda item: item[:2])
    value, influence = of_rows(metric, later, rate)
    entities = codes(later, entity)
    if metric == "roc_auc":
        low, high = auc_interval(later["outcome"].to_numpy(), later["score"].to_numpy(), entities)
    else:
        low, high = mean_interval(value, influence / len(later), entities)
    return {
        "run_id": run_id,
        "trials": len(found),
        "chosen": chosen,
        "chosen_first": str(earlier["day"].min()),
        "chosen_last": str(earlier["day"].max()),
        "value": value,
        "low": low,
        "high": high,
        "first": str(later["day"].min()),
        "last": str(later["day"].max()),
        "rows": len(later),
    }


def halves(rows):
    day = ordinals(rows)
    early = day < day.min() + (day.max() - day.min() + 1) // 2
    return rows[early], rows[~early]


def of_rows(metric, rows, rate):
    return row_values(metric, rows["outcome"].to_numpy(), rows["score"].to_numpy(), rate)
