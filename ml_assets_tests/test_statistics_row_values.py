"""Each metric is a mean over rows: its value is scikit-learn's, and its influences are derivatives."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from ml_assets.core.statistics.yes_no import auc, placement_values, ranks
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.evaluated.yes_no import metrics
from ml_assets_tests.row_metrics import BINARY, row_values

SMOOTH = ("roc_auc", "average_precision", "log_loss", "brier", "skill")
BASE_RATE = 0.3


@st.composite
def rows(draw):
    """Outcomes of both kinds and scores, some of which tie."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 40)), min_size=2, max_size=60))
    y, score = np.array([of[0] for of in pairs]), np.array([of[1] / 40 for of in pairs])
    assume(0 < y.sum() < len(y))
    return y, score


def drawn(n=400, seed=1):
    random = np.random.default_rng(seed)
    p = random.beta(2, 5, n)
    return (random.random(n) < p).astype(int), np.round(np.clip(p + random.normal(0, 0.1, n), 0.01, 0.99), 2)


@given(st.lists(st.sampled_from([-1.5, -0.0, 0.0, 2.0, math.inf]), min_size=1, max_size=30))
def test_ranks_are_those_of_scipy(values):
    assert ranks(np.array(values)).tolist() == rankdata(values).tolist()


def test_a_score_that_is_no_number_leaves_no_auc():
    assert math.isnan(auc(np.array([0, 1, 1]), np.array([0.1, math.nan, 0.7])))


@given(rows())
def test_the_value_is_that_of_the_evaluation(drawn_rows):
    expected = metrics(*drawn_rows, base_rate=BASE_RATE, entity=np.arange(len(drawn_rows[0])))

    for metric in BINARY.ranked:
        found = row_values(metric, *drawn_rows, base_rate=BASE_RATE)
        assert found.value == pytest.approx(expected[metric], rel=1e-12, abs=1e-12), metric


@given(rows())
def test_the_value_is_that_of_scikit_learn(drawn_rows):
    y, score = drawn_rows
    found = {name: row_values(name, y, score, base_rate=BASE_RATE).value for name in SMOOTH}
    brier = brier_score_loss(y, score)

    assert found["roc_auc"] == pytest.approx(roc_auc_score(y, score), abs=1e-12)
    assert found["average_precision"] == pytest.approx(average_precision_score(y, score), abs=1e-12)
    assert found["log_loss"] == pytest.approx(log_loss(y, score, labels=[0, 1]), rel=1e-12)
    assert found["brier"] == pytest.approx(brier, abs=1e-12)
    assert found["skill"] == pytest.approx(1 - brier / np.mean((y - BASE_RATE) ** 2), rel=1e-9)


@pytest.mark.parametrize("metric", BINARY.ranked)
@given(rows())
def test_influences_have_a_mean_of_nothing(metric, drawn_rows):
    found = row_values(metric, *drawn_rows, base_rate=BASE_RATE)

    assert found.influence.shape == drawn_rows[0].shape
    assert found.influence.mean() == pytest.approx(0, abs=1e-9)
    assert found.contributions.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("metric", BINARY.ranked)
@given(rows(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(metric, drawn_rows, random):
    y, score = drawn_rows
    order = list(range(len(y)))
    random.shuffle(order)

    one = row_values(metric, y, score, base_rate=BASE_RATE)
    other = row_values(metric, y[order], score[order], base_rate=BASE_RATE)

    assert other.value == one.value
    assert (other.influence == one.influence[order]).all()


def _weighted(metric, y, score, weight):
    """The metric of rows that count as often as they weigh, by scikit-learn."""
    if metric == "roc_auc":
        return roc_auc_score(y, score, sample_weight=weight)
    if metric == "average_precision":
        return average_precision_score(y, score, sample_weight=weight)
    if metric == "log_loss":
        return log_loss(y, score, sample_weight=weight)
    brier = brier_score_loss(y, score, sample_weight=weight)
    baseline = brier_score_loss(y, np.full(len(y), BASE_RATE), sample_weight=weight)
    return brier if metric == "brier" else 1 - brier / baseline


@pytest.mark.parametrize("metric", SMOOTH)
def test_the_influence_is_the_derivative_in_the_weight_of_the_row(metric):
    y, score = drawn()
    found = row_values(metric, y, score, base_rate=BASE_RATE)

    for row in range(0, len(y), 25):
        step = 1e-4 * (np.arange(len(y)) == row)
        up, down = (_weighted(metric, y, score, 1 + sign * step) for sign in (1, -1))
        assert found.influence[row] == pytest.approx(len(y) * (up - down) / 2e-4, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("metric", BINARY.ranked)
def test_the_influences_say_how_much_a_metric_varies_from_sample_to_sample(metric):
    values, errors = [], []
    for seed in range(400):
        random = np.random.default_rng(seed)
        p = random.beta(2, 5, 600)
        found = row_values(metric, random.random(600) < p, 0.3 + 0.6 * p, base_rate=BASE_RATE)
        values.append(found.value)
        errors.append(np.sqrt((found.contributions**2).sum()))

    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)


def test_the_mean_of_the_placement_values_of_either_class_is_the_auc():
    y, score = drawn()
    placed = placement_values(y, score)

    assert placed[y == 1].mean() == pytest.approx(roc_auc_score(y, score))
    assert placed[y == 0].mean() == pytest.approx(roc_auc_score(y, score))


def test_scores_of_0_and_1_that_are_wrong_cost_as_much_as_in_scikit_learn():
    y = np.array([0, 1, 1, 0])
    for kind in ("float64", "float32"):
        score = np.array([1.0, 0.0, 1.0, 0.0], dtype=kind)
        found = row_values("log_loss", y, score, base_rate=0.5)
        assert found.value == pytest.approx(log_loss(y, score), rel=1e-6)


def test_one_outcome_alone_and_an_unknown_metric_are_refused():
    with pytest.raises(ValueError, match="both outcomes must occur"):
        row_values("brier", np.ones(3), np.ones(3) / 2, base_rate=0.5)
    with pytest.raises(RefusedError, match="not known row by row"):
        row_values("base_rate", np.array([0, 1]), np.ones(2) / 2, base_rate=0.5)
