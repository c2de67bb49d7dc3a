"""What reports and leaderboards say of rows, made again from `scores.parquet`; as `recomputed`, it knows nothing of ml_assets."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import average_precision_score, roc_auc_score

from ml_assets_tests.recomputed import LOOSEST, folders, lift, manifest_of, numbers, table


def used_all(folder, asset, root):
    """The folders of all artifacts of one kind that another was made of: run_id and digest decide."""
    by_name = {}
    for of in folders(root, asset):
        manifest = manifest_of(of)
        by_name[manifest["run_id"], manifest["files"][0]["sha256"]] = of
    wanted = [item for item in manifest_of(folder)["artifacts"] if item["asset"] == asset]
    return [by_name[item["run_id"], item["sha256"]] for item in wanted]


def training_facts(folder):
    """What reports and leaderboards read among the facts of a training set, from its rows."""
    rows, label = table(folder, "training_set.parquet"), manifest_of(folder)["facts"]["contract"]["label"]
    train = rows[rows["fold"] == "train"]
    return {
        "rows": len(rows),
        "base_rate": round(rows[label].mean(), 6),
        "train_rows": len(train),
        "train_base_rate": round(train[label].mean(), 6),
        "holdout_rows": sum(rows["fold"] == "holdout"),
        "last_day": str(rows["day"].max()),
    }


def assert_same(stored, again):
    """Both have the same leaves, numbers to the ninth digit."""
    first, second = numbers(stored), numbers(again)
    assert first.keys() == second.keys()
    for path, value in first.items():
        number = isinstance(value, float) and second[path] is not None
        close = number and abs(value - second[path]) <= LOOSEST * max(1, abs(value))
        assert close or value == second[path], (path, value, second[path])


def scores(folder):
    return table(folder, "scores.parquet")


@dataclass
class Sample:
    """Rows, each once: their event day, entity and outcome, and by as_of the place of each row of a holdout."""

    day: np.ndarray
    entity: np.ndarray
    y: np.ndarray
    places: dict

    @property
    def weight(self):
        """A row's share of a mean over the holdouts."""
        found = np.zeros(len(self.y))
        for places in self.places.values():
            found[places] += 1 / (len(self.places) * len(places))
        return found


def sample(by_day, entity):
    """The rows of the holdouts of some days, in the order of day, ids and event time; twins in the order they have."""
    keys = [name for name in next(iter(by_day.values())) if name not in ("score", "outcome")]
    names = [*keys, "twin"]
    numbered = {
        as_of: rows.assign(twin=rows.groupby(keys, dropna=False).cumcount()) for as_of, rows in by_day.items()
    }
    rows = pd.concat(numbered.values()).drop_duplicates(names, keep="last")
    rows = rows.sort_values(names, na_position="first").reset_index(drop=True)
    place = rows[names].assign(place=rows.index)
    return Sample(
        day=ordinals(rows),
        entity=codes(rows, entity),
        y=rows["outcome"].to_numpy(),
        places={
            as_of: of[names].merge(place, on=names, how="left")["place"].to_numpy()
            for as_of, of in numbered.items()
        },
    )


def ordinals(rows):
    return np.array([day.toordinal() for day in rows["day"]])


def codes(rows, entity):
    """A number for each row, in the order of the ids; rows whose entity is not known have the numbers after these."""
    own = np.arange(len(rows))
    if not entity:
        return own
    found = pd.factorize(rows[entity], sort=True)[0]
    return np.where(found < 0, max(found.max(), 0) + 1 + own, found)


def averaged(metric, by_day, of, base_rates):
    """The mean of a metric over days, and what each row of the sample contributes to it."""
    values, found = [], np.zeros(len(of.y))
    for as_of, rows in by_day.items():
        y, p = rows["outcome"].to_numpy(), rows["score"].to_numpy()
        value, influence = row_values(metric, y, p, base_rates.get(as_of, 0.5))
        values.append(value)
        found[of.places[as_of]] += influence / (len(y) * len(by_day))
    return np.mean(values), found


def row_values(metric, y, p, base_rate):
    """A metric, and the influence of each row: n times what the metric gains by a little more weight of that row."""
    return METRICS[metric](y, p, base_rate)


def roc_auc(y, p, _):
    own, other = p[y == 1], p[y == 0]
    right = (own[:, None] > other).astype(float) + (own[:, None] == other) / 2
    placed = np.empty(len(y))
    placed[y == 1], placed[y == 0] = right.mean(axis=1), right.mean(axis=0)
    return roc_auc_score(y, p), (placed - right.mean()) * np.where(
        y == 1, len(y) / y.sum(), len(y) / (1 - y).sum()
    )


def average_precision(y, p, _):
    levels = np.unique(p)[::-1]
    at = [p == level for level in levels]
    d = np.array([y[of].sum() for of in at])
    n = np.cumsum([of.sum() for of in at])
    t = np.cumsum(d)
    found = np.empty(len(y))
    value = average_precision_score(y, p)
    for g, of in enumerate(at):
        gain = t[g] / n[g] + (d[g:] / n[g:]).sum() - value
        found[of] = (y[of] * gain - (d[g:] * t[g:] / n[g:] ** 2).sum()) * len(y) / y.sum()
    return value, found


def top_tenth(y, p, _):
    count = max(1, len(y) // 10)
    ordered = np.sort(p)[::-1]
    last = ordered[count - 1]
    inside = np.where(p > last, 1.0, 0.0)
    inside[p == last] = (count - inside.sum()) / (p == last).sum()
    first, end = ordered[count - 1 - count // 2], ordered[min(len(y) - 1, count - 1 + count // 2)]
    rate = y[(p <= first) & (p >= end)].mean()
    value, pull = lift(y, p), (y - rate) * inside * len(y) / count
    return value, (pull - pull.mean() - value * (y - y.mean())) / y.mean()


def of_losses(loss):
    return loss.mean(), loss - loss.mean()


def log_losses(y, p, _):
    p = np.clip(p, np.finfo(float).eps, 1 - np.finfo(float).eps)
    return of_losses(-np.log(np.where(y == 1, p, 1 - p)))


def squares(y, p, _):
    return of_losses((p - y) ** 2)


def skill(y, p, base_rate):
    model, constant = (p - y) ** 2, (base_rate - y) ** 2
    ratio = model.mean() / constant.mean()
    return 1 - ratio, (ratio * (constant - constant.mean()) - (model - model.mean())) / constant.mean()


def calibration(y, p, _):
    group = pd.qcut(p, 10, labels=False, duplicates="drop")
    sign = np.sign(pd.Series(p - y).groupby(group).transform("mean").to_numpy())
    return of_losses(sign * (p - y))


METRICS = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "lift_at_10pct": top_tenth,
    "log_loss": log_losses,
    "brier": squares,
    "skill": skill,
    "calibration_error": calibration,
}


def variance(contributions, cluster):
    """That of the jackknife which leaves out one cluster at a time; 0 where there is one only."""
    by_cluster = pd.Series(contributions).groupby(cluster).agg(["sum", "size"])
    count = len(by_cluster)
    if count == 1:
        return 0.0
    without = by_cluster["sum"] / (1 - by_cluster["size"] / len(contributions))
    return (without**2).sum() * (count - 1) / count


def mean_interval(value, contributions, entity):
    count = len(set(entity))
    if count == 1:
        return None, None
    return stats.t.interval(0.95, count - 1, loc=value, scale=np.sqrt(variance(contributions, entity)))


def paired_interval(value, contributions, of):
    """Of a difference on the same rows: by blocks of event days and by entity."""
    block = fortnights(of.day)
    blocks, entities = len(set(block)), len(set(of.entity))
    if min(blocks, entities) < 2:
        return None, None
    beyond = variance(contributions, of.entity) - variance(contributions, np.arange(len(contributions)))
    by_block = stats.t.ppf(0.975, blocks - 1) ** 2 * variance(contributions, block)
    margin = np.sqrt(by_block + stats.t.ppf(0.975, entities - 1) ** 2 * max(0, beyond))
    return value - margin, value + margin


def fortnights(day):
    """Blocks of equal length, of at least 14 days, at most twelve."""
    span = day.max() - day.min() + 1
    return (day - day.min()) * max(1, min(12, span // 14)) // span


def date(ordinal):
    return str(dt.date.fromordinal(int(ordinal)))
