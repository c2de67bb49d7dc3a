"""The floor of wide.py and tall.py: landed rows to a training set, v2, its evaluation and a card, by a plain script.

    python benchmarks/plain_landed.py FOLDER_OF_ROWS FOLDER_OF_FILES

It reads the same Parquet and writes the same seven files, with frames of numbers throughout: polars up to the estimator, the
matrix that the estimator takes made once for importance, what is not needed any more let go.
"""

import datetime as dt
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import skops.io
from landed import AS_OF, HOLDOUT, LOOKBACK  # the same days; nothing else of ours
from plain_run import pictures
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

REPEATS, ROWS_OF_A_CLASS = 3, 500
KEYS = ("day", "fold", "id", "customer", "at", "closes", "y")


def training_rows(folder):
    """Rows whose outcome was known at the end of the day, in order, each with its fold."""
    first, end = AS_OF - dt.timedelta(days=LOOKBACK - 1), AS_OF + dt.timedelta(days=1)
    rows = pl.scan_parquet(f"{folder}/*/rows.parquet", include_file_paths="path", hive_partitioning=False)
    day = pl.col("path").str.extract(r"date=(\d{4}-\d{2}-\d{2})").str.to_date()
    known = (
        rows.with_columns(day=day)
        .drop("path")
        .filter(pl.col("day").is_between(first, AS_OF), pl.col("closes") <= end, pl.col("y").is_not_null())
    )
    table = known.collect()
    begins = table["day"].max() - dt.timedelta(days=HOLDOUT - 1)
    before = pl.when(pl.col("closes") <= begins).then(pl.lit("train")).otherwise(pl.lit("purged"))
    fold = pl.when(pl.col("day") >= begins).then(pl.lit("holdout")).otherwise(before)
    return table.with_columns(fold=fold).sort("day", "id", "customer", "at", "closes")


def fit(train, names, categories):
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, min_frequency=20, max_categories=200
    )
    encode = ColumnTransformer([("c", codes, categories)], remainder="passthrough")
    boosting = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_depth=4,
        early_stopping=False,
        random_state=0,
        categorical_features=list(range(len(categories))),
    )
    return make_pipeline(encode, boosting).fit(train.select(names), train["y"].to_numpy())


def metrics_of(y, score, base_rate, customer):
    """Metrics, two of them with an interval by customer; the calibration error is of tenths by score."""
    base = np.full(len(y), base_rate)
    order = np.argsort(score)
    found = {
        "roc_auc": roc_auc_score(y, score),
        "average_precision": average_precision_score(y, score),
        "log_loss": log_loss(y, score),
        "brier": brier_score_loss(y, score),
        "baseline_log_loss": log_loss(y, base),
        "baseline_brier": brier_score_loss(y, base),
        "base_rate": y.mean(),
        "lift_at_10pct": y[order[-len(y) // 10 :]].mean() / y.mean(),
        "calibration_error": sum(abs((y - score)[part].sum()) for part in np.array_split(order, 10)) / len(y),
    }
    found["skill"] = 1 - found["brier"] / found["baseline_brier"]
    losses = {
        "log_loss": -np.log(np.where(y == 1, score, 1 - score)),
        "brier": (score - y) ** 2,
    }
    for name, loss in losses.items():
        sums = pl.DataFrame({"customer": customer, "loss": loss - loss.mean()}).group_by("customer").sum()
        margin = 1.96 * np.sqrt((sums["loss"] ** 2).sum()) / len(y)
        found |= {f"{name}_low": found[name] - margin, f"{name}_high": found[name] + margin}
    return {name: float(value) for name, value in found.items()}


def spread(places, most):
    return (
        places if len(places) <= most else places[np.linspace(0, len(places) - 1, most).round().astype(int)]
    )


def importance_of(model, holdout, names, categories):
    """The importance of each feature, in the order of the columns that the estimator takes, and their names."""
    y = holdout["y"].to_numpy()
    places = np.sort(np.concatenate([spread(np.flatnonzero(y == of), ROWS_OF_A_CLASS) for of in (0, 1)]))
    cells = model[:-1].transform(holdout[places].select(names))
    found = permutation_importance(
        model[-1], cells, y[places], scoring="roc_auc", n_repeats=REPEATS, random_state=0
    )
    return found, [*categories, *(name for name in names if name not in categories)]


def single_features(train, holdout, names, categories):
    """How well each feature alone ranks the holdout; a category by its rate of positives in the training rows."""
    y, found = holdout["y"], {}
    for name in names:
        value = holdout[name]
        if name in categories:
            rates = train.group_by(name).agg(rate=pl.col("y").mean())
            value = holdout.select(name).join(rates, on=name, how="left", maintain_order="left")["rate"]
        known = value.is_not_null()
        auc = roc_auc_score(y.filter(known), value.filter(known))
        found[name] = float(max(auc, 1 - auc))
    return found


def top_pictures(folder, y, score, importance, names):
    """The pictures, of which that of importance shows 20 features."""
    most = np.argsort(importance.importances_mean)[-20:]
    importance.importances_mean = importance.importances_mean[most]
    pictures(folder, y, score, importance, [names[place] for place in most])


def main(rows, folder):
    folder.mkdir(parents=True, exist_ok=True)
    table = training_rows(rows)
    table.write_parquet(folder / "training_set.parquet", compression="zstd", compression_level=3)
    names = [name for name in table.columns if name not in KEYS]
    categories = [name for name in names if table.schema[name] == pl.String]
    train, holdout = (table.filter(fold=fold) for fold in ("train", "holdout"))
    del table
    model = fit(train, names, categories)
    skops.io.dump(model, folder / "model.skops")
    y, score = holdout["y"].to_numpy(), model.predict_proba(holdout.select(names))[:, 1]
    metrics = metrics_of(y, score, train["y"].mean(), holdout["customer"])
    metrics["train_roc_auc"] = roc_auc_score(
        train["y"].to_numpy(), model.predict_proba(train.select(names))[:, 1]
    )
    importance, order = importance_of(model, holdout, names, categories)
    document = {
        "metrics": metrics,
        "feature_importance": dict(zip(order, importance.importances_mean.tolist(), strict=True)),
        "single_features": single_features(train, holdout, names, categories),
    }
    (folder / "evaluation.json").write_text(json.dumps(document))
    holdout.select("day", "id", "customer", "at", "y", score=score).write_parquet(folder / "scores.parquet")
    top_pictures(folder, y, score, importance, order)
    (folder / "model_card.md").write_text(
        "\n".join(f"- {name}: {value:.4f}" for name, value in metrics.items())
    )
    print(json.dumps(metrics))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
