"""Real orders and customers: base rates as published, and a ROC AUC that an independent script reproduces."""

import datetime as dt
import json

import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PowerTransformer

AS_OF = dt.date(2011, 9, 1)
LOOKBACK, HOLDOUT = 365, 56
CONTRACTS = {
    "orders": (
        "returned_30d",
        ["country", "n_lines", "n_products", "n_units", "order_value", "max_unit_price", "has_postage", "order_seq",
         "days_since_prev"],
    ),
    "customers": (
        "churn_90d",
        ["country", "n_orders", "total_value", "avg_value", "recency_days", "tenure_days", "orders_30d", "value_30d",
         "orders_90d", "value_90d", "n_returns"],
    ),
}  # fmt: skip


def independent(real_data, dataset):
    """Base rate and holdout ROC AUC by pandas and scikit-learn alone, straight from the files."""
    label, features = CONTRACTS[dataset]
    files = {
        dt.date.fromisoformat(p.parent.name[5:]): p for p in (real_data / dataset).glob("date=*/part.parquet")
    }
    window = {day: path for day, path in files.items() if AS_OF - dt.timedelta(days=LOOKBACK) < day <= AS_OF}
    rows = pd.concat(
        [
            pd.DataFrame(pl.read_parquet(path).to_dict(as_series=False)).assign(day=pd.Timestamp(day))
            for day, path in sorted(window.items())
        ]
    )
    known = rows[
        (rows[f"{label}_closes_at"] <= pd.Timestamp(AS_OF) + pd.Timedelta(days=1)) & rows[label].notna()
    ]
    late = known["day"] > known["day"].max() - pd.Timedelta(days=HOLDOUT)
    early = ~late & (known[f"{label}_closes_at"] <= known.loc[late, "day"].min())
    numbers = [name for name in features if name != "country"]
    known = known.assign(**{name: known[name].astype("float64") for name in numbers})
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), PowerTransformer()), numbers),
        (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20), ["country"]),
    )
    model = make_pipeline(prepare, LogisticRegression(C=1.0, max_iter=5000))
    model.fit(known.loc[early, features], known.loc[early, label].astype(int))
    score = model.predict_proba(known.loc[late, features])[:, 1]
    return known[label].mean(), roc_auc_score(known.loc[late, label].astype(int), score)


@pytest.mark.parametrize(("dataset", "low", "high"), [("orders", 0.13, 0.17), ("customers", 0.38, 0.50)])
def test_base_rate_and_roc_auc_are_those_of_an_independent_script(real_data, shell, dataset, low, high):
    env = {"ML_ASSETS_SOURCES__UCI": str(real_data), "ML_ASSETS_FIRST_AS_OF": "2010-12-01"}

    done = shell("run", "--source", "uci", "--dataset", dataset, "--as-of", AS_OF, "--json", env=env)

    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    manifest = json.loads(
        shell("show", result["artifacts"]["training_set"]["uri"], "--json", env=env).stdout
    )[0]
    base_rate, auc = independent(real_data, dataset)
    assert low <= manifest["facts"]["base_rate"] <= high
    assert manifest["facts"]["base_rate"] == pytest.approx(base_rate, abs=1e-6)
    assert result["metrics"]["roc_auc"] == pytest.approx(auc, abs=5e-5)
