"""The numbers of stored artifacts, made again from their files alone by pandas, scipy and scikit-learn.

Nothing here knows ml_assets: a formula stands here as `docs/numbers.md` has it. Polars only reads Parquet, for pandas.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import skops.io
from scipy import optimize, special, stats
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

LOOSEST = 1e-9  # what rounding to ten digits and another order of sums may differ by


def folders(root, asset):
    """The folder of every committed artifact of an asset under a root."""
    return sorted(path.parent for path in (Path(root) / asset).rglob("manifest.json"))


def manifest_of(folder):
    return json.loads((Path(folder) / "manifest.json").read_text())


def stored(folder, name):
    """The path of one file of an artifact, once its size and SHA-256 are those of the manifest."""
    (file,) = [item for item in manifest_of(folder)["files"] if item["name"] == name]
    path = Path(folder) / file["file"]
    data = path.read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"]), path
    return path


def table(folder, name):
    return pd.DataFrame(pl.read_parquet(stored(folder, name)).to_dict(as_series=False))


def document(folder, name):
    return json.loads(stored(folder, name).read_text())


def used(folder, asset, root):
    """The folder of the very artifact that another was made of: its digest decides."""
    (digest,) = [item["sha256"] for item in manifest_of(folder)["artifacts"] if item["asset"] == asset]
    (found,) = [of for of in folders(root, asset) if manifest_of(of)["files"][0]["sha256"] == digest]
    return found


def numbers(value, path=""):
    """Every leaf of a JSON value by its path, such as `metrics.roc_auc` and `curves.roc.true_positive_rate.3`."""
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inner is None:
        return {path: value}
    found = {} if inner else {path: value}
    for name, of in inner:
        found |= numbers(of, f"{path}.{name}" if path else str(name))
    return found


def evaluation(folder, root):
    """Everything that an evaluation says, from `scores.parquet`, its training set and its model."""
    set_folder = used(folder, "training_set", root)
    contract = manifest_of(set_folder)["facts"]["contract"]
    rows, scores = table(set_folder, "training_set.parquet"), table(folder, "scores.parquet")
    model_file = stored(used(folder, "model", root), "model.skops")
    model = skops.io.load(model_file, trusted=skops.io.get_untrusted_types(file=model_file))
    train, holdout = (rows[rows["fold"] == fold].reset_index(drop=True) for fold in ("train", "holdout"))
    name, entity = entities(rows, contract)
    of_holdout = entity[(rows["fold"] == "holdout").to_numpy()]
    score, y = scores["score"].to_numpy(), scores["outcome"].to_numpy()
    assert y.tolist() == holdout[contract["label"]].tolist()
    for column in ("day", *contract["ids"], contract["event_time"]):
        assert scores[column].tolist() == holdout[column].tolist(), column
    base_rate = train[contract["label"]].mean()
    seed = manifest_of(folder)["parameters"]["seed"]
    found = {**metrics(y, score, of_holdout, base_rate)}
    found["train_roc_auc"] = roc_auc_score(
        train[contract["label"]], model.predict_proba(matrix(train, contract))[:, 1]
    )
    return {
        "metrics": found,
        "rows": {"train": len(train), "holdout": len(holdout)},
        "entity": {"name": name, "holdout": len(set(of_holdout))},
        "curves": curves(y, score),
        "feature_importance": importance(model, holdout, contract, seed),
        "single_features": [alone(feature, train, holdout, contract) for feature in contract["features"]],
    }


def entities(rows, contract):
    """The name of the entity, and a number for each row; rows whose entity is not known are each their own."""
    ids = contract["ids"]
    name = contract.get("entity") or (
        min(reversed(ids), key=lambda of: rows[of].nunique(dropna=False)) if ids else ""
    )
    if not name:
        return name, np.arange(len(rows))
    codes = pd.factorize(rows[name])[0]
    return name, np.where(codes < 0, -1 - np.arange(len(rows)), codes)


def metrics(y, score, entity, base_rate):
    """The metrics of scores against outcomes, with their intervals by entity."""
    constant = np.full(len(y), base_rate)
    squares, logs = (score - y) ** 2, -np.log(np.where(y == 1, score, 1 - score))
    auc = roc_auc_score(y, score)
    found = {
        "roc_auc": auc,
        "average_precision": average_precision_score(y, score),
        "log_loss": log_loss(y, score, labels=[0, 1]),
        "brier": brier_score_loss(y, score),
        "calibration_error": calibration_error(y, score),
        "calibration_error_expected": expected_error(score),
        "lift_at_10pct": lift(y, score),
        "base_rate": y.mean(),
        "baseline_log_loss": log_loss(y, constant, labels=[0, 1]),
        "baseline_brier": brier_score_loss(y, constant),
        "skill": 1 - brier_score_loss(y, score) / brier_score_loss(y, constant),
    }
    found["roc_auc_low"], found["roc_auc_high"] = auc_interval(y, score, entity)
    for name, loss, most in (("log_loss", logs, np.inf), ("brier", squares, 1)):
        low, high = mean_interval(loss, entity)
        found[f"{name}_low"], found[f"{name}_high"] = max(0, low), min(most, high)
    return found


def mean_interval(loss, entity, error=0.05):
    """Student's interval of a mean, with the variance of the jackknife that leaves out one entity at a time."""
    by_entity = pd.Series(loss).groupby(entity).agg(["sum", "size"])
    without = (loss.sum() - by_entity["sum"]) / (len(loss) - by_entity["size"])
    count = len(by_entity)
    scale = np.sqrt(((without - loss.mean()) ** 2).sum() * (count - 1) / count)
    return stats.t.interval(1 - error, count - 1, loc=loss.mean(), scale=scale)


def auc_interval(y, score, entity, error=0.05):
    """Obuchowski's interval on the logit scale; Newcombe's below ten entities of a class, the wider one below fifty."""
    own, other = score[y == 1], score[y == 0]
    right = (own[:, None] > other).astype(float) + (own[:, None] == other) / 2
    auc = right.mean()
    placed, counts = np.zeros(len(y)), []
    for of, mean in ((1, right.mean(axis=1)), (0, right.mean(axis=0))):
        count = len(set(entity[y == of]))
        counts.append(count)
        placed[y == of] = (mean - auc) / (y == of).sum() * np.sqrt(count / max(1, count - 1))
    ends = []
    if min(counts) < 50 or auc in (0, 1):
        ends.append(newcombe(auc, *counts, error=error))
    if min(counts) >= 10 and auc not in (0, 1):
        scale = np.sqrt((pd.Series(placed).groupby(entity).sum() ** 2).sum()) / (auc * (1 - auc))
        around = stats.t.interval(1 - error, min(counts) - 1, loc=special.logit(auc), scale=scale)
        ends.append(special.expit(around))
    return min(low for low, _ in ends), max(high for _, high in ends)


def newcombe(auc, positives, negatives, error):
    """Newcombe (2006), method 5: the AUCs from which the one found is 1.96 standard errors away, at an error of 5 %."""
    half = (positives + negatives) / 2 - 1

    def beyond(a):
        variance = a * (1 - a) * (1 + half * (1 - a) / (2 - a) + half * a / (1 + a)) / (positives * negatives)
        return (auc - a) ** 2 - stats.norm.isf(error / 2) ** 2 * variance

    low = optimize.bisect(beyond, 0, min(auc, 1 - 1e-12), xtol=1e-13) if auc > 0 else 0.0
    high = optimize.bisect(beyond, max(auc, 1e-12), 1, xtol=1e-13) if auc < 1 else 1.0
    return low, high


def tenths(y, score):
    """Mean score, observed rate and rows of each tenth by score; equal scores are in one."""
    rows = pd.DataFrame({"predicted": score, "observed": y, "rows": 1.0})
    groups = rows.groupby(pd.qcut(rows["predicted"], 10, duplicates="drop"), observed=True)
    return groups.agg({"predicted": "mean", "observed": "mean", "rows": "sum"})


def calibration_error(y, score):
    groups = tenths(y, score)
    return np.average((groups["predicted"] - groups["observed"]).abs(), weights=groups["rows"])


def expected_error(score):
    """The mean calibration error of outcomes that have these very probabilities."""
    rows = pd.DataFrame({"p": score, "variance": score * (1 - score)})
    groups = rows.groupby(pd.qcut(rows["p"], 10, duplicates="drop"), observed=True)
    found = 0.0
    for n, p, variance in zip(groups.size(), groups["p"].mean(), groups["variance"].mean(), strict=True):
        count = np.arange(n + 1)
        binomial = (np.abs(count / n - p) * stats.binom.pmf(count, n, p)).sum()
        found += n / len(score) * binomial * np.sqrt(variance / (p * (1 - p)))
    return found


def lift(y, score):
    """The rate of positives in the top tenth over that of all; of rows that tie, each has their mean outcome."""
    rows = pd.DataFrame({"y": y, "score": score})
    rows["y"] = rows.groupby("score")["y"].transform("mean")
    return rows.nlargest(max(1, len(rows) // 10), "score")["y"].mean() / y.mean()


def curves(y, score):
    fpr, tpr, _ = roc_curve(y, score)
    precision, recall, _ = precision_recall_curve(y, score)
    groups = tenths(y, score)
    return {
        "roc": {"false_positive_rate": thin(fpr), "true_positive_rate": thin(tpr)},
        "precision_recall": {"recall": thin(recall[:-1]), "precision": thin(precision[:-1])},
        "calibration": {name: thin(groups[name].to_numpy()) for name in groups},
    }


def thin(values, most=50):
    """At most fifty of them, evenly apart, six digits."""
    last = len(values) - 1
    places = range(last + 1) if last < most else [round(n * last / (most - 1)) for n in range(most)]
    return [round(float(values[place]), 6) for place in places]


def matrix(rows, contract):
    """What the model takes: numbers as floats with NaN, texts with `(missing)`."""
    columns = []
    for name in contract["features"]:
        text = is_text(rows[name])
        columns.append(rows[name].fillna("(missing)") if text else rows[name].astype(float))
    return pd.concat(columns, axis=1)


def is_text(column):
    return not pd.api.types.is_numeric_dtype(column) and column.notna().any()


def importance(model, holdout, contract, seed):
    """The fall of the AUC when a feature is shuffled, thrice, on at most 500 rows of each class."""
    y = holdout[contract["label"]].to_numpy()
    places = np.sort(np.concatenate([evenly(np.flatnonzero(y == of)) for of in (0, 1)]))
    y, cells = y[places], matrix(holdout, contract).iloc[places]
    random, found = np.random.default_rng(seed), []
    full = roc_auc_score(y, model.predict_proba(cells)[:, 1])
    for name in contract["features"]:
        falls = []
        for _ in range(3):
            shuffled = cells.assign(**{name: random.permutation(cells[name].to_numpy())})
            falls.append(full - roc_auc_score(y, model.predict_proba(shuffled)[:, 1]))
        found.append(
            {"feature": name, "mean": round(np.mean(falls), 6) + 0.0, "std": round(np.std(falls), 6)}
        )
    return sorted(found, key=lambda item: (-item["mean"], item["feature"]))


def evenly(places, most=500):
    last = len(places) - 1
    return places if last < most else places[[round(n * last / (most - 1)) for n in range(most)]]


def alone(name, train, holdout, contract):
    """The AUC of nothing but one feature: by its value, or by the rate of its category, and by its being missing."""
    y, missing = holdout[contract["label"]], holdout[name].isna()
    known, rate = holdout[~missing], train[contract["label"]].mean()
    ranked = known[name]
    if is_text(holdout[name]):
        ranked = ranked.map(train.groupby(name)[contract["label"]].mean()).fillna(rate)
    by_value = auc_of_enough(known[contract["label"]], ranked)
    if by_value is not None and not is_text(holdout[name]):
        by_value = max(by_value, 1 - by_value)
    by_missing = auc_of_enough(y, missing) if 0 < missing.sum() < len(y) else None
    return {
        "feature": name,
        "known_rows": len(known),
        "roc_auc": by_value,
        "missing_roc_auc": None if by_missing is None else max(by_missing, 1 - by_missing),
    }


def auc_of_enough(y, ranked):
    """None where fewer than five rows are of a class."""
    few = min(y.sum(), len(y) - y.sum()) < 5
    return None if few else roc_auc_score(y, ranked.astype(float))
