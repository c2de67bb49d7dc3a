"""A candidate that is worse by exactly the margin is seldom taken for one that is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from ml_assets.core.statistics.paired import (
    FEWEST_DAYS,
    FEWEST_ENTITIES,
    MOST_BLOCKS,
    Missing,
    day_blocks,
    difference,
    missing,
)
from ml_assets.core.statistics.tries import error_of_look, error_of_try
from ml_assets_tests.row_metrics import row_values
from ml_assets_tests.simulated import Scene, autoregressive


def _difference(values, entity, day, error=0.05):
    """Of rows whose losses differ by `values`."""
    value = values.mean()
    return difference(value, (values - value) / len(values), entity=entity, day=day, error=error)


def test_rows_each_of_an_entity_of_its_own_give_a_t_test_of_the_means_of_the_blocks():
    values, day = np.random.default_rng(1).normal(size=560), np.arange(560) // 10
    means = values.reshape(4, 140).mean(axis=1)

    found = _difference(values, np.arange(560), day)

    expected = ttest_1samp(means, 0).confidence_interval(0.90)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.days, found.blocks, found.entities) == (56, 4, 560)


def test_what_entities_share_comes_on_top_of_what_days_share():
    random = np.random.default_rng(1)
    entity, day = np.tile(np.arange(40), 56), np.repeat(np.arange(56), 40)
    values = random.normal(size=40)[entity] + random.normal(size=2240)

    found = _difference(values, entity, day)

    means = values.reshape(4, 560).mean(axis=1)
    by_block, by_row = means.var(ddof=1) / 4, values.var(ddof=1) / 2240
    by_entity = values.reshape(56, 40).mean(axis=0).var(ddof=1) / 40
    half = np.sqrt(t.isf(0.05, 3) ** 2 * by_block + t.isf(0.05, 39) ** 2 * (by_entity - by_row))
    assert found.high - found.value == pytest.approx(half)


def test_one_block_or_one_entity_says_nothing():
    values = np.array([0.1, 0.2, 0.3])

    assert _difference(values, np.arange(3), np.zeros(3, int)).high == np.inf
    assert _difference(values, np.zeros(3, int), np.array([0, 30, 60])).low == -np.inf


def test_models_that_are_equal_row_by_row_differ_by_exactly_nothing():
    found = _difference(np.zeros(100), np.arange(100), np.arange(100))

    assert (found.low, found.value, found.high) == (0, 0, 0)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 9), st.integers(0, 99)), min_size=1), st.data())
def test_the_order_of_the_rows_does_not_matter(rows, data):
    values, entity, day = (np.array(of) for of in zip(*rows, strict=True))
    order = data.draw(st.permutations(range(len(rows))))

    value, contributions = float(values.mean()), (values - values.mean()) / len(values)
    one, other = (
        difference(value, contributions[of], entity=entity[of], day=day[of], error=0.05)
        for of in (slice(None), order)
    )

    assert one == other
    assert one.low <= one.value <= one.high


@given(st.integers(56, 2000))
def test_blocks_are_of_at_least_14_days_and_differ_by_a_day_at_most(span):
    lengths = np.unique(day_blocks(np.arange(span) + 739_000), return_counts=True)[1]

    assert lengths.min() >= 14
    assert lengths.max() - lengths.min() <= 1
    assert 4 <= len(lengths) <= MOST_BLOCKS


def test_what_is_missing_to_decide_is_told_in_values():
    y, day = np.array([0, 1] * 30), np.arange(60)

    assert missing(y, entity=np.arange(60), day=day) == ()
    assert missing(y, entity=np.arange(60), day=day // 2) == (
        Missing(what="days", has=30, needs=FEWEST_DAYS),
        Missing(what="blocks", has=2, needs=4),
    )
    assert missing(y, entity=np.arange(60) // 2 % 15, day=day) == (
        Missing(what="positive_entities", has=15, needs=FEWEST_ENTITIES),
        Missing(what="negative_entities", has=15, needs=FEWEST_ENTITIES),
    )
    assert missing(y, entity=np.arange(60), day=day % 2 * 55) == (Missing(what="blocks", has=2, needs=4),)
    assert {of.has for of in missing(y[:0], entity=y[:0], day=y[:0])} == {0}


SCENES = {
    "independent": Scene(rows=20),
    "days": Scene(rows=20, by_day=0.4, rho=0.8),
    "customers": Scene(entities=60, every=7, by_entity=1.0),
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("metric", ["log_loss", "roc_auc"])
def test_a_candidate_worse_by_the_margin_is_seldom_accepted(name, metric):
    ends = np.array([_ends(SCENES[name], metric, np.random.default_rng(case)) for case in range(300)])

    margin = ends[:, 0].mean()
    assert (ends[:, 1] <= margin).mean() <= 0.09  # 5 % and three standard errors of the simulation


def _ends(scene, metric, random):
    y, live, candidate, entity, day = scene.drawn(random)
    old, new = (row_values(metric, y, score, base_rate=0.3) for score in (live, candidate))
    sign = -1 if metric == "roc_auc" else 1
    found = difference(
        sign * (new.value - old.value),
        sign * (new.contributions - old.contributions),
        entity=entity,
        day=day,
        error=0.05,
    )
    return found.value, found.high


@pytest.mark.parametrize(("days", "rho", "limit"), [(56, 0.0, 0.065), (56, 0.8, 0.1), (168, 0.8, 0.1)])
def test_nothing_but_effects_of_days_that_last_is_accepted_in_one_case_of_ten_at_most(days, rho, limit):
    series = autoregressive(np.random.default_rng(1), 2000, days, rho)

    accepted = [_difference(values, np.arange(days), np.arange(days)).high <= 0 for values in series]

    assert np.mean(accepted) <= limit + 0.01


def _upper_end(values, error=0.05):
    places = np.arange(len(values))
    return _difference(values, places, places, error).high


def test_trying_again_each_day_hardly_helps_a_candidate_worse_by_the_margin():
    series = autoregressive(np.random.default_rng(1), 400, 70, 0.5)

    accepted = np.array(
        [[_upper_end(values[: 56 + n], error_of_try(n + 1)) <= 0 for n in range(14)] for values in series]
    )

    assert accepted.any(axis=1).mean() <= 0.08 + 3 * 0.0136  # three standard errors of the simulation
    assert accepted.any(axis=1).mean() - accepted[:, 0].mean() <= 0.03


def test_the_best_of_many_equal_trials_is_accepted_on_the_days_that_chose_it_and_not_on_later_ones():
    trials = np.random.default_rng(1).normal(size=(400, 27, 112))
    best = trials[np.arange(400), trials[:, :, :56].mean(axis=2).argmin(axis=1)]

    same, later = (np.mean([_upper_end(values) <= 0 for values in of]) for of in (best[:, :56], best[:, 56:]))

    assert same > 0.25
    assert later <= 0.08


def test_all_tries_of_a_pair_together_have_an_error_of_8_percent_and_all_looks_of_5():
    tries, looks = ([error(n) for n in range(1, 20_000)] for error in (error_of_try, error_of_look))

    assert tries[:3] == pytest.approx([0.05, 0.015, 0.005])
    assert 0.0799 < sum(tries) <= 0.08
    assert 0.0497 < sum(looks) <= 0.05
    assert sorted(tries, reverse=True) == tries
    for error in (error_of_try, error_of_look):
        with pytest.raises(ValueError, match="counted from 1"):
            error(0)
