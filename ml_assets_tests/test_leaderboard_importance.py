"""Which parameter decides the metric, on sweeps where the answer is known."""

import datetime as dt
import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ml_assets.core.leaderboard.importance import explained, group, importance, kendall_w

FIRST = dt.date(2025, 12, 1)


def grid(**axes):
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def on_days(trials, *functions):
    return {
        FIRST + dt.timedelta(days=n): [function(trial) for trial in trials]
        for n, function in enumerate(functions)
    }


def shares(found):
    return {share.name: share.mean for share in found.shares}


effects = st.lists(st.integers(-100, 100), min_size=2, max_size=6, unique=True)


@given(effects, st.integers(2, 6))
def test_a_parameter_that_alone_decides_explains_all_and_an_irrelevant_one_nothing(effect, others):
    trials = grid(max_depth=range(1, 1 + len(effect)), seed=range(others))
    found = importance(trials, on_days(trials, lambda t: effect[t["max_depth"] - 1] / 100))

    assert shares(found) == pytest.approx({"max_depth": 1, "seed": 0}, abs=1e-9)
    assert found.shares[0].name == "max_depth"
    assert found.full_grid


@given(effects, effects, st.integers(1, 50))
def test_on_a_full_grid_shares_of_parameters_that_add_up_add_up_to_one(a, b, weight):
    trials = grid(max_depth=range(len(a)), max_iter=range(len(b)))
    found = importance(trials, on_days(trials, lambda t: a[t["max_depth"]] + weight * b[t["max_iter"]]))

    assert sum(shares(found).values()) == pytest.approx(1, abs=1e-8)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-50, 50)), min_size=4, max_size=40))
def test_what_a_parameter_explains_is_between_over_total_sum_of_squares(pairs):
    codes, numbers = zip(*pairs, strict=True)
    assume(len(set(numbers)) > 1)
    y = np.array(numbers, dtype=float)
    total = ((y - y.mean()) ** 2).sum()
    within = sum(((y[np.array(codes) == c] - y[np.array(codes) == c].mean()) ** 2).sum() for c in set(codes))
    places = {c: n for n, c in enumerate(sorted(set(codes)))}

    assert explained([places[c] for c in codes], numbers) == pytest.approx(1 - within / total, abs=1e-9)


def test_a_parameter_that_does_nothing_reaches_what_chance_gives_it():
    source = np.random.default_rng(0)
    trials = [
        {"C": float(c), "seed": int(s)}
        for c, s in zip(source.random(30), source.permutation(30), strict=True)
    ]
    found = importance(trials, {FIRST + dt.timedelta(days=n): list(source.random(30)) for n in range(300)})

    for share in found.shares:
        assert share.groups == 5
        assert share.chance == pytest.approx(4 / 29)
        assert share.mean == pytest.approx(share.chance, abs=0.02)


def test_numbers_with_many_values_are_grouped_by_rank_and_equal_values_stay_together():
    codes = group([10.0**n for n in range(20)])
    tied = group([0.5] * 12 + [float(n) for n in range(12)])

    assert [codes.count(code) for code in range(5)] == [4, 4, 4, 4, 4]
    assert codes == sorted(codes)
    assert len(set(tied[:12])) == 1


def test_text_is_grouped_by_value_unless_nearly_every_trial_has_its_own():
    assert group(["v1", "v2", "v1", "v2"]) == [0, 1, 0, 1]
    assert group(["a", "b", "c", "d"]) is None
    assert group([True, False, 1, 0] * 2) == [3, 2, 1, 0] * 2


def test_a_value_that_a_trial_does_not_use_is_a_group_of_its_own():
    trials = [{"model_version": "v1", "max_depth": None}] * 3 + [
        {"model_version": "v2", "max_depth": d} for d in (2, 2, 4, 4, 6, 6)
    ]
    found = importance(trials, on_days(trials, lambda t: t["max_depth"] or 9))

    assert shares(found)["max_depth"] == pytest.approx(1)
    assert not found.full_grid


@pytest.mark.parametrize(
    ("trials", "function"),
    [
        (grid(max_depth=range(6)), lambda t: t["max_depth"]),
        (grid(max_depth=range(3), seed=[0]), lambda t: t["max_depth"]),
        (grid(max_depth=range(3), seed=range(3)), lambda _: 0.7),
        ([], lambda _: 0.7),
    ],
    ids=["one parameter", "one that varies", "nothing to explain", "no trial"],
)
def test_where_importance_cannot_be_told_there_is_none(trials, function):
    assert importance(trials, on_days(trials, function) if trials else {}) is None


def test_days_that_agree_have_a_w_of_one_and_days_that_contradict_each_other_of_zero():
    trials = grid(max_depth=range(3), seed=range(3))
    depth, seed = (lambda t: 3 * t["max_depth"] + t["seed"]), (lambda t: t["max_depth"] + 3 * t["seed"])

    assert importance(trials, on_days(trials, depth, depth, depth)).agreement == 1
    assert importance(trials, on_days(trials, depth, seed)).agreement == 0
    assert importance(trials, on_days(trials, depth)).agreement is None


@given(st.integers(2, 6).flatmap(lambda k: st.lists(st.permutations(range(k)), min_size=2, max_size=6)))
def test_kendalls_w_is_the_mean_rank_correlation_in_other_words(scores):
    from scipy.stats import rankdata

    ranks = np.array([rankdata(row) for row in scores])
    pairs = [np.corrcoef(a, b)[0, 1] for a, b in itertools.combinations(ranks, 2)]
    m = len(scores)

    assert kendall_w(scores) == pytest.approx((1 + (m - 1) * np.mean(pairs)) / m, abs=1e-9)


def test_ties_are_corrected_for_and_days_without_any_order_have_no_agreement():
    assert kendall_w([[1, 1, 2], [1, 1, 2]]) == pytest.approx(1)
    assert kendall_w([[1, 1], [1, 1]]) is None
