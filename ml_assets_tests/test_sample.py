"""The embedded source makes the same believable rows for any day, anywhere."""

import datetime as dt
import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ml_assets.core.contract import DatasetContract
from ml_assets.errors import SourceError
from ml_assets.pipelines.tabular import shop, tabular
from ml_assets.pipelines.tabular.parameters import SAMPLES, TrainingParameters
from ml_assets.pipelines.tabular.training import fit, predict
from ml_assets.pipelines.tabular.training_set import training_set
from ml_assets.sources.rows import open_source
from ml_assets_tests.conftest import output_of

SAMPLE = open_source("sample", "sample:", samples=tabular.samples)
DAY = dt.date(2025, 12, 1)
DIGEST = """
import datetime as dt, hashlib
from ml_assets.pipelines.tabular import tabular
from ml_assets.sources.rows import open_source
for dataset in ("orders", "customers"):
    table = open_source("sample", "sample:", samples=tabular.samples).scan(dataset, first=dt.date(2025, 11, 25), last=dt.date(2025, 12, 1)).collect()
    print(hashlib.sha256(table.write_csv().encode()).hexdigest())
"""

any_day = st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2100, 12, 31))
any_dataset = st.sampled_from(sorted(SAMPLES))


def _rows(dataset, first, last):
    return SAMPLE.scan(dataset, first=first, last=last).collect()


def _rate(dataset, first, last):
    return _rows(dataset, first, last)[SAMPLE.contract(dataset).label].cast(pl.Float64).mean()


def test_two_processes_make_the_same_rows():
    answers = {output_of(DIGEST) for _ in range(2)}
    here = [_rows(d, dt.date(2025, 11, 25), DAY).write_csv().encode() for d in ("orders", "customers")]

    assert answers == {"".join(hashlib.sha256(text).hexdigest() + "\n" for text in here)}


@settings(deadline=None, max_examples=30)
@given(dataset=any_dataset, day=any_day, before=st.integers(0, 20), after=st.integers(0, 20))
def test_rows_of_a_day_do_not_depend_on_the_window_they_are_asked_in(dataset, day, before, after):
    wide = _rows(dataset, day - dt.timedelta(days=before), day + dt.timedelta(days=after))

    assert wide.filter(pl.col("day") == day).equals(_rows(dataset, day, day))


@settings(deadline=None, max_examples=30)
@given(dataset=any_dataset, day=any_day)
def test_every_day_has_sound_rows(dataset, day):
    table = _rows(dataset, day, day)
    contract = SAMPLE.contract(dataset)

    assert 30 <= table.height <= 90
    assert table.columns == ["day", *contract.columns]
    assert table[contract.label].is_in([0, 1]).all()
    assert table[contract.event_time].dt.date().max() <= day
    assert table[contract.ids[0]].is_unique().all()
    assert not table.select(pl.selectors.float().is_nan().any()).row(0).count(True)


@pytest.mark.parametrize("dataset", sorted(SAMPLES))
def test_rows_have_the_types_that_sources_promise(dataset):
    schema = _rows(dataset, DAY, DAY).schema
    contract = SAMPLE.contract(dataset)

    assert isinstance(contract, DatasetContract)
    assert schema[contract.label] == pl.Int8
    assert {schema[contract.event_time], schema[contract.label_closes_at]} == {pl.Datetime("us")}
    assert {schema[name] for name in contract.ids} == {pl.String()}
    assert {schema[name] for name in contract.features} == {pl.String(), pl.Float64()}


def test_an_order_closes_30_days_after_it_was_placed():
    table = _rows("orders", DAY, DAY)

    assert (table["returned_30d_closes_at"] - table["order_ts"]).unique().to_list() == [dt.timedelta(days=30)]


def test_a_snapshot_of_customers_closes_90_days_after_its_end():
    table = _rows("customers", DAY, DAY)

    assert table["churn_90d_closes_at"].unique().to_list() == [dt.datetime(2026, 3, 2)]  # noqa: DTZ001


@pytest.mark.parametrize(("dataset", "low", "high"), [("orders", 0.11, 0.20), ("customers", 0.32, 0.48)])
def test_base_rates_are_believable_in_every_year(dataset, low, high):
    rates = [_rate(dataset, dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in (1950, 2019, 2022, 2025)]

    assert all(low < rate < high for rate in rates)


def test_weekends_are_quiet_and_the_weeks_before_christmas_are_not():
    sizes = _rows("orders", dt.date(2025, 1, 1), dt.date(2025, 12, 31)).group_by("day").len()
    weekend = sizes.filter(pl.col("day").dt.weekday() > 5)["len"].mean()
    december = sizes.filter(pl.col("day").is_between(dt.date(2025, 12, 1), dt.date(2025, 12, 12)))[
        "len"
    ].mean()

    assert weekend < sizes["len"].mean() < december


@pytest.mark.parametrize("dataset", sorted(SAMPLES))
def test_a_model_finds_the_signal_but_not_all_of_it(dataset):
    features = SAMPLE.contract(dataset).features
    table = _rows(dataset, DAY - dt.timedelta(days=119), DAY).with_columns(pl.col(features).fill_null(0))
    columns = table.select(features).to_dummies(pl.selectors.string()).to_numpy()
    labels = table[SAMPLE.contract(dataset).label].to_numpy()
    cut = table.height * 3 // 4
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(columns[:cut], labels[:cut])

    assert 0.65 < roc_auc_score(labels[cut:], model.predict_proba(columns[cut:])[:, 1]) < 0.80


def test_customers_come_back_and_most_of_what_is_known_of_one_stays_for_an_episode():
    table = _rows("customers", DAY - dt.timedelta(days=55), DAY)
    spread = (pl.col("avg_value").max() / pl.col("avg_value").min()).alias("spread")
    by_customer = table.group_by("customer_id").agg(pl.len(), pl.col("country").n_unique(), spread)
    often = by_customer.filter(pl.col("len") >= 4)

    assert often.height > 100
    assert often["country"].max() == 1
    assert often["spread"].median() < 1.02


def test_no_episode_is_longer_than_an_outcome_takes_to_be_known():
    """So that training rows whose outcome was known when the holdout began are of other episodes."""
    assert (
        shop._EPISODES["orders"].longest <= 31
    )  # an order closes within the 31st day from its day's beginning
    assert shop._EPISODES["customers"].longest < 91


def _auc(dataset, as_of, *, purged):
    """The ROC AUC of an evaluation, and of the same model on rows whose outcomes close after as_of."""
    contract = SAMPLE.contract(dataset)
    parameters = TrainingParameters(
        dataset=dataset, purged=purged, model_version="v2", max_iter=30, learning_rate=0.3, max_depth=16,
        max_leaf_nodes=127, min_samples_leaf=3,
    )  # fmt: skip
    first = as_of - dt.timedelta(days=parameters.lookback_days - 1)
    rows = SAMPLE.scan(dataset, first=first, last=as_of)
    table = training_set(rows, contract=contract, parameters=parameters, as_of=as_of, origin="").value
    model = fit(table, contract=contract, parameters=parameters).value
    later = _rows(dataset, as_of, as_of + dt.timedelta(days=60))
    held = table.filter(fold="holdout")
    return [roc_auc_score(rows[contract.label], predict(model, rows, contract)) for rows in (held, later)]


@pytest.mark.slow
def test_a_model_that_learned_from_outcomes_of_later_looks_better_than_it_is():
    """Half a 95 % interval of a mean over these four days is about 0.017."""
    days = [DAY - dt.timedelta(days=150 * n) for n in range(4)]
    too_good = {
        purged: np.mean([np.subtract(*_auc("customers", day, purged=purged)) for day in days])
        for purged in (False, True)
    }

    assert too_good[False] > 0.03
    assert abs(too_good[True]) < 0.017


def test_days_of_an_interval_include_both_ends():
    days = SAMPLE.days("orders", first=DAY, last=DAY + dt.timedelta(days=2))

    assert days == [DAY, DAY + dt.timedelta(days=1), DAY + dt.timedelta(days=2)]


def test_an_interval_that_ends_before_it_begins_has_no_rows():
    assert _rows("orders", DAY, DAY - dt.timedelta(days=1)).height == 0


def test_an_unknown_dataset_is_refused_with_the_known_ones():
    with pytest.raises(SourceError, match=r"no dataset `baskets`\. There are: orders, customers"):
        SAMPLE.scan("baskets", first=DAY, last=DAY)
