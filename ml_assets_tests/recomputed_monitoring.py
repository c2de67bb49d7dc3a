"""The numbers of a monitoring, made again from its scores, the evaluation's, stored predictions and landed rows.

Nothing here knows ml_assets: a formula stands here as `docs/numbers.md` has it.
"""

import datetime as dt
import math

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import special, stats

from ml_assets_tests import recomputed
from ml_assets_tests.recomputed_comparison import jackknife
from ml_assets_tests.recomputed_drift import drift
from ml_assets_tests.recomputed_read import by_digest, closing_days, codes, made_of, made_of_all, source_rows

OF_A_DAY = ("roc_auc", "roc_auc_low", "roc_auc_high", "log_loss", "brier", "base_rate")
A_DAY = dt.timedelta(days=1)


def monitoring(folder, roots):
    """Everything that a monitoring says, but for its commands and notes; `roots` hold the artifacts."""
    manifest, stored = recomputed.manifest_of(folder), by_digest(roots)
    model, learned, evaluation = (
        made_of(folder, asset, stored) for asset in ("model", "training_set", "evaluation")
    )
    asked, of_model = manifest["parameters"], recomputed.manifest_of(model)
    as_of, facts = dt.date.fromisoformat(manifest["as_of"]), recomputed.manifest_of(learned)["facts"]
    closing, own = closing_days(learned), dt.date.fromisoformat(facts["last_day"])
    tables = (
        recomputed.table(of, "predictions.parquet") for of in made_of_all(folder, "predictions", stored)
    )
    predictions = {table["day"].iloc[0]: table for table in tables}
    windows = [
        [day for day in (last - n * A_DAY for n in reversed(range(many))) if day > own]
        for last, many in ((as_of - closing * A_DAY, asked["window_days"]), (as_of, asked["drift_days"]))
    ]
    uri, contract = manifest["sources"][0]["uri"], facts["contract"]
    missing = sorted({day for days in windows for day in days} - {*predictions})
    latest = [day for day in windows[1] if day in predictions]
    rows = recomputed.table(learned, "training_set.parquet")
    return {
        "dataset": asked["dataset"],
        "source": asked["source"],
        "model": {
            "run_id": of_model["run_id"],
            "model_version": of_model["parameters"]["model_version"],
            "as_of": of_model["as_of"],
            "sha256": of_model["files"][0]["sha256"],
        },
        "as_of": str(as_of),
        "outcomes": {
            "first": str(windows[0][0]),
            "last": str(windows[0][-1]),
            "closing_days": closing,
            **joined(folder, predictions, windows[0], uri, contract),
            **outcomes(folder, evaluation, facts, asked["min_rows"], look(as_of, own, closing)),
        },
        "drift": drift(
            rows[rows["fold"] == "train"],
            source_rows(uri, latest),
            recomputed.table(evaluation, "scores.parquet")["score"].to_numpy(),
            pd.concat([predictions[day] for day in latest])["score"].to_numpy(),
            features=contract["features"],
            days=latest,
        ),
        "drift_first": str(as_of - (asked["drift_days"] - 1) * A_DAY),
        "missing": [str(day) for day in missing],
    }


def look(as_of, own, closing):
    """Which look it is by the calendar, and its share of 5 %."""
    number = (as_of - own).days - closing
    return {"number": number, "error": 0.05 * 90 / ((number + 89) * (number + 90))}


def joined(folder, predictions, days, uri, contract):
    """How many scored rows have no outcome, and the other way round; those that have both are the `scores.parquet`."""
    scored = [day for day in days if day in predictions]
    keys = ["day", *contract["ids"], contract["event_time"]]
    score, known = pd.concat([predictions[day] for day in scored]), source_rows(uri, scored)
    known = known[known[contract["label"]].notna()]
    unclear = pd.concat([of.loc[of.duplicated(keys), keys] for of in (score, known)]).drop_duplicates()
    found = score.merge(known[[*keys, contract["label"]]], on=keys, how="outer", indicator=True)
    found = found.merge(unclear, on=keys, how="left", indicator="unclear")
    found = found[found["unclear"] == "left_only"].sort_values(keys)
    both, kept = found[found["_merge"] == "both"], recomputed.table(folder, "scores.parquet")
    assert both["score"].tolist() == kept["score"].tolist()
    assert both[contract["label"]].tolist() == kept["outcome"].tolist()
    ambiguous = len(score.merge(unclear, on=keys))
    return {
        "days_scored": len(scored),
        "waiting": len(score) - len(both) - ambiguous,
        "unscored": int((found["_merge"] == "right_only").sum()),
        "ambiguous": ambiguous,
    }


def outcomes(folder, evaluation, facts, min_rows, look):
    """Metrics, verdicts and days, from the scores of the monitoring and those of the evaluation."""
    rows, before = (recomputed.table(of, "scores.parquet") for of in (folder, evaluation))
    promised = recomputed.manifest_of(evaluation)["metrics"]
    overall = measured(rows, facts, min_rows)
    compared = [
        name for name in overall["metrics"] if name in promised and not name.endswith(("_low", "_high"))
    ]
    verdicts = verdicts_of(rows, before, facts["contract"]["entity"], look["error"])
    given = [of["verdict"] for of in verdicts.values()]
    tenths = recomputed.curves(rows["outcome"].to_numpy(), rows["score"].to_numpy())["calibration"]
    return {
        "overall": overall,
        "calibration": tenths,
        "compared": {
            name: {"evaluated": promised[name], "now": now, "difference": now - promised[name]}
            for name, now in ((name, overall["metrics"][name]) for name in compared)
        },
        "look": look,
        "verdicts": verdicts,
        "verdict": next(of for of in ("worse", "better", "no clear difference") if of in given),
        "days": [of_a_day(day, measured(part, facts, min_rows)) for day, part in rows.groupby("day")],
    }


def measured(rows, facts, min_rows):
    y = rows["outcome"].to_numpy()
    found = {"rows": len(rows), "metrics": {}, "reason": ""}
    if len(rows) < min_rows:
        found["reason"] = f"{len(rows)} rows with outcomes; from {min_rows} on there are metrics"
    elif not 0 < y.sum() < len(y):
        found["reason"] = f"all {len(y)} outcomes are {y[0]}"
    else:
        entity = codes(rows, facts["contract"]["entity"])
        found["metrics"] = recomputed.metrics(y, rows["score"].to_numpy(), entity, facts["train_base_rate"])
    return found


def of_a_day(day, found):
    kept = {name: found["metrics"][name] for name in OF_A_DAY if found["metrics"]}
    return {"day": str(day), **found, "metrics": kept}


def verdicts_of(rows, before, entity, error):
    """All three, of enough entities of either outcome."""
    parts = [(of["outcome"].to_numpy(), of["score"].to_numpy(), codes(of, entity)) for of in (rows, before)]
    aucs, losses, shares = zip(*(estimates(*part, error) for part in parts), strict=True)
    moved = against(*shares)
    test = calibration(*parts[0], error)
    return {
        "ranking": judged(*aucs, larger_is_better=True),
        "calibration": {**test, "evaluated": calibration(*parts[1], 0.05)["verdict"] != "worse"},
        "log_loss": {
            **judged(*losses, larger_is_better=False),
            "base_rate": shares[0][0],
            "base_rate_evaluated": shares[1][0],
            "base_rate_moved": bool(moved[0] > 0 or moved[1] < 0),
            "constant": stats.bernoulli(shares[0][0]).entropy(),
            "constant_evaluated": stats.bernoulli(shares[1][0]).entropy(),
        },
    }


def estimates(y, score, entity, error):
    """ROC AUC, log loss and share of a yes, each with its interval."""
    loss = -np.log(np.where(y == 1, score, 1 - score))
    auc = recomputed.roc_auc_score(y, score)
    return (
        (auc, *recomputed.auc_interval(y, score, entity, error)),
        (loss.mean(), *recomputed.mean_interval(loss, entity, error)),
        (y.mean(), *recomputed.mean_interval(y, entity, error)),
    )


def against(now, then):
    """The interval of a difference by square-and-add."""
    (value, low, high), (before, before_low, before_high) = now, then
    return (
        value - before - math.hypot(value - low, before_high - before),
        value - before + math.hypot(high - value, before - before_low),
    )


def judged(now, then, *, larger_is_better):
    low, high = against(now, then)
    word = "no clear difference"
    if low > 0 or high < 0:
        word = "better" if (low > 0) == larger_is_better else "worse"
    numbers = {
        "current": now[0],
        "evaluated": then[0],
        "difference": now[0] - then[0],
        "low": low,
        "high": high,
    }
    return {"verdict": word, "reason": "", **numbers}


def calibration(y, score, entity, error):
    """A z test of the level, and the slope of the outcome's logit in the score's with its jackknife error."""
    score = np.clip(score, 1e-6, 1 - 1e-6)
    residual, entities = y - score, len(set(entity))
    level = math.sqrt(
        max(jackknife((residual - residual.mean()) / len(y), entity), (score * (1 - score)).mean() / len(y))
    )
    z, limit = residual.mean() / level, stats.t.isf(error / 4, entities - 1)
    x = sm.add_constant(special.logit(score))
    fitted = sm.Logit(y, x).fit(disp=0, tol=1e-12)
    p = fitted.predict()
    gradient = pd.DataFrame(x * (y - p)[:, None]).groupby(entity).sum().to_numpy()
    weight = (p * (1 - p))[:, None]
    products = np.hstack([x[:, :1] * x, x[:, 1:] * x]) * weight
    information = pd.DataFrame(products).groupby(entity).sum().to_numpy().reshape(-1, 2, 2)
    steps = np.linalg.solve(information.sum(axis=0) - information, gradient[:, :, None])[:, :, 0]
    scale = np.sqrt((steps**2).sum(axis=0) * (entities - 1) / entities)
    freedom = min(len(set(entity[y == of])) for of in (0, 1)) - 1
    half = stats.t.isf(error / 4, freedom) * scale
    (intercept, slope), (low, lowest), (high, highest) = (
        fitted.params,
        fitted.params - half,
        fitted.params + half,
    )
    return {
        "verdict": "worse" if abs(z) > limit or not lowest <= 1 <= highest else "no clear difference",
        "reason": "",
        "expected": score.mean(),
        "observed": y.mean(),
        "z": z,
        "z_limit": limit,
        "slope": slope,
        "slope_low": lowest,
        "slope_high": highest,
        "intercept": intercept,
        "intercept_low": low,
        "intercept_high": high,
        "without_slope": None,
    }
