"""A stored `backfill_report`, made again from the evaluations and training sets in its lineage, without ml_assets."""

import datetime as dt
import hashlib

import numpy as np
import rfc8785
from scipy import stats

from ml_assets_tests.recomputed import document, folders, manifest_of
from ml_assets_tests.recomputed_rows import averaged, mean_interval, sample, scores, training_facts, used_all

FACTS = ("rows", "base_rate", "train_rows", "holdout_rows")
POOLED = {"roc_auc": 1, "log_loss": np.inf, "brier": 1}


def report(folder, root):
    """Everything that a report says. Of the stored one are taken only the status of each day and why it failed."""
    manifest, told = manifest_of(folder), document(folder, "backfill_report.json")
    parameters = {k: v for k, v in manifest["parameters"].items() if k not in ("window_days", "metric")}
    found = {asset: by_day(folder, asset, root) for asset in ("evaluation", "training_set")}
    days = [day_of(day, parameters, found) for day in told["days"]]
    done = [day for day in days if day["status"] in ("made", "reused")]
    return {
        "parameters": parameters,
        "environment": manifest["environment"],
        "first": days[0]["as_of"],
        "last": days[-1]["as_of"],
        "metric": manifest["parameters"]["metric"],
        "asked": len(days),
        "done": len(done),
        "success_rate": len(done) / len(days),
        "counts": {s: sum(d["status"] == s for d in days) for s in ("made", "reused", "failed", "missing")},
        "seconds": sum(day["seconds"] or 0 for day in days),
        **summaries(done, parameters),
        "pooled": pooled({day["as_of"]: found["evaluation"][day["as_of"]] for day in done}),
        "drift": drifts(done, parameters),
        "errors": errors(days),
        "days": days,
        "coverage": coverage(
            root, parameters, [day["as_of"] for day in days], manifest["parameters"]["metric"]
        ),
    }


def window(manifest):
    """The days that are asked for."""
    last = dt.date.fromisoformat(manifest["as_of"])
    count = manifest["parameters"]["window_days"]
    return [str(last - dt.timedelta(days=n)) for n in range(count - 1, -1, -1)]


def by_day(folder, asset, root):
    return {manifest_of(of)["as_of"]: of for of in used_all(folder, asset, root)}


def day_of(told, parameters, found):
    """One day, from the manifests of its evaluation and of its training set."""
    day = {name: told[name] for name in ("as_of", "status", "reason")}
    day |= {"run_id": name_of(parameters, told["as_of"]), "metrics": {}, "facts": {}, "seconds": None}
    if told["status"] not in ("made", "reused"):
        return day
    evaluation, rows = (manifest_of(found[of][told["as_of"]]) for of in ("evaluation", "training_set"))
    assert evaluation["run_id"] == day["run_id"]
    if rows["dagster_run_id"] and rows["dagster_run_id"] == evaluation["dagster_run_id"]:
        begun, ended = (
            dt.datetime.fromisoformat(time) for time in (rows["started_at"], evaluation["created_at"])
        )
        day["seconds"] = round((ended - begun).total_seconds(), 3)
    facts = training_facts(found["training_set"][told["as_of"]])
    facts = {name: facts[name] for name in FACTS}
    return day | {"metrics": evaluation["metrics"], "facts": facts}


def name_of(parameters, as_of):
    """The run_id of a day."""
    identity = rfc8785.dumps({"scheme": 1, "as_of": as_of, "parameters": parameters})
    return hashlib.sha256(identity).hexdigest()[:12]


def series(done, of, name):
    """A number by day as a proleptic ordinal, in order."""
    held = [day for day in done if name in day[of]]
    return (
        np.array([dt.date.fromisoformat(day["as_of"]).toordinal() for day in held]),
        np.array([day[of][name] for day in held], dtype=float),
    )


def summaries(done, parameters):
    names = {of: dict.fromkeys(name for day in done for name in day[of]) for of in ("metrics", "facts")}
    many = sum(not is_end(name, names[of]) for of in names for name in names[of])
    found = {
        of: {name: summary(*series(done, of, name), length(of, name, parameters), many) for name in names[of]}
        for of in names
    }
    return {"metrics": found["metrics"], "rows": found["facts"]}


def is_end(name, names):
    return name.endswith(("_low", "_high")) and name.rpartition("_")[0] in names


def length(of, name, parameters):
    """On the rows of how many days a number is measured."""
    over = name.startswith("holdout_") if of == "facts" else not name.startswith("train_")
    return parameters["holdout_days" if over else "lookback_days"]


def summary(days, values, window_days, many):
    return {
        "days": len(values),
        "mean": values.mean(),
        "std": values.std(ddof=1) if len(values) > 1 else None,
        "min": values.min(),
        "max": values.max(),
        "trend": trend(days, values, window_days) if len(values) > 2 else None,
        "outliers": outliers(days, values, 0.04 / many) if len(values) > 4 else [],
    }


def trend(days, values, window_days):
    """The line of least squares; its error is Newey and West's, corrected as by Bell and McCaffrey."""
    slope = stats.linregress(days, values).slope
    if days[-1] - days[0] < 3 * window_days:
        return {"slope": slope, "low": None, "high": None, "direction": "window too short"}
    centred, gap = days - days.mean(), abs(np.subtract.outer(days, days))
    weight = centred / (centred**2).sum()
    make = np.eye(len(days)) - 1 / len(days) - np.outer(centred, weight)  # residuals of values
    kernel = np.outer(weight, weight) * np.maximum(0, 1 - gap / (window_days + 1))
    model = np.maximum(0, 1 - gap / window_days)
    residuals, of_model = make @ values, make @ model @ make
    expected = (kernel * of_model).sum()
    corrected = residuals @ kernel @ residuals * (weight @ model @ weight) / expected
    freedom = expected**2 / np.trace(kernel @ of_model @ kernel @ of_model)
    margin = stats.t.ppf(0.975, freedom) * np.sqrt(max(0, corrected))
    low, high = round(slope - margin, 10), round(slope + margin, 10)
    direction = "rising" if low > 0 else "falling" if high < 0 else "no clear trend"
    return {"slope": slope, "low": low, "high": high, "direction": direction}


def outliers(days, values, error):
    """Rosner's test: the days up to the last one that is beyond its limit; scores by the days that stay."""
    left, removed, beyond = list(range(len(values))), [], 0
    for _ in range(max(1, min(10, len(values) // 5))):
        held = values[left]
        if held.std(ddof=1) <= 1e-10:
            break
        distance = abs(held - held.mean()) / held.std(ddof=1)
        n, furthest = len(held), distance.argmax()
        t = stats.t.ppf(1 - error / (2 * n), n - 2)
        removed.append(left.pop(furthest))
        if distance[furthest] > (n - 1) * t / np.sqrt((n - 2 + t**2) * n):
            beyond = len(removed)
    rest = np.delete(values, removed[:beyond])
    spread = rest.std(ddof=1)
    return [
        {
            "as_of": str(dt.date.fromordinal(days[place])),
            "value": values[place],
            "score": round((values[place] - rest.mean()) / spread, 2) if spread > 1e-10 else None,
        }
        for place in sorted(removed[:beyond])
    ]


def pooled(by_as_of):
    """Means over the days, with intervals by entity from the rows of all holdouts, each once."""
    held = {as_of: scores(of) for as_of, of in by_as_of.items()}
    (entity,) = {manifest_of(of)["facts"]["entity"] for of in by_as_of.values()}
    rows, metrics = sample(held, entity), {}
    for name, most in POOLED.items():
        value, contributions = averaged(name, held, rows, {})
        low, high = mean_interval(value, contributions, rows.entity)
        metrics[name] = {"value": value, "low": max(0, low), "high": min(most, high)}
    return {"metrics": metrics, "rows": len(rows.y), "entities": len(set(rows.entity)), "why_not": ""}


def drifts(done, parameters):
    wanted = {
        "rows": ("facts", "rows", "lookback_days"),
        "base_rate": ("facts", "base_rate", "lookback_days"),
        "holdout_rows": ("facts", "holdout_rows", "holdout_days"),
        "holdout_base_rate": ("metrics", "base_rate", "holdout_days"),
    }
    return {
        name: drift(*series(done, of, number), parameters[over])
        for name, (of, number, over) in wanted.items()
        if len(done) > 3
    }


def drift(days, values, window_days):
    half = len(values) // 2
    earlier, later = values[:half].mean(), values[-half:].mean()
    apart = days[-half:].mean() - days[:half].mean()
    change = later - earlier
    return {
        "earlier": earlier,
        "later": later,
        "change": change,
        "relative": change / earlier if earlier else None,
        "flagged": bool(abs(change / earlier) >= 0.1 if earlier else change),
        "days_apart": round(apart, 2),
        "shared": round(max(0.0, 1 - apart / window_days), 4),
    }


def errors(days):
    reasons = {}
    for day in days:
        if day["status"] == "failed":
            reasons.setdefault(day["reason"], []).append(day["as_of"])
    found = [{"reason": reason, "days": held} for reason, held in reasons.items()]
    return sorted(found, key=lambda item: (-len(item["days"]), item["days"]))


def coverage(root, parameters, days, metric):
    """By parameter set, what is stored of the days: that of the report first, then those with the most days."""
    found = {rfc8785.dumps(parameters): (parameters, {})}
    for manifest in map(manifest_of, folders(root, "evaluation")):
        own = manifest["parameters"]
        if own["dataset"] == parameters["dataset"] and manifest["as_of"] in days:
            values = found.setdefault(rfc8785.dumps(own), (own, {}))[1]
            values[manifest["as_of"]] = manifest["metrics"][metric]
    first = rfc8785.dumps(parameters)
    names = sorted(found, key=lambda name: (name != first, -len(found[name][1]), name))
    sets = [{"parameters": found[name][0], "values": found[name][1]} for name in names[:30]]
    return {"metric": metric, "days": days, "sets": sets, "left_out": max(0, len(names) - 30)}
