"""Verdicts on simulated models: how often a sound one gets a wrong verdict over many looks, and what a spoilt one shows.

`benchmarks/monitoring_looks.py` prints the same of a year of daily looks.
"""

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from ml_assets.core.contract import DatasetContract
from ml_assets.core.statistics.tries import error_of_look
from ml_assets.pipelines.tabular.monitoring.by_task import decide
from ml_assets.pipelines.tabular.monitoring.change import Estimate, Evaluated, Rows, difference
from ml_assets.pipelines.tabular.monitoring.decide import too_few, verdicts_of
from ml_assets.pipelines.tabular.monitoring.look import Look, look_at
from ml_assets.pipelines.tabular.monitoring.verdicts import MetricChange, Verdicts
from ml_assets_tests.watched import VERDICTS, Watched

ONCE = Look(number=1, error=0.05)
DAY = dt.date(2025, 7, 1)
CONTRACT = DatasetContract(
    event_time="ts", label="y", label_closes_at="closes", ids=("order", "customer"), features=("value",)
)
ends = (
    st.tuples(*[st.floats(-5, 5)] * 3).map(sorted).map(lambda three: Estimate(three[1], three[0], three[2]))
)


def drawn(seed, *, rows=300, customers=120, divided=1.0, base=-1.0):
    random = np.random.default_rng(seed)
    entity = random.integers(0, customers, rows)
    logit = base + random.standard_normal(rows)
    chance = 1 / (1 + np.exp(-logit))
    return Rows((random.random(rows) < chance).astype(int), chance / divided, entity)


def given_to(current, reference, *, look=ONCE, metrics=None):
    return verdicts_of(current, reference, metrics=metrics or {}, noun="customer_id", look=look)


def test_all_looks_together_spend_five_percent_and_half_of_it_by_the_ninetieth():
    errors = [error_of_look(n) for n in range(1, 100_001)]

    assert math.fsum(errors) == pytest.approx(0.05, rel=1e-3)
    assert math.fsum(errors) < 0.05
    assert math.fsum(errors[:90]) == pytest.approx(0.025)
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize(("after", "number"), [(30, None), (31, 1), (32, 2), (396, 366)])
def test_looks_are_counted_from_the_day_on_which_the_first_outcomes_after_the_models_own_had_closed(
    after, number
):
    look = look_at(DAY + dt.timedelta(days=after), closing=30, learned_until=DAY)

    assert (look.number if look else None) == number
    assert look is None or look.error == error_of_look(number)


def wrong(error, *, models, every, **what):
    """How many of so many sound models get a wrong verdict at any look, by verdict, and of any of them."""
    alarms = [
        Watched(**what).alarms(np.random.default_rng(n), every=every, error=error) for n in range(models)
    ]
    by_verdict = {
        name: sum(any(verdict == name for verdict, _ in one) for one in alarms) for name in VERDICTS
    }
    return by_verdict, sum(map(bool, alarms))


def test_of_sound_models_at_most_one_in_twenty_gets_a_wrong_verdict_at_any_look():
    what = {"models": 20, "every": 14, "looks": 98, "window": 14, "evaluation": 28}

    by_verdict, _ = wrong(error_of_look, **what)
    _, unguarded = wrong(lambda _: 0.05, **what)

    assert max(by_verdict.values()) <= binom.isf(0.001, 20, 0.05)
    assert unguarded > binom.isf(0.001, 20, 0.15), "looks at 5 % each, of three verdicts"


def test_one_look_is_wrong_as_often_as_its_error_says():
    models = 150

    by_verdict, _ = wrong(lambda _: 0.05, models=models, every=28, looks=28)

    for name in VERDICTS:
        assert binom.isf(0.999, models, 0.02) <= by_verdict[name] <= binom.isf(0.001, models, 0.05), name


def worse(**what):
    """The first look at which each verdict of a model is worse that is spoilt from the first one on."""
    alarms = Watched(**what).alarms(np.random.default_rng(0), until=("ranking",))
    return {name: look for (name, word), look in alarms.items() if word == "worse"}


def test_scores_divided_by_ten_are_told_within_days_by_calibration_and_never_by_ranking():
    found = worse(divided=10.0, looks=28)

    assert found["calibration"] <= 7
    assert "ranking" not in found


def test_a_base_rate_of_49_percent_in_place_of_13_is_told_within_days_by_calibration_and_log_loss():
    found = worse(truth=(-0.05, 0.97), looks=14)

    assert max(found["calibration"], found["log_loss"]) <= 7
    assert "ranking" not in found


def test_a_fall_of_roc_auc_by_a_tenth_is_told_within_weeks():
    assert worse(truth=(-2.04, 0.49), looks=60)["ranking"] <= 60


def test_where_the_base_rate_moved_the_log_loss_of_always_predicting_it_is_there():
    verdict = given_to(drawn(1, base=0.0, rows=600), drawn(2, base=-2.0, rows=600)).log_loss

    assert verdict.base_rate_moved
    share = verdict.base_rate
    assert verdict.constant == pytest.approx(-share * math.log(share) - (1 - share) * math.log(1 - share))
    assert verdict.constant_evaluated < verdict.constant
    assert not given_to(drawn(1), drawn(2)).log_loss.base_rate_moved


def test_rows_that_are_there_twice_make_nothing_surer():
    one, other = drawn(1), drawn(2)
    twice = Rows(*(np.concatenate([part, part]) for part in one))

    once, again = given_to(one, other), given_to(twice, other)

    assert again.ranking.low == pytest.approx(once.ranking.low, rel=1e-6)
    assert again.log_loss.high == pytest.approx(once.log_loss.high, rel=1e-6)
    assert again.calibration.slope_low == pytest.approx(once.calibration.slope_low, rel=5e-3)
    assert abs(again.calibration.z) <= abs(once.calibration.z) + 1e-6


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed, order):
    current, reference = drawn(seed, rows=120), drawn(seed + 1, rows=120)
    places = np.random.default_rng(order).permutation(120)

    shuffled = given_to(Rows(*(part[places] for part in current)), reference)

    assert shuffled == given_to(current, reference)


@given(ends, ends)
def test_the_interval_of_a_difference_holds_it_and_is_that_of_the_negative_turned_round(current, before):
    low, high = difference(current, before)

    assert low <= current.value - before.value <= high
    assert high - low >= max(current.high - current.low, before.high - before.low) - 1e-12
    turned = difference(before, current)
    assert (-turned[1], -turned[0]) == pytest.approx((low, high))


def test_the_interval_of_a_difference_is_made_of_both_intervals():
    low, high = difference(Estimate(0.70, 0.66, 0.73), Estimate(0.80, 0.76, 0.83))

    assert low == pytest.approx(-0.1 - 0.05)  # 0.04 below the one, 0.03 above the other
    assert high == pytest.approx(-0.1 + 0.05)  # 0.03 above the one, 0.04 below the other


@pytest.mark.parametrize(
    ("y", "entity", "reason"),
    [
        ([1] * 3 + [0] * 20, range(23), "3 positives; verdicts need 10"),
        ([1] + [0] * 20, range(21), "1 positive; verdicts need 10"),
        ([1] * 20 + [0] * 9, range(29), "9 negatives; verdicts need 10"),
        (
            [1] * 12 + [0] * 20,
            [0, 1, 2] * 4 + list(range(20)),
            "positives of 3 customer_id; verdicts need 10",
        ),
        ([1] * 10 + [0] * 10, range(20), ""),
    ],
)
def test_few_entities_of_either_outcome_decide_nothing(y, entity, reason):
    rows = Rows(np.array(y), np.linspace(0.1, 0.9, len(y)), np.array(list(entity)))

    assert too_few(rows, "customer_id") == reason
    if reason:
        assert set(given_to(rows, drawn(1)).reasons().values()) == {reason}
        of_evaluation = given_to(drawn(1), rows)
        assert of_evaluation.reasons() == dict.fromkeys(
            ("ranking", "log_loss"), f"of the evaluation: {reason}"
        )
        assert of_evaluation.calibration.verdict == "no clear difference"


def test_without_scores_of_the_evaluation_the_interval_that_it_states_is_taken_at_the_error_of_the_look():
    stated = {"roc_auc": 0.8, "roc_auc_low": 0.7, "roc_auc_high": 0.9}
    auc = {look: given_to(drawn(1), None, metrics=stated, look=look).ranking for look in (ONCE, LATER)}

    assert auc[ONCE].evaluated == 0.8
    assert auc[ONCE].high - auc[ONCE].difference > 0.1 > auc[ONCE].difference
    assert auc[LATER].low < auc[ONCE].low
    cut_off = given_to(drawn(1), None, metrics={**stated, "roc_auc_high": 0.85}).ranking
    assert cut_off == auc[ONCE]
    nothing = given_to(drawn(1), None, metrics={"roc_auc": 0.8})
    assert nothing.reasons() == dict.fromkeys(
        ("ranking", "log_loss"), "the evaluation kept no scores of its rows; evaluate the model again"
    )
    assert nothing.calibration.verdict == "no clear difference"


LATER = Look(number=365, error=error_of_look(365))


def test_the_verdict_is_worse_where_one_of_them_is():
    def overall(*words):
        return Verdicts(
            **{name: {"verdict": word} for name, word in zip(VERDICTS, words, strict=True)}
        ).overall()

    assert overall("no clear difference", "worse", "better") == "worse"
    assert overall("not known yet", "no clear difference", "better") == "better"
    assert overall("not known yet", "no clear difference", "not known yet") == "no clear difference"
    assert Verdicts().overall() == "not known yet"


def test_a_customer_has_one_number_in_both_tables_and_a_row_whose_customer_is_not_known_is_its_own():
    rows = [drawn(n, rows=200, customers=40) for n in (1, 2)]
    tables = [
        pl.DataFrame(
            {
                "day": [DAY] * 200,
                "order": [f"{n}-{place}" for place in range(200)],
                "customer": [f"c{code}" if code else None for code in part.entity],
                "score": part.score,
                "outcome": part.y,
            }
        )
        for n, part in enumerate(rows)
    ]
    alone = [
        Rows(part.y, part.score, np.where(part.entity == 0, 1000 + 200 * n + np.arange(200), part.entity))
        for n, part in enumerate(rows)
    ]

    found = decide(tables[0], Evaluated({}, tables[1]), contract=CONTRACT, look=ONCE)

    assert found == given_to(*alone)
    assert found.ranking != MetricChange()
