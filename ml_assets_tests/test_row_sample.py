"""Rows of several holdouts, each once: what a mean over days is made of, and how sure it is."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.leaderboard.evidence import NestedChoice, against_first, halves, rows_of
from ml_assets.core.report.pooled import pool
from ml_assets.core.row_sample import RowSample, averaged
from ml_assets.core.statistics.intervals import cluster_variance
from ml_assets_tests.row_metrics import METRICS, only, row_values

FIRST = dt.date(2025, 9, 1)
MIDNIGHT = dt.datetime.combine(FIRST, dt.time())
DAYS = [dt.date(2025, 12, n) for n in (1, 2, 3)]


def source(random, *, days=63, per_day=12, customers=300):
    """Rows of a source with what is true of each: `logit`."""
    day = np.repeat(np.arange(days), per_day)
    logit = random.normal(size=len(day)) - 1
    return pl.DataFrame(
        {
            "day": pl.Series([FIRST + dt.timedelta(days=int(n)) for n in day]),
            "customer": random.integers(0, customers, len(day)),
            "at": [MIDNIGHT + dt.timedelta(days=int(n), minutes=i) for i, n in enumerate(day)],
            "outcome": (random.random(len(day)) < 1 / (1 + np.exp(-logit))).astype("int8"),
            "logit": logit,
        }
    )


def scored(rows, random, *, noise=0.3, holdout=60, as_ofs=DAYS):
    """By as_of, the holdout of a model whose scores are off by so much."""
    for n, as_of in enumerate(as_ofs):
        last = FIRST + dt.timedelta(days=holdout - 1 + n)
        held = rows.filter((pl.col("day") <= last) & (pl.col("day") > last - dt.timedelta(days=holdout)))
        logit = held["logit"].to_numpy() + noise * random.normal(size=held.height)
        yield (
            as_of,
            held.select("day", "customer", "at", pl.Series("score", 1 / (1 + np.exp(-logit))), "outcome"),
        )


def drawn(seed=0, **more):
    random = np.random.default_rng(seed)
    rows = source(random)
    return list(scored(rows, random, **more))


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "brier", "skill", "average_precision"])
def test_the_average_is_the_mean_over_the_days_and_its_contributions_sum_to_nothing(metric):
    holdouts = drawn()
    sample = RowSample.of(holdouts, entity="customer")
    rates = {day: {"train_base_rate": 0.3} for day in DAYS}

    found = averaged(sample, holdouts, metrics=only(metric), facts=rates)[metric]

    values = [
        row_values(metric, t["outcome"].to_numpy(), t["score"].to_numpy(), base_rate=0.3).value
        for _, t in holdouts
    ]
    assert found.value == pytest.approx(np.mean(values))
    assert found.contributions.sum() == pytest.approx(0, abs=1e-12)
    assert sample.weight.sum() == pytest.approx(1)


def test_each_row_is_there_once_and_found_again_in_each_holdout():
    holdouts = drawn()

    sample = RowSample.of(holdouts, entity="customer")

    assert len(sample.day) == 62 * 12
    assert len(set(sample.entity.tolist())) == pl.concat([t for _, t in holdouts])["customer"].n_unique()
    for as_of, table in holdouts:
        assert sample.outcome[sample.places[as_of]].tolist() == table["outcome"].to_list()
        assert sample.day[sample.places[as_of]].tolist() == [day.toordinal() for day in table["day"]]


def test_days_with_the_same_rows_say_as_much_as_one_of_them():
    (as_of, table), *_ = drawn()
    one = RowSample.of([(as_of, table)], entity="customer")
    same = RowSample.of([(day, table) for day in DAYS], entity="customer")

    alone = averaged(one, [(as_of, table)], metrics=only("brier"))["brier"]
    thrice = averaged(same, [(day, table) for day in DAYS], metrics=only("brier"))["brier"]

    assert (rows_of(one).holdouts, rows_of(same).holdouts) == (1, 1)
    assert cluster_variance(thrice.contributions, same.entity) == pytest.approx(
        cluster_variance(alone.contributions, one.entity)
    )


def test_rows_that_nothing_tells_apart_are_still_rows_and_a_missing_id_is_an_entity_of_its_own():
    table = pl.DataFrame(
        {
            "day": [FIRST] * 4,
            "customer": [7, 7, None, None],
            "at": [MIDNIGHT] * 4,
            "score": [0.1, 0.2, 0.3, 0.4],
            "outcome": pl.Series([0, 1, 0, 1], dtype=pl.Int8),
        }
    )

    sample = RowSample.of([(day, table) for day in DAYS], entity="customer")

    assert len(sample.day) == 4
    assert sorted(sample.places[DAYS[0]].tolist()) == [0, 1, 2, 3]
    assert len(set(sample.entity.tolist())) == 3


def test_scores_of_other_rows_are_told():
    holdouts = drawn()
    sample = RowSample.of(holdouts, entity="customer")
    as_of, table = holdouts[0]

    assert sample.holds(as_of, table.with_columns(pl.col("score") / 2))
    assert not sample.holds(as_of, table[1:])
    assert not sample.holds(as_of, table.with_columns(pl.col("customer") + 1))


def trials(noises, *, metric="log_loss"):
    """Models of one source that err by so much, each in its own way, and their averages."""
    random = np.random.default_rng(5)
    rows = source(random)
    all_scored = [list(scored(rows, random, noise=noise)) for noise in noises]
    sample = RowSample.of(all_scored[0], entity="customer")
    found = [averaged(sample, of, metrics=only(metric))[metric] for of in all_scored]
    return sample, [(f"trial {n}", of) for n, of in enumerate(found)]


def test_a_trial_that_errs_more_is_worse_than_the_first_and_one_that_errs_as_much_is_not():
    sample, found = trials([0.2, 0.2, 2.0])

    told = against_first(sample, found, larger=False)

    assert rows_of(sample).missing == ()
    assert told["trial 2"].p_value < 0.02
    assert told["trial 2"].low > 0
    assert told["trial 1"].p_value > 0.05
    assert told["trial 1"].low < 0 < told["trial 1"].high


def test_the_order_of_the_other_trials_does_not_matter():
    sample, found = trials([0.2, 0.3, 0.4, 1.0])

    assert against_first(sample, [found[0], *found[:0:-1]], larger=False) == against_first(
        sample, found, larger=False
    )


def test_too_few_days_are_told_in_words():
    holdouts = drawn(holdout=28)

    assert rows_of(RowSample.of(holdouts, entity="customer")).missing == (
        "30 of the 56 days of rows that it takes",
        "2 of the 4 fortnights with rows that it takes",
    )


def test_a_choice_is_measured_on_later_rows_than_those_that_chose_it():
    choice = NestedChoice(metric=METRICS.of_rows("roc_auc"), larger=True, entity="customer")
    held = {name: drawn(noise=noise)[-1][1] for name, noise in (("a", 3.0), ("b", 0.1), ("c", 1.0))}
    for name, table in held.items():
        choice.consider(name, table, given=0.3)

    found = choice.result()

    earlier, later = halves(held["b"])
    assert (found.run_id, found.trials, found.rows) == ("b", 3, later.height)
    assert found.chosen_last < found.first == found.chosen_last + dt.timedelta(days=1)
    assert (earlier["day"].max(), later["day"].min()) == (found.chosen_last, found.first)
    value = row_values("roc_auc", later["outcome"].to_numpy(), later["score"].to_numpy(), base_rate=0.3).value
    assert found.value == pytest.approx(value)
    assert found.low < found.value < found.high


def test_the_figure_of_a_choice_is_not_too_good_and_that_of_the_best_is():
    random, best, nested = np.random.default_rng(1), [], []
    for _ in range(30):
        y = (random.random(400) < 0.5).astype("int8")  # nothing can be known: every ROC AUC is 0.5
        choice = NestedChoice(metric=METRICS.of_rows("roc_auc"), larger=True, entity="")
        days = [FIRST + dt.timedelta(days=n // 10) for n in range(400)]
        values = []
        for n in range(20):
            table = pl.DataFrame({"day": days, "score": random.random(400), "outcome": y})
            choice.consider(f"{n}", table, given=0.5)
            values.append(row_values("roc_auc", y, table["score"].to_numpy(), base_rate=0.5).value)
        best.append(max(values))
        nested.append(choice.result().value)

    assert np.mean(best) > 0.54
    assert np.mean(nested) == pytest.approx(0.5, abs=0.015)


def test_there_is_nothing_to_choose_of_one_trial_or_of_rows_with_one_outcome():
    table = drawn()[0][1]
    alone, same = (
        NestedChoice(metric=METRICS.of_rows("brier"), larger=False, entity="customer") for _ in range(2)
    )
    alone.consider("a", table, given=0.3)
    for name in "ab":
        same.consider(name, table.with_columns(pl.lit(0, dtype=pl.Int8).alias("outcome")), given=0.3)

    assert (alone.result(), same.result()) == (None, None)


@given(st.integers(1, 40))
def test_halves_of_days_do_not_overlap_and_lose_no_row(days):
    table = pl.DataFrame({"day": [FIRST + dt.timedelta(days=n) for n in range(days)]})

    earlier, later = halves(table)

    assert earlier.height == days // 2
    assert pl.concat([earlier, later])["day"].to_list() == table["day"].to_list()


def test_an_interval_over_days_that_share_rows_is_hardly_narrower_than_that_of_one_day():
    holdouts = drawn()

    one, three = (
        pool(held, entity="customer", metrics=only("roc_auc"))
        for held in (lambda: holdouts[:1], lambda: holdouts)
    )

    width = [of.metrics["roc_auc"].high - of.metrics["roc_auc"].low for of in (one, three)]
    assert width[1] == pytest.approx(width[0], rel=0.1)
    assert (three.rows, three.why_not) == (62 * 12, "")


def test_an_interval_over_days_holds_the_truth_as_often_as_it_says():
    """Customers differ by what no model knows; a score of 0.3 has a Brier score of 0.29 where half of all say yes."""
    random, held = np.random.default_rng(3), []
    for _ in range(100):
        rows = source(random, customers=100)
        effect = 1.5 * random.normal(size=100)[rows["customer"].to_numpy()]
        y = (random.random(rows.height) < 1 / (1 + np.exp(-effect))).astype("int8")
        rows = rows.with_columns(pl.Series("outcome", y), pl.lit(float(np.log(3 / 7))).alias("logit"))
        holdouts = list(scored(rows, random, noise=0.0))
        of = pool(lambda holdouts=holdouts: holdouts, entity="customer", metrics=only("brier")).metrics[
            "brier"
        ]
        held.append(of.low <= 0.29 <= of.high)

    assert np.mean(held) >= 0.9
