"""Which of many models are worse than the best: never by chance more often than is said, and always where it is plain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.statistics.confidence_set import BLOCK_DAYS, FEWEST_GROUPS, MOST_CELLS, cells, p_values


def rows(days, per_day, *, return_daily=False):
    """Event days and entities of so many rows a day."""
    day = np.repeat(np.arange(days), per_day)
    return day, np.tile(np.arange(per_day), days) if return_daily else np.arange(len(day))


def chances(values, day, entity):
    """By model; `values` has shape (rows, models)."""
    place = cells(day=day, entity=entity)
    sums = np.array([place.sums(of / len(day)) for of in values.T])
    return p_values(sums, shares=place.sums(np.full(len(day), 1 / len(day))))


def share_of_sweeps(draw, *, sweeps, models, days=69, per_day=8, return_daily=False, error=0.05):
    """How often some of the equally good models is not in the confidence set."""
    day, entity = rows(days, per_day, return_daily=return_daily)
    random = np.random.default_rng(models)
    hits = (chances(draw(random, day, entity, models), day, entity).min() < error for _ in range(sweeps))
    return np.mean(list(hits))


def noise(random, day, entity, models):
    return random.normal(size=(len(day), models))


def of_days(random, day, entity, models):
    """Each day favours some models: as much as the noise of its rows."""
    return noise(random, day, entity, models) + 0.3 * random.normal(size=(day.max() + 1, models))[day]


def of_entities(random, day, entity, models):
    """Each entity that returns daily favours some models."""
    return noise(random, day, entity, models) + 0.5 * random.normal(size=(entity.max() + 1, models))[entity]


def lasting(random, day, entity, models):
    """What favours some models lasts some days: AR(1) with 0.7."""
    series = random.normal(size=(day.max() + 1, models))
    for n in range(1, len(series)):
        series[n] = 0.7 * series[n - 1] + 0.7 * series[n]
    return noise(random, day, entity, models) + 0.3 * series[day]


def of_both(random, day, entity, models):
    return of_days(random, day, entity, models) + of_entities(random, day, entity, models)


@pytest.mark.parametrize(("models", "days"), [(2, 56), (9, 69), (27, 56)])
@pytest.mark.parametrize("draw", [noise, of_days])
def test_of_equally_good_models_some_is_called_worse_in_at_most_one_sweep_of_ten(models, draw, days):
    assert share_of_sweeps(draw, sweeps=100, models=models, days=days) <= 0.1


def test_what_lasts_some_days_makes_it_little_more_often():
    assert share_of_sweeps(lasting, sweeps=100, models=9) <= 0.15


@pytest.mark.parametrize("draw", [of_entities, of_both])
def test_nor_is_it_more_often_where_the_same_customers_return_every_day(draw):
    assert share_of_sweeps(draw, sweeps=60, models=9, per_day=60, return_daily=True) <= 0.1


def test_two_hundred_equally_good_models_are_no_exception():
    assert share_of_sweeps(noise, sweeps=12, models=200) <= 0.1


@pytest.mark.parametrize("models", [2, 27, 200])
def test_a_model_that_is_clearly_worse_is_the_only_one_called_so(models):
    day, entity = rows(69, 20)
    values = noise(np.random.default_rng(1), day, entity, models)
    values[:, 1] -= 8 * np.sqrt(2 / len(day))

    found = chances(values, day, entity)

    assert found[1] < 0.02
    assert min(np.delete(found, 1)) > 0.05


def test_what_days_or_entities_cause_is_not_taken_for_a_difference_of_models():
    day, entity = rows(56, 40, return_daily=True)
    by_day, by_entity = np.zeros((len(day), 2)), np.zeros((len(day), 2))
    by_day[:, 0] = np.where(day < 8, 3.0, -0.2)  # better on the first days alone
    by_entity[:, 0] = np.where(entity < 2, 6.0, -0.05)  # better for two customers alone

    noisy = np.random.default_rng(2).normal(size=(len(day), 2))
    assert min(chances(noisy + by_day, day, entity)) > 0.05
    assert min(chances(noisy + by_entity, day, entity)) > 0.05


def test_equal_models_are_all_in_the_set():
    day, entity = rows(56, 5)
    values = np.repeat(np.random.default_rng(0).normal(size=(len(day), 1)), 4, axis=1)

    assert chances(values, day, entity).tolist() == [1, 1, 1, 1]
    assert chances(values[:, :1], day, entity).tolist() == [1]


@given(st.permutations(range(5)), st.randoms(use_true_random=False))
def test_neither_the_order_of_models_nor_that_of_rows_matters(order, shuffler):
    day, entity = rows(60, 4, return_daily=True)
    values = np.random.default_rng(3).normal(size=(len(day), 5)) - np.arange(5) / 8
    shuffled = list(range(len(day)))
    shuffler.shuffle(shuffled)

    found = chances(values, day, entity)
    other = chances(values[shuffled][:, order], day[shuffled], entity[shuffled])

    assert other.tolist() == found[list(order)].tolist()


def test_blocks_are_weeks_and_rows_are_all_in_one_cell():
    day, entity = rows(69, 3)
    found = cells(day=day + 739_000, entity=entity)

    assert (found.blocks, found.groups) == (10, 207)
    assert found.sums(np.ones(len(day))).sum() == len(day)
    assert cells(day=np.array([5, 5 + BLOCK_DAYS // 2]), entity=np.arange(2)).blocks == 1


def test_too_many_entities_share_groups():
    day, entity = rows(366, 200)
    found = cells(day=day, entity=entity)

    assert found.groups == MOST_CELLS // found.blocks >= FEWEST_GROUPS
    assert found.sums(np.ones(len(day))).sum() == len(day)
