"""Which trials a sweep has: all of a grid, drawn ones, or ones that learn; the same ones everywhere."""

import datetime as dt
import itertools
import json
import math
import os
import subprocess
import sys
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from pydantic import Field, model_validator

from ml_assets.core.parameters import Parameters, identity, refuse, used_when
from ml_assets.core.problems import check
from ml_assets.core.run_id import run_id
from ml_assets.core.sweep.search import trials_of
from ml_assets.core.sweep.space import corners
from ml_assets.core.sweep.sweep_parameters import space_of, sweep_identity
from ml_assets.core.sweep.tpe import BATCH, Tpe, _distribution
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.beside import check_sweep
from ml_assets_tests.conftest import REPO, output_of

DAY = dt.date(2025, 12, 1)
V2 = TrainingParameters(model_version="v2")
MIXED = {
    "learning_rate": "0.01..0.3 log",
    "l2_regularization": "0..2",
    "max_iter": "10..500 log",
    "max_depth": "2..8",
    "calibrate": "true,false",
}

# axes whose combinations with V2 are all possible, with texts that a grid takes and texts that it does not
GRIDS = {
    "learning_rate": ["0.1", "0.05,0.1,0.2"],
    "max_depth": ["2..4", "3,5"],
    "calibrate": ["true,false", "true"],
    "lookback_days": ["90,180", "100..103"],
    "model_version": ["v2"],
}
SPACES = {
    **GRIDS,
    "learning_rate": [*GRIDS["learning_rate"], "0.01..0.3 log", "0.123456789..0.2"],
    "max_iter": ["10..500 log", "1..2000"],
    "l2_regularization": ["0..1"],
}


def grids(texts):
    axes = {name: st.sampled_from(found) for name, found in texts.items()}
    return st.fixed_dictionaries({}, optional=axes).filter(bool)


def ids(trials):
    return [run_id(trial, DAY) for trial in trials]


def named(trials, name):
    return [getattr(trial, name) for trial in trials]


def score(trial):
    return -abs(math.log(trial.learning_rate / 0.1)) - abs(trial.max_depth - 5)


def through(search, *, order=lambda batch: batch, value=score):
    """All trials of a search, batch by batch, told in the given order."""
    found = []
    while batch := search.ask():
        for trial in order(batch):
            search.tell(trial, value(trial))
        found += batch
    return found


def test_a_grid_is_all_combinations_in_the_order_of_their_names():
    own = check_sweep(
        {"grid": {"max_depth": "3,2", "learning_rate": "0.2,0.1", "calibrate": "true,false"}},
        cls=TrainingParameters,
    )

    found = [(t.calibrate, t.learning_rate, t.max_depth) for t in trials_of(V2, own)]

    assert found == list(itertools.product([False, True], [0.1, 0.2], [2, 3]))


def test_a_grid_is_whole_though_it_has_more_trials_than_a_search_draws():
    own = check_sweep({"grid": {"max_depth": "1..16", "seed": "0..3"}})

    assert [(t.max_depth, t.seed) for t in trials_of(V2, own)] == list(
        itertools.product(range(1, 17), range(4))
    )


@given(grids(GRIDS), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_the_axes_changes_no_trial(grid, shuffler):
    turned = list(grid.items())
    shuffler.shuffle(turned)

    assert trials_of(V2, check_sweep({"grid": grid})) == trials_of(V2, check_sweep({"grid": dict(turned)}))


@given(grids(SPACES), st.integers(1, 30), st.integers(0, 2**31 - 1), st.sampled_from(["random", "tpe"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_every_trial_is_a_sound_run_inside_the_axes_and_no_two_are_equal(grid, count, seed, search):
    own = check_sweep({"grid": grid, "search": search, "trials": count, "seed": seed})
    trials = trials_of(V2, own) if search == "random" else through(Tpe(V2, own, larger_is_better=True))
    ends = {
        n: [c[n] for c in corners(space_of(own, cls=TrainingParameters), cls=TrainingParameters)]
        for n in grid
    }

    assert 1 <= len(trials) <= count
    assert len(set(ids(trials))) == len(trials)
    for trial in trials:
        assert check(trial.model_dump(), TrainingParameters) == trial
        assert all(min(ends[name]) <= getattr(trial, name) <= max(ends[name]) for name in grid)


def test_a_trial_is_the_run_that_these_parameters_have_in_the_shell():
    own = check_sweep({"grid": {"learning_rate": "1,0.10"}})

    assert ids(trials_of(V2, own)) == [
        run_id(check({"model_version": "v2", "learning_rate": rate}, TrainingParameters), DAY)
        for rate in (0.1, 1.0)
    ]


def test_numbers_are_drawn_readable_and_as_many_as_asked_for():
    own = check_sweep({"grid": MIXED, "search": "random", "trials": 200})

    trials = trials_of(V2, own)

    assert len(trials) == 200
    assert all(float(f"{rate:.6g}") == rate for rate in named(trials, "learning_rate"))
    assert {type(many) for many in named(trials, "max_iter")} == {int}
    assert set(named(trials, "max_depth")) == set(range(2, 9))
    assert set(named(trials, "calibrate")) == {True, False}


def test_log_draws_every_factor_equally_often_and_without_it_every_difference():
    def share_below_the_middle(text):
        own = check_sweep(
            {"grid": {"max_iter": text}, "search": "random", "trials": 300}, cls=TrainingParameters
        )
        drawn = named(trials_of(V2, own), "max_iter")
        return sum(many <= 45 for many in drawn) / len(drawn)

    # of 1..2000, 45 is the middle on a scale of factors; the share is below a half as no draw comes twice
    assert share_below_the_middle("1..2000 log") > 0.1
    assert share_below_the_middle("1..2000") < 0.06


def drawn_of(text, name="l2_regularization", **more):
    """Many draws of one axis, beside a seed so that no two trials are equal."""
    grid = {name: text, "seed": "0..2147483647"}
    own = check_sweep({"grid": grid, "search": "random", "trials": 2000, **more})
    return named(trials_of(V2, own), name)


@pytest.mark.parametrize(
    ("text", "name", "low", "high"),
    [("2..6", "l2_regularization", 2, 6), ("0.2..0.3", "learning_rate", 0.2, 0.3)],
)
def test_numbers_are_drawn_from_the_whole_range_and_every_part_of_it_equally_often(text, name, low, high):
    quarters = [int(4 * (value - low) / (high - low)) for value in drawn_of(text, name)]

    assert all(400 < quarters.count(quarter) < 600 for quarter in range(4))


@pytest.mark.parametrize(("text", "expected"), [("2..5", [1 / 4] * 4), ("1..3 log", [0.565, 0.263, 0.173])])
def test_both_ends_of_whole_numbers_are_drawn_as_often_as_their_share(text, expected):
    """With log, n has the share of log((n + 1/2) / (n - 1/2))."""
    found = drawn_of(text, "max_depth")

    first = int(text[0])
    shares = [found.count(first + place) / len(found) for place in range(len(expected))]
    assert shares == pytest.approx(expected, abs=0.04)


def test_listed_trials_are_drawn_by_the_seed_as_well():
    own = {"grid": {"max_depth": "1..16", "calibrate": "true,false"}, "search": "random", "trials": 5}
    one, again, other = (ids(trials_of(V2, check_sweep({**own, "seed": seed}))) for seed in (1, 1, 2))

    assert one == again != other


def test_where_all_values_are_listed_drawing_ends_with_the_whole_grid():
    own = check_sweep(
        {"grid": {"max_depth": "2..8", "calibrate": "true,false"}, "search": "random", "trials": 99},
        cls=TrainingParameters,
    )
    grid = own.model_copy(update={"search": "grid"})

    assert sorted(ids(trials_of(V2, own))) == sorted(ids(trials_of(V2, grid)))


def test_a_small_range_with_log_is_drawn_to_its_end():
    own = check_sweep(
        {"grid": {"max_depth": "1..16 log"}, "search": "random", "trials": 99}, cls=TrainingParameters
    )

    assert sorted(named(trials_of(V2, own), "max_depth")) == list(range(1, 17))


def test_halving_starts_from_the_trials_that_random_draws():
    fields = {"grid": MIXED, "trials": 9, "window_days": 30}

    halving, drawn = (check_sweep({**fields, "search": search}) for search in ("halving", "random"))

    assert trials_of(V2, halving) == trials_of(V2, drawn)


def test_another_seed_draws_other_trials():
    one, other = (check_sweep({"grid": MIXED, "search": "random", "seed": seed}) for seed in (1, 2))

    assert not set(ids(trials_of(V2, one))) & set(ids(trials_of(V2, other)))


PROGRAM = f"""
import json
from ml_assets.pipelines.tabular.parameters import TrainingParameters
from ml_assets_tests.beside import check_sweep
from ml_assets.core.sweep.search import trials_of
from ml_assets.core.sweep.tpe import Tpe
from ml_assets_tests.test_sweep_search import V2, ids, through
grid = {MIXED!r}
drawn = trials_of(V2, check_sweep(dict(grid=grid, search="random", seed=7)))
learned = through(Tpe(V2, check_sweep(dict(grid=grid, search="tpe", seed=7)), larger_is_better=True))
print(json.dumps([ids(drawn), ids(learned)]))
"""


@pytest.mark.slow
def test_another_process_with_another_hash_seed_finds_the_same_trials():
    own = {"grid": MIXED, "seed": 7}
    here = [
        ids(trials_of(V2, check_sweep({**own, "search": "random"}))),
        ids(through(Tpe(V2, check_sweep({**own, "search": "tpe"}), larger_is_better=True))),
    ]

    for hash_seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM],
            env={**os.environ, "PYTHONPATH": str(REPO), "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(there.stdout) == here
        assert there.stderr == ""


def test_combinations_that_differ_in_what_is_not_used_are_one_trial():
    grid = {"max_depth": "2..8", "model_version": "v1,v2", "calibrate": "true,false"}
    trials = trials_of(TrainingParameters(), check_sweep({"grid": grid}))

    assert len(trials) == len(set(ids(trials))) == 2 * (1 + 7)
    assert {trial.max_depth for trial in trials if trial.model_version == "v1"} == {4}
    for search in ("random", "halving"):
        own = {"grid": grid, "search": search, "trials": 30, "window_days": 9}
        drawn_ = trials_of(TrainingParameters(), check_sweep(own))
        assert sorted(ids(drawn_)) == sorted(ids(trials))
        few = trials_of(TrainingParameters(), check_sweep({**own, "trials": 12}))
        assert len(few) == len(set(ids(few))) == 12
    learned = through(
        Tpe(
            TrainingParameters(),
            check_sweep({**own, "search": "tpe"}),
            larger_is_better=True,
        )
    )
    assert sorted(ids(learned)) == sorted(ids(trials))


def test_impossible_combinations_are_all_refused_with_their_problem_and_a_count():
    own = check_sweep({"grid": {"holdout_days": "20..31", "lookback_days": "10,99"}})

    with pytest.raises(RefusedError) as refusal:
        trials_of(TrainingParameters(), own)

    (line,) = refusal.value.problems
    assert line.startswith(
        "holdout_days: must be smaller than lookback_days. Allowed: 1 to lookback_days - 1. Impossible: "
        "holdout_days=20 lookback_days=10; holdout_days=21 lookback_days=10; "
    )
    assert line.count("lookback_days=10") == 10  # of 12
    assert line.endswith("; and 2 more.")


def test_as_many_impossible_combinations_as_are_shown_have_no_more():
    own = check_sweep({"grid": {"holdout_days": "20..29", "lookback_days": "10,99"}})

    with pytest.raises(RefusedError) as refusal:
        trials_of(TrainingParameters(), own)

    assert refusal.value.problems[0].count("lookback_days=10") == 10
    assert refusal.value.problems[0].endswith("; holdout_days=29 lookback_days=10.")


def test_an_unused_value_among_what_all_trials_share_is_refused():
    own = check_sweep({"grid": {"model_version": "v1,v2", "holdout_days": "28,365"}})

    with pytest.raises(RefusedError) as refusal:
        trials_of(TrainingParameters(model_version="v2", max_iter=50), own)

    assert sorted(refusal.value.problems) == [
        (
            "holdout_days: must be smaller than lookback_days. Allowed: 1 to lookback_days - 1. Impossible: "
            "holdout_days=365 model_version=v1; holdout_days=365 model_version=v2."
        ),
        (
            "max_iter: not used by model_version v1. Allowed: leave it out, or use v2. Impossible: "
            "holdout_days=28 model_version=v1; holdout_days=365 model_version=v1."
        ),
    ]


@pytest.mark.parametrize("search", ["grid", "random"])
def test_an_axis_that_changes_nothing_is_refused(search):
    own = check_sweep({"grid": {"max_depth": "2..8", "C": "1,2"}, "search": search})

    with pytest.raises(
        RefusedError, match=r"max_depth: not used by model_version v1.*Impossible: C=1.0 max_depth=2"
    ):
        trials_of(TrainingParameters(), own)


class Net(Parameters):
    """Parameters with lists, conditions on numbers and a rule of their author's."""

    layers: int = Field(1, ge=1, le=9, description="Layers")
    hidden: Annotated[list[Annotated[int, Field(ge=1, le=64)]], used_when(layers=(4, 5))] = Field(
        [12, 6], max_length=3, description="Sizes"
    )
    weights: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field({}, description="Weights")
    odd: Literal[1, 2, 3] = Field(1, description="Odd")

    @model_validator(mode="after")
    def _not_in_the_middle(self):
        if self.layers == 3 and self.odd == 2:
            raise refuse("odd", "must not be 2 with layers 3", allowed="1, 3")
        return self


def test_lists_and_tables_are_axes_as_json():
    own = check_sweep(
        {"grid": {"hidden": "[8], [12,6]", "layers": "1..9", "weights": '{"a":1},{"a":0.5}'}}, cls=Net
    )

    assert [axis.text for axis in space_of(own, cls=Net)] == ["[8],[12,6]", "1..9", '{"a":0.5},{"a":1.0}']
    assert len(trials_of(Net(), own)) == 2 * (7 + 2 * 2)
    assert sweep_identity(Net(), own) == sweep_identity(
        Net(),
        check_sweep({"grid": {**own.grid, "hidden": "[12,6],[8]"}}, cls=Net),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("12,6", "hidden: not a list. Allowed: a list of 0 to 3, each a whole number from 1 to 64."),
        ("[0]", "hidden: too small. Allowed: a list of 0 to 3, each a whole number from 1 to 64."),
        ("[1],[1]", "hidden: a value is there twice. Allowed: each value once."),
        ("[1", "hidden: not JSON. Allowed: a list of 0 to 3, each a whole number from 1 to 64, several with commas between, as JSON."),
        ("[" * 50_000, "hidden: not JSON."),
        ("", "hidden: no values."),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(text, problem):
    with pytest.raises(RefusedError) as refusal:
        check_sweep({"grid": {"hidden": text}}, cls=Net)

    assert refusal.value.problems[0].startswith(problem)


def test_learning_goes_round_what_a_rule_forbids_between_the_corners():
    own = check_sweep(
        {"grid": {"layers": "1..6", "odd": "1,2", "hidden": "[8],[9]"}, "search": "tpe", "trials": 99},
        cls=Net,
    )

    trials = through(Tpe(Net(), own, larger_is_better=True), value=lambda trial: trial.layers)

    assert len(trials) == len(set(trials)) == 4 * 2 + 2 * 2 * 2 - 1


@pytest.mark.parametrize(
    "grid",
    [{"max_depth": "2..8"}, {"holdout_days": "5..50", "lookback_days": "20..99"}],
)
def test_learning_refuses_a_space_with_impossible_corners_before_the_first_trial(grid):
    with pytest.raises(RefusedError, match="Impossible: "):
        Tpe(
            V2 if "holdout_days" in grid else TrainingParameters(),
            check_sweep({"grid": grid, "search": "tpe"}),
            larger_is_better=True,
        )


def learning(*, larger=True, **fields):
    return Tpe(
        V2,
        check_sweep({"grid": MIXED, "search": "tpe", "trials": 30, **fields}),
        larger_is_better=larger,
    )


def test_learning_does_not_depend_on_the_order_in_which_a_batch_comes_back():
    one = through(learning())
    other = through(learning(), order=lambda batch: sorted(batch, key=lambda trial: trial.learning_rate))

    assert ids(one) == ids(through(learning(), order=reversed)) == ids(other)
    assert len(one) == 30


def test_learning_goes_where_the_metric_is_best():
    def off(trials):
        return sum(abs(math.log(rate / 0.1)) for rate in named(trials, "learning_rate")) / len(trials)

    searches = [through(learning(trials=60, seed=seed)) for seed in range(3)]

    assert sum(off(s[-20:]) for s in searches) < 0.6 * sum(off(s[:10]) for s in searches)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("learning_rate", "0.01..0.3 log", FloatDistribution(0.01, 0.3, log=True)),
        ("learning_rate", "0.01..0.3", FloatDistribution(0.01, 0.3)),
        ("max_depth", "2..8 log", IntDistribution(2, 8, log=True)),
        ("max_depth", "2..8", IntDistribution(2, 8)),
        ("calibrate", "true,false", CategoricalDistribution((False, True))),
    ],
)
def test_learning_draws_from_the_axis_as_it_was_given(name, text, expected):
    (axis,) = space_of(check_sweep({"grid": {name: text}, "search": "tpe"}), cls=TrainingParameters)

    assert _distribution(axis) == expected


def test_learning_minimises_what_is_best_when_smallest():
    largest, smallest = (
        through(learning(larger=sign > 0, metric=metric), value=lambda trial, sign=sign: sign * score(trial))
        for metric, sign in (("roc_auc", 1), ("log_loss", -1))
    )

    assert ids(largest) == ids(smallest)


def test_failed_trials_teach_nothing_and_stop_nothing():
    search = learning()

    found = through(search, value=lambda trial: None if trial.max_depth > 4 else float("nan"))

    assert len(found) == 30


def test_learning_tries_every_combination_once_where_they_come_to_an_end():
    own = check_sweep(
        {"grid": {"max_depth": "2..8", "calibrate": "true,false"}, "search": "tpe", "trials": 50},
        cls=TrainingParameters,
    )

    found = through(Tpe(V2, own, larger_is_better=True), value=lambda trial: float(trial.max_depth))

    assert len(found) == 14
    assert {(t.max_depth, t.calibrate) for t in found} == set(itertools.product(range(2, 9), [True, False]))


def test_a_batch_is_told_before_the_next_one_and_only_once():
    search = learning()
    first, *others = search.ask()
    search.tell(first, 0.5)

    assert len(others) == BATCH - 1
    with pytest.raises(ValueError, match="3 of them are still out"):
        search.ask()
    with pytest.raises(ValueError, match="told twice"):
        search.tell(first, 0.5)
    with pytest.raises(ValueError, match="not asked for"):
        search.tell(V2, 0.5)


def test_the_last_batch_is_as_small_as_what_is_left():
    search = learning(trials=BATCH + 1)
    sizes = []
    while batch := search.ask():
        sizes.append(len(batch))
        for trial in batch:
            search.tell(trial, 0.5)

    assert sizes == [BATCH, 1]


def test_trials_of_a_search_that_learns_cannot_be_listed_beforehand():
    with pytest.raises(ValueError, match="use Tpe"):
        trials_of(V2, check_sweep({"grid": MIXED, "search": "tpe"}))


def test_without_the_extra_learning_is_refused_with_the_remedy():
    program = (
        "import sys; sys.modules['optuna'] = None\n"
        "from ml_assets.pipelines.tabular.parameters import TrainingParameters\n"
        "from ml_assets_tests.beside import check_sweep\n"
        "from ml_assets.core.sweep.tpe import Tpe\n"
        "try: Tpe(TrainingParameters(), check_sweep({'grid': {'C': '1,2'}, 'search': 'tpe'}), larger_is_better=True)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    told = output_of(program)

    assert told.startswith("RefusedError Refused: 1 problem. Nothing was started.")
    assert "pip install 'ml-assets[sweep]'" in told


def test_the_search_loads_nothing_heavy_before_it_is_used():
    program = (
        "import sys, ml_assets.core.sweep.search, ml_assets.core.sweep.tpe, ml_assets.core.sweep.halving\n"
        "print(sorted({'optuna', 'sklearn', 'scipy', 'numpy', 'dagster'} & set(sys.modules)))"
    )

    assert output_of(program) == "[]\n"


def test_a_value_on_an_axis_takes_the_place_of_the_runs_own():
    own = check_sweep({"grid": {"max_depth": "2,3"}})

    trials = trials_of(TrainingParameters(model_version="v2", max_depth=9, max_iter=7), own)

    assert [identity(t, of=TrainingParameters)["max_depth"] for t in trials] == [2, 3]
    assert named(trials, "max_iter") == [7, 7]
