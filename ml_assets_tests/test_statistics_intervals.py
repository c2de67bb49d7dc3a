"""Intervals hold the truth as often as they say, whether an entity has one row or many."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import norm, t

from ml_assets.core.statistics.intervals import auc_interval, cluster_variance, mean_interval
from ml_assets_tests.row_metrics import row_values


@st.composite
def rows(draw):
    """Outcomes of both kinds, scores of which some tie, and entities of which some have many rows."""
    drawn = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9), st.integers(0, 9)), min_size=2))
    y, score, entity = np.array(drawn).T
    assume(0 < y.sum() < len(y))
    return y, score / 9, entity


@given(rows(), st.sampled_from([0.05, 0.01, 1e-6]))
def test_the_interval_lies_around_the_auc_and_within_0_and_1(drawn, error):
    auc = row_values("roc_auc", *drawn[:2], base_rate=0.5).value

    low, high = auc_interval(*drawn, error=error)

    assert 0 <= low <= auc + 1e-12
    assert auc - 1e-12 <= high <= 1


@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(drawn, random):
    order = list(range(len(drawn[0])))
    random.shuffle(order)
    found = row_values("brier", *drawn[:2], base_rate=0.5)

    assert auc_interval(*(of[order] for of in drawn)) == auc_interval(*drawn)
    assert mean_interval(found.value, found.contributions[order], drawn[2][order]) == mean_interval(
        found.value, found.contributions, drawn[2]
    )


@given(rows())
def test_the_interval_of_turned_scores_is_the_mirror_image(drawn):
    y, score, entity = drawn

    low, high = auc_interval(y, score, entity)

    assert auc_interval(y, 1 - score, entity) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_one_row_an_entity_is_delong_on_the_logit_scale():
    random = np.random.default_rng(3)
    y = np.arange(600) % 3 // 2
    score = random.normal(size=600) + y
    above = (score[y == 1][:, None] > score[y == 0]).astype(float)  # 200 positives by 400 negatives
    auc = above.mean()
    variance = above.mean(axis=1).var(ddof=1) / 200 + above.mean(axis=0).var(ddof=1) / 400
    margin = t.ppf(0.975, 199) * np.sqrt(variance) / (auc * (1 - auc))
    ends = 1 / (1 + np.exp(-(np.log(auc / (1 - auc)) + np.array([-margin, margin]))))

    assert auc_interval(y, score, np.arange(600)) == pytest.approx(tuple(ends), abs=1e-12)


def test_rows_that_are_copied_by_entity_change_nothing():
    random = np.random.default_rng(4)
    y = np.arange(300) % 3 // 2
    score, entity = random.normal(size=300) + y, np.arange(300)

    once = auc_interval(y, score, entity)
    copied = auc_interval(*(np.tile(of, 28) for of in (y, score, entity)))

    assert copied == pytest.approx(once, abs=1e-12)


@pytest.mark.parametrize(("positives", "below"), [(1, 0.5), (2, 0.65), (5, 0.85), (10, 0.92)])
def test_a_perfect_auc_of_few_positives_says_little(positives, below):
    y = np.array([1] * positives + [0] * 200)

    low, high = auc_interval(y, y.astype(float), np.arange(len(y)))

    assert high == 1
    assert 0 < low < below


def test_a_constant_score_is_known_to_rank_nothing():
    y = np.arange(200) % 2

    assert auc_interval(y, np.ones(200), np.arange(200)) == (0.5, 0.5)


def test_nothing_is_said_about_a_mean_from_one_entity():
    assert mean_interval(0.2, np.array([-0.1, 0.1]), np.array([7, 7])) == (-np.inf, np.inf)


def test_the_variance_by_row_is_that_of_a_mean():
    values = np.random.default_rng(1).normal(size=50)

    found = cluster_variance((values - values.mean()) / 50, np.arange(50))

    assert found == pytest.approx(values.var(ddof=1) / 50)


def _single(random, auc, positives, negatives):
    y = np.repeat([1, 0], [positives, negatives])
    return y, random.normal(size=len(y)) + np.sqrt(2) * norm.ppf(auc) * y, np.arange(len(y))


def _daily(random, auc, entities, days):
    """Scores and outcomes by row, both with an effect of the entity, whose variance is half of all."""
    entity = np.repeat(np.arange(entities), days)
    y = (random.normal(size=entities)[entity] + random.normal(size=len(entity)) > 0.4).astype(int)
    noise = (random.normal(size=entities)[entity] + random.normal(size=len(entity))) / np.sqrt(2)
    return y, noise + np.sqrt(2) * norm.ppf(auc) * y, entity


def _coverage(draw, auc, *sizes, cases=400):
    random = np.random.default_rng(5)
    ends = np.array([auc_interval(*draw(random, auc, *sizes)) for _ in range(cases)])
    return ((ends[:, 0] <= auc) & (auc <= ends[:, 1])).mean()


@pytest.mark.parametrize("auc", [0.6, 0.8, 0.95])
def test_the_interval_holds_the_truth_with_one_row_an_entity(auc):
    assert 0.915 <= _coverage(_single, auc, 50, 150) <= 0.985


@pytest.mark.parametrize("auc", [0.6, 0.8, 0.95])
def test_the_interval_holds_the_truth_with_many_rows_an_entity(auc):
    assert 0.915 <= _coverage(_daily, auc, 100, 10) <= 0.985


@pytest.mark.parametrize(("auc", "positives"), [(0.6, 3), (0.95, 3), (0.8, 10), (0.95, 20)])
def test_the_interval_of_few_positives_errs_on_the_safe_side(auc, positives):
    assert _coverage(_single, auc, positives, 200) >= 0.93
