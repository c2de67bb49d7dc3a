"""Scores that do not come true are noticed, and those that do are left in peace."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from ml_assets.core.statistics.calibration import calibration, perfect_calibration_error
from ml_assets_tests.row_metrics import row_values
from ml_assets_tests.simulated import calibrated


def _shifted(score, by):
    return expit(logit(score) + by)


def _steepened(score, factor):
    return expit(factor * (logit(score) - logit(0.12)) + logit(0.12))


@pytest.mark.parametrize("entities", [0, 150])
def test_scores_divided_by_ten_are_noticed(entities):
    for case in range(20):
        y, score, entity = calibrated(np.random.default_rng(case), rows=1800, base=-2.1, entities=entities)
        found = calibration(y, score / 10, entity, error=0.0005)
        assert found.level_is_off
        assert found.z > 0


@pytest.mark.parametrize("entities", [0, 150])
def test_a_base_rate_that_has_moved_from_13_to_49_percent_is_noticed(entities):
    for case in range(20):
        y, score, entity = calibrated(np.random.default_rng(case), rows=1800, base=-0.05, entities=entities)
        found = calibration(y, _shifted(score, -2.05), entity, error=0.0005)
        assert found.expected == pytest.approx(0.13, abs=0.03)
        assert found.observed == pytest.approx(0.49, abs=0.07)
        assert not found.calibrated


def test_scores_that_are_too_extreme_are_noticed_by_their_slope():
    y, score, entity = calibrated(np.random.default_rng(1), rows=5000, base=-2.1)

    found = calibration(y, _steepened(score, 1.6), entity, error=0.05)

    assert found.slope == pytest.approx(1 / 1.6, abs=0.1)
    assert found.slope_low < found.slope < found.slope_high < 1
    assert found.slope_is_off


@pytest.mark.parametrize(("rows", "base", "entities"), [(600, -1.5, 0), (1800, -2.1, 60)])
def test_a_calibrated_model_is_seldom_suspected(rows, base, entities):
    random = np.random.default_rng(1)
    drawn = (calibrated(random, rows=rows, base=base, entities=entities) for _ in range(300))

    alarms = [not calibration(*of, error=0.05).calibrated for of in drawn]

    assert np.mean(alarms) <= 0.09  # 5 % and three standard errors of the simulation


def test_the_coefficients_and_their_errors_are_those_of_a_logistic_regression():
    y, score, entity = calibrated(np.random.default_rng(2), rows=4000, base=-1.0)
    expected = sm.Logit(y, sm.add_constant(logit(score))).fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": entity}
    )

    found = calibration(y, score, entity, error=0.1)

    low, high = expected.conf_int(alpha=0.05).T
    assert (found.intercept, found.slope) == pytest.approx(tuple(expected.params), abs=1e-6)
    assert (found.intercept_low, found.slope_low) == pytest.approx(tuple(low), abs=0.002)
    assert (found.intercept_high, found.slope_high) == pytest.approx(tuple(high), abs=0.002)


def _without_slope(y, score, entity=None):
    found = calibration(y, score, np.arange(len(y)) if entity is None else entity, error=0.05)
    assert found.slope is found.slope_low is found.intercept is None
    assert np.isfinite(found.z)
    return found.without_slope


def test_where_there_can_be_no_slope_the_reason_is_given():
    y, score = np.array([0, 1] * 50), np.linspace(0.1, 0.9, 100)

    assert _without_slope(np.zeros(100), score) == "one_outcome"
    assert _without_slope(np.array([1]), np.array([1.0])) == "one_outcome"
    assert _without_slope(y[:30], score[:30]) == "few_entities"
    assert _without_slope(y, score, np.arange(100) % 19) == "few_entities"
    assert _without_slope(y, np.full(100, 0.3)) == "constant_scores"
    assert _without_slope(y, np.where(np.arange(100) == 5, 0.9, 0.3)) == "constant_scores"
    assert _without_slope((score > 0.5).astype(int), score) == "separated"
    assert _without_slope((score < 0.5).astype(int), score) == "separated"


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from([0.0, 1e-9, 0.01, 0.5, 0.99, 1.0]), st.integers(0, 60)),
        min_size=1,
        max_size=200,
    ),
    st.randoms(use_true_random=False),
)
def test_any_rows_have_an_answer_whatever_their_order(rows, random):
    y, score, entity = (np.array(of) for of in zip(*rows, strict=True))
    order = list(range(len(y)))
    random.shuffle(order)

    found = calibration(y, score, entity, error=0.05)

    assert calibration(y[order], score[order], entity[order], error=0.05) == found
    assert np.isfinite(found.z)
    assert (found.slope is None) == (found.without_slope is not None)
    assert found.slope is None or found.slope_low <= found.slope <= found.slope_high


@pytest.mark.parametrize(
    ("rows", "base", "spread"), [(1800, -2.1, 1), (200, -2.1, 1), (1800, -5, 1), (300, -2, 0)]
)
def test_the_calibration_error_of_a_perfect_model_is_that_of_a_simulation(rows, base, spread):
    random = np.random.default_rng(1)
    score = expit(base + spread * random.normal(size=rows))
    cases = (random.random((600, rows)) < score).astype(int)

    found = [
        row_values("calibration_error", y, score, base_rate=0.5).value for y in cases if 0 < y.sum() < rows
    ]

    assert perfect_calibration_error(score) == pytest.approx(np.mean(found), rel=0.05)


def test_scores_that_are_certain_have_no_calibration_error_to_expect():
    assert perfect_calibration_error(np.array([0.0, 0.0, 1.0, 1.0])) == 0
