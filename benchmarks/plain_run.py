"""The floor: the same rows, model and files as one `ml-assets run`, by a plain script with nothing around it."""

import datetime as dt
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import skops.io
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from ml_assets.pipelines.tabular import tabular
from ml_assets.sources.sample import SampleSource  # the rows must be the same; making them is part of both

LOOKBACK, HOLDOUT = 365, 56


def training_rows(as_of):
    source = SampleSource(samples=tabular.samples)
    contract = source.contract("orders")
    rows = source.scan("orders", first=as_of - dt.timedelta(days=LOOKBACK - 1), last=as_of).collect()
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time())
    table = rows.filter(pl.col(contract.label_closes_at) <= end, pl.col(contract.label).is_not_null()).sort(
        "day", *contract.ids
    )
    return table, contract


def matrix(table, contract):
    columns = [table[name].to_numpy().astype(object) for name in contract.features]
    return np.column_stack([np.where(column == None, np.nan, column) for column in columns])  # noqa: E711


def estimator(version, numbers, categories, **hyperparameters):
    if version == "v1":
        encode = ColumnTransformer(
            [
                (
                    "n",
                    make_pipeline(
                        SimpleImputer(strategy="median"),
                        RobustScaler(),
                        FunctionTransformer(np.arcsinh),
                        StandardScaler(),
                        MinMaxScaler(clip=True),
                        PowerTransformer(),
                    ),
                    numbers,
                ),
                ("c", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20), categories),
            ]
        )
        return make_pipeline(encode, LogisticRegression(**{"max_iter": 1000, **hyperparameters}))
    encode = ColumnTransformer(
        [
            ("c", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), categories),
            ("n", "passthrough", numbers),
        ]
    )
    own = {"learning_rate": 0.05, "max_depth": 4, **hyperparameters}
    boosting = HistGradientBoostingClassifier(
        early_stopping=False, random_state=0, categorical_features=[0], **own
    )
    return make_pipeline(encode, boosting)


def pictures(folder, y, score, importance, names):
    figure = Figure(figsize=(10, 3.3))
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 3)
    axes[0].plot(*roc_curve(y, score)[:2])
    axes[1].plot(*precision_recall_curve(y, score)[:2])
    axes[2].plot(*calibration_curve(y, score, n_bins=10, strategy="quantile"))
    figure.savefig(folder / "curves.png")
    figure = Figure(figsize=(6, 3))
    FigureCanvasAgg(figure)
    figure.subplots().barh(names, importance.importances_mean)
    figure.savefig(folder / "feature_importance.png")


def folds(table, contract):
    """Rows whose outcome was known when the holdout began, and the holdout."""
    cutoff = table["day"].max() - dt.timedelta(days=HOLDOUT)
    began = dt.datetime.combine(cutoff + dt.timedelta(days=1), dt.time())
    known = (pl.col("day") <= cutoff) & (pl.col(contract.label_closes_at) <= began)
    return table.filter(known), table.filter(pl.col("day") > cutoff)


def fit(version, train, contract, **hyperparameters):
    categories = [i for i, name in enumerate(contract.features) if train.schema[name] == pl.String]
    numbers = [i for i in range(len(contract.features)) if i not in categories]
    x, y = matrix(train, contract), train[contract.label].to_numpy()
    return estimator(version, numbers, categories, **hyperparameters).fit(x, y)


def evaluate(model, table, contract, folder):
    """The metrics of a model; its pictures go to the folder."""
    train, holdout = folds(table, contract)
    x, y = matrix(train, contract), train[contract.label].to_numpy()
    x_holdout, y_holdout = matrix(holdout, contract), holdout[contract.label].to_numpy()
    score = model.predict_proba(x_holdout)[:, 1]
    importance = permutation_importance(
        model, x_holdout[:1000], y_holdout[:1000], scoring="roc_auc", n_repeats=3, random_state=0
    )
    pictures(folder, y_holdout, score, importance, list(contract.features))
    return {
        "roc_auc": roc_auc_score(y_holdout, score),
        "train_roc_auc": roc_auc_score(y, model.predict_proba(x)[:, 1]),
        "average_precision": average_precision_score(y_holdout, score),
        "brier": brier_score_loss(y_holdout, score),
        "log_loss": log_loss(y_holdout, score),
    }


def card(metrics):
    return "\n".join(f"- {name}: {value:.4f}" for name, value in metrics.items())


def trial(version, folder, table, contract, **hyperparameters):
    """One model on given rows, with its evaluation, pictures and card in the folder; gives its metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    model = fit(version, folds(table, contract)[0], contract, **hyperparameters)
    metrics = evaluate(model, table, contract, folder)
    skops.io.dump(model, folder / "model.skops")
    (folder / "evaluation.json").write_text(json.dumps(metrics))
    (folder / "model_card.md").write_text(card(metrics))
    return metrics


def main(version, folder, as_of=dt.date(2025, 12, 1)):
    folder.mkdir(parents=True, exist_ok=True)
    table, contract = training_rows(as_of)
    metrics = trial(version, folder, table, contract)
    table.write_parquet(folder / "training_set.parquet")
    print(json.dumps(metrics))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
