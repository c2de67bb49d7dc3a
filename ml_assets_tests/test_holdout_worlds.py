"""The evaluation says what comes: worlds in which rows of one customer share an outcome that closes late."""

import numpy as np
import pytest

from ml_assets_tests.worlds import WORLDS, measured

SEEDS = range(4)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_an_evaluation_of_purged_training_is_what_the_model_is_worth_in_use(name):
    found = [measured(name, seed=seed, max_iter=40) for seed in SEEDS]

    assert abs(np.mean([one.holdout - one.in_use for one in found])) < 0.05
    assert sum(one.agrees for one in found) >= len(SEEDS) - 1


@pytest.mark.slow
def test_without_purging_a_model_of_what_nobody_can_foresee_looks_good():
    name = "90-day outcome, daily, orders at random"
    found = [measured(name, seed=seed, max_iter=40, purged=False) for seed in SEEDS]

    assert np.mean([one.holdout for one in found]) > 0.58
    assert abs(np.mean([one.in_use for one in found]) - 0.5) < 0.05
