"""Halving: rounds nest, the best one stays, and it never costs more than all trials on all days."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.sweep.halving import FEWEST, Stage, cost, first_round, next_round, ranked, spread, stages

LAST = dt.date(2025, 12, 1)
NAN = float("nan")

counts, lengths, reductions = st.integers(1, 120), st.integers(1, 100), st.integers(2, 10)


def window(days):
    return [LAST - dt.timedelta(days=back) for back in range(days)]


def names(count):
    return [f"{number:012x}" for number in range(count)]


def played(trials, days, *, reduction, result, larger_is_better=True):
    """All rounds, where `result(name, round)` is a trial's metric."""
    now = first_round(trials, days, reduction=reduction)
    found = [now]
    while now := next_round(now, {n: result(n, now) for n in now.trials}, larger_is_better=larger_is_better):
        found.append(now)
    return found


@given(counts, lengths, reductions)
def test_rounds_nest_days_grow_to_all_and_trials_shrink(trials, days, reduction):
    rounds = played(names(trials), window(days), reduction=reduction, result=lambda name, _: int(name, 16))

    assert set(rounds[0].trials) == set(names(trials))
    assert rounds[-1].days == tuple(sorted(window(days)))
    for earlier, later in itertools.pairwise(rounds):
        assert set(earlier.days) < set(later.days)
        assert set(later.trials) < set(earlier.trials)
        assert len(later.trials) == max(FEWEST, len(earlier.trials) // reduction)
    assert all(LAST in found.days for found in rounds)


@given(counts, lengths, reductions)
def test_the_cost_is_what_the_rounds_run_and_never_more_than_everything(trials, days, reduction):
    plan = stages(trials, days, reduction=reduction)
    rounds = played(names(trials), window(days), reduction=reduction, result=lambda name, _: int(name, 16))
    ran = {(name, day) for found in rounds for name in found.trials for day in found.days}

    assert cost(plan) == len(ran)
    assert cost(plan) <= trials * days
    assert (cost(plan) < trials * days) is (len(plan) > 1)
    assert [Stage(trials=len(r.trials), days=len(r.days)) for r in rounds] == list(plan)


@given(st.permutations(names(30)), lengths, reductions, st.booleans())
def test_without_noise_the_best_trial_is_never_lost(order, days, reduction, larger_is_better):
    sign = 1 if larger_is_better else -1
    rounds = played(
        order,
        window(days),
        reduction=reduction,
        result=lambda name, now: sign * order.index(name) - 0.1 * len(now.days),
        larger_is_better=larger_is_better,
    )

    assert all(order[-1] in found.trials for found in rounds)


@given(st.permutations(names(20)), st.sets(st.sampled_from(names(20)), max_size=20), lengths)
def test_failed_trials_are_dropped_and_the_order_of_results_does_not_matter(order, failed, days):
    now = first_round(order, window(days), reduction=3)
    results = {name: (None if name in failed else 0.5) for name in order}

    later = next_round(now, results, larger_is_better=True)

    assert later == next_round(now, dict(sorted(results.items())), larger_is_better=True)
    if later is None:
        assert now.last or len(failed) == len(order)
    else:
        sound = sorted(set(order) - failed)
        assert later.trials == tuple(sound[: later.stages[1].trials])  # all are equal: ties go by name


@pytest.mark.parametrize(
    ("trials", "days", "reduction", "expected", "trial_days"),
    [
        (9, 90, 3, [(9, 10), (3, 30), (2, 90)], 270),
        (27, 14, 3, [(27, 1), (9, 4), (3, 14)], 84),
        (2, 10, 2, [(2, 10)], 20),
        (5, 1, 2, [(5, 1)], 5),
        (1, 9, 3, [(1, 9)], 9),
    ],
)
def test_plans_that_can_be_checked_by_hand(trials, days, reduction, expected, trial_days):
    plan = stages(trials, days, reduction=reduction)

    assert [(stage.trials, stage.days) for stage in plan] == expected
    assert cost(plan) == trial_days


def test_as_many_days_as_the_reduction_make_two_rounds():
    assert [(stage.trials, stage.days) for stage in stages(9, 3, reduction=3)] == [(9, 1), (3, 3)]
    assert [(stage.trials, stage.days) for stage in stages(9, 2, reduction=3)] == [(9, 2)]


def test_days_are_spread_over_the_window_from_its_latest_one_on():
    assert [day.day for day in spread([dt.date(2025, 1, n) for n in range(1, 10)])] == [
        9,
        1,
        5,
        7,
        3,
        8,
        6,
        4,
        2,
    ]


@given(st.sets(st.dates(dt.date(2020, 1, 1), dt.date(2020, 12, 31)), min_size=1, max_size=40))
def test_spreading_keeps_each_day_once_gaps_in_the_window_or_not(days):
    found = spread(sorted(days))

    assert sorted(found) == sorted(days)
    assert found[0] == max(days)


def test_no_number_is_no_result():
    assert ranked({"a": NAN, "b": None, "c": float("inf"), "d": 0.1, "e": 0.2}, larger_is_better=True) == [
        "e",
        "d",
    ]


def test_results_that_are_not_those_of_the_round_are_an_error():
    now = first_round(["a", "b", "c"], window(9), reduction=3)

    with pytest.raises(ValueError, match="one result for each trial"):
        next_round(now, {"a": 1.0, "b": 2.0}, larger_is_better=True)


@pytest.mark.parametrize(("trials", "days"), [([], window(3)), (["a"], []), (["a", "a"], window(3))])
def test_halving_needs_different_trials_and_days(trials, days):
    with pytest.raises(ValueError, match="Halving needs"):
        first_round(trials, days, reduction=3)
