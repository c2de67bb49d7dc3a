"""The leaderboard as a pure function: what it computes, and what must not change it."""

import datetime as dt
import itertools
import json
import random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.leaderboard.direction import LARGER, SMALLER
from ml_assets.core.leaderboard.document import leaderboard
from ml_assets.core.leaderboard.overlap import shared_holdout, widening
from ml_assets.core.leaderboard.paired import Paired, holm, paired
from ml_assets.core.leaderboard.record import TrialDay
from ml_assets.core.leaderboard.values import varied_values
from ml_assets.core.leaderboard.words import first
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.run_id import hash_identity
from ml_assets.errors import RefusedError

FIRST = dt.date(2025, 12, 1)
REASON = "orders: no rows."
auc = st.integers(0, 1000).map(lambda n: n / 1000)


def day(n):
    return FIRST + dt.timedelta(days=n)


def record(trial, n, value=None, *, metric="roc_auc", **more):
    """A done day, or one that failed where there is no value."""
    trial = trial if isinstance(trial, dict) else {"max_depth": trial}
    done = {"status": "done", "metrics": {metric: value}}
    told = {"status": "failed", "reason": REASON} if value is None else done
    return TrialDay(trial=trial, as_of=day(n), run_id=hash_identity(trial, day(n)), **{**told, **more})


def records_of(table, **more):
    """Records of a table {trial: [value by day]}; `...` is a day that the trial was not looked at."""
    return [
        record(trial, n, value, **more)
        for trial, values in table.items()
        for n, value in enumerate(values)
        if value is not ...
    ]


def board(records, *, metric="roc_auc", varied=("max_depth",)):
    return leaderboard(records, metric=metric, varied=varied)


def by_depth(found):
    return {trial.values["max_depth"]: trial for trial in found.trials}


any_cell = auc | st.just(...) | st.none()


@st.composite
def tables(draw, cell=any_cell):
    """At most six trials on at most six days; each has a first day, some drop out, some fail."""
    days = draw(st.integers(1, 6))
    rows = draw(st.integers(1, 6))
    return {n: [draw(auc), *(draw(cell) for _ in range(days - 1))] for n in range(rows)}


whole = tables(cell=auc)


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_changes_nothing(table, shuffler):
    records = records_of(table)
    shuffled = list(records)
    shuffler.shuffle(shuffled)

    assert json.dumps(board(shuffled).document()) == json.dumps(board(records).document())


@given(tables(), st.data())
def test_how_long_a_trial_took_and_whether_it_was_reused_changes_nothing(table, data):
    records = records_of(table)
    noisy = [
        r.model_copy(update={"seconds": data.draw(st.floats(0, 1e6)), "reused": data.draw(st.booleans())})
        for r in records
    ]

    assert board(noisy).model_dump_json() == board(records).model_dump_json()


@given(tables())
def test_every_trial_is_either_ranked_or_failed_and_ranks_have_no_gap(table):
    found = board(records_of(table))

    failed = {n for n, values in table.items() if None in values}
    assert {trial.values["max_depth"] for trial in found.failed} == failed
    assert set(by_depth(found)) == set(table) - failed
    assert [trial.rank for trial in found.trials] == list(range(1, len(found.trials) + 1))


@given(tables(), st.sampled_from(LARGER + SMALLER))
def test_trials_are_ranked_by_number_of_days_then_mean_then_run_id(table, metric):
    found = board(records_of(table, metric=metric), metric=metric)

    sign = -1 if metric in LARGER else 1
    keys = [(-trial.days, sign * trial.mean, trial.run_id) for trial in found.trials]
    assert keys == sorted(keys)
    for trial in found.trials:
        values = [v for v in table[trial.values["max_depth"]] if v is not ...]
        assert trial.mean == pytest.approx(np.mean(values), abs=1e-9)
        assert trial.complete == (len(values) == len(found.days))


@given(whole, st.sampled_from(["roc_auc", "log_loss"]))
def test_the_first_trial_has_the_best_mean(table, metric):
    found = board(records_of(table, metric=metric), metric=metric)

    best = max if metric == "roc_auc" else min
    assert found.trials[0].mean == best(trial.mean for trial in found.trials)


@given(whole)
def test_days_on_which_a_trial_was_best_are_counted_and_shared(table):
    found = by_depth(board(records_of(table)))

    columns = list(zip(*table.values(), strict=True))
    for depth, values in table.items():
        expected = sum(v == max(c) for v, c in zip(values, columns, strict=True))
        assert found[depth].best_days == expected


@given(whole)
def test_intervals_of_paired_differences_are_those_of_scipy(table):
    found = by_depth(board(records_of(table)))

    first = next(trial for trial in found.values() if trial.rank == 1)
    reference = np.array(table[first.values["max_depth"]])
    for depth, trial in found.items():
        differences = np.array(table[depth]) - reference
        if trial.rank == 1 or np.ptp(differences) < 1e-9:
            continue
        result = scipy.stats.ttest_rel(table[depth], reference)
        low, high = result.confidence_interval(0.95)
        assert trial.difference == pytest.approx(differences.mean(), abs=1e-9)
        assert (trial.difference_low, trial.difference_high) == pytest.approx((low, high), abs=1e-8)
        assert trial.p_value >= min(1, result.pvalue) - 1e-9


def test_an_interval_is_widened_for_the_holdout_days_that_its_days_share():
    a, b = [0.70, 0.72, 0.71, 0.69], [0.68, 0.69, 0.70, 0.68]
    records = [
        record({"max_depth": depth, "holdout_days": 28}, n, value)
        for depth, values in ((4, a), (2, b))
        for n, value in enumerate(values)
    ]

    trial = board(records).trials[1]

    low, high = scipy.stats.ttest_rel(b, a).confidence_interval(0.95)
    shared = np.mean([1 - (j - i) / 28 for i, j in itertools.combinations(range(4), 2)])
    wider = np.sqrt((1 + 3 * shared) / (1 - shared))
    assert (trial.independent_low, trial.independent_high) == pytest.approx((low, high), abs=1e-9)
    assert trial.difference_high - trial.difference_low == pytest.approx(wider * (high - low), abs=1e-8)


def test_days_as_far_apart_as_the_holdout_is_long_are_not_widened():
    days = [day(n) for n in (0, 28, 56)]

    assert shared_holdout(days, 28) == 0
    assert widening(3, 0) == 1
    assert shared_holdout(days, 29) > 0


def test_widened_intervals_hold_the_truth_far_more_often_on_rolling_holdouts():
    draws = np.random.default_rng(0).normal(size=(300, 35))
    held = {"widened": 0, "as if independent": 0}
    for noise in draws:
        series = {day(n): float(noise[n : n + 28].mean()) for n in range(7)}
        found = paired(series, dict.fromkeys(series, 0.0), holdout_days=28)
        held["widened"] += found.low <= 0 <= found.high
        held["as if independent"] += found.independent_low <= 0 <= found.independent_high

    assert held["widened"] > 0.85 * 300
    assert held["as if independent"] < 0.4 * 300


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_what_its_definition_says(p_values):
    order = np.argsort(p_values, kind="stable")
    steps = [min(1.0, (len(p_values) - k) * p_values[place]) for k, place in enumerate(order)]

    found = holm(p_values)

    assert [found[place] for place in order] == pytest.approx(
        list(np.maximum.accumulate(steps or [0]))[: len(order)]
    )
    assert all(after >= before for after, before in zip(found, p_values, strict=True))


def test_a_trial_as_good_as_the_best_is_rarely_marked_as_worse():
    source, marked = random.Random(0), 0
    for _ in range(150):
        table = {n: [source.gauss(0.7, 0.01) for _ in range(5)] for n in range(10)}
        marked += bool(by_depth(board(records_of(table)))[0].distinguishable)

    assert marked <= 0.05 * 150


def test_a_clearly_worse_trial_is_distinguishable_and_a_close_one_is_not():
    table = {4: [0.72, 0.75, 0.71, 0.73], 3: [0.71, 0.755, 0.715, 0.72], 2: [0.60, 0.64, 0.59, 0.62]}

    found = by_depth(board(records_of(table)))

    assert [found[depth].distinguishable for depth in (4, 3, 2)] == [None, False, True]


def test_the_same_difference_on_every_day_needs_no_luck():
    found = by_depth(board(records_of({4: [0.7, 0.8, 0.9], 3: [0.6, 0.7, 0.8], 2: [0.7, 0.8, 0.9]})))

    assert found[3].p_value == 0
    assert found[3].difference_low == found[3].difference_high == pytest.approx(-0.1)
    assert {found[2].p_value, found[4].p_value} == {None, 1}


def test_with_one_day_there_is_no_interval_but_that_of_the_evaluation():
    own = {"roc_auc": 0.7, "roc_auc_low": 0.65, "roc_auc_high": 0.75}
    found = board([record(4, 0, 0.7, metrics=own), record(2, 0, 0.6)])

    first, second = found.trials
    assert (first.low, first.high, first.std) == (0.65, 0.75, None)
    assert (second.low, second.difference_low, second.p_value, second.distinguishable) == (None,) * 4
    assert second.difference == pytest.approx(-0.1)
    assert any("no interval" in note for note in found.notes)


def test_equal_means_are_in_the_order_of_run_ids():
    found = board(records_of({depth: [0.7, 0.8] for depth in range(1, 9)}))

    ids = [trial.run_id for trial in found.trials]
    assert ids == sorted(ids)
    assert {trial.best_days for trial in found.trials} == {2}


def test_a_trial_that_was_dropped_early_ranks_behind_even_if_its_mean_is_better():
    found = board(records_of({2: [0.9, ..., ...], 3: [0.7, 0.7, 0.7], 4: [0.8, 0.8, ...]}))

    assert [trial.values["max_depth"] for trial in found.trials] == [3, 4, 2]
    assert [trial.complete for trial in found.trials] == [True, False, False]
    assert [trial.as_of for trial in found.trials] == [day(2), day(1), day(0)]
    assert found.shared_days == (day(0),)
    assert any("fewer than all 3 days" in note for note in found.notes)


def test_a_trial_is_named_by_the_run_id_of_its_last_day():
    found = board(records_of({4: [0.7, 0.8], 2: [0.6, None]}))

    assert found.trials[0].run_id == hash_identity({"max_depth": 4}, day(1))
    assert found.failed[0].run_id == hash_identity({"max_depth": 2}, day(1))


@pytest.mark.parametrize(("away", "low", "high", "p_value"), [(0.0, 0.0, 0.0, 1.0), (0.1, 0.1, 0.1, 0.0)])
def test_what_is_equally_far_from_the_first_on_every_day_has_an_interval_of_no_width(
    away, low, high, p_value
):
    reference = {day(n): value for n, value in enumerate((0.61, 0.72, 0.68))}
    found = paired({of: value + away for of, value in reference.items()}, reference)

    assert (found.days, found.p_value) == (3, p_value)
    assert (found.low, found.mean, found.high) == pytest.approx((low, away, high))


def test_without_a_day_in_common_there_is_no_difference():
    assert paired({day(0): 0.7}, {day(1): 0.6}) == Paired(days=0)
    assert paired({day(0): 0.7}, {day(1): 0.6}).days == 0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({1: [0.7], 2: [0.6]}, "Whether the other trial differs from the first cannot be told from one day."),
        (
            {1: [0.7], 2: [0.6], 3: [0.5]},
            "Whether the other 2 trials differ from the first cannot be told from one day.",
        ),
        (
            {1: [0.7, 0.71, 0.69], 2: [0.5, 0.51, 0.49]},
            "The other trial can be told from the first by its days.",
        ),
        (
            {1: [0.7, 0.5, 0.6], 2: [0.5, 0.7, 0.59]},
            "The other trial cannot be told from the first by its days.",
        ),
    ],
)
def test_it_is_said_whether_the_others_differ_from_the_first(table, said):
    assert first(board(records_of(table))) == said


def test_failed_trials_are_grouped_by_reason_the_most_frequent_first():
    records = [
        *records_of({1: [0.7, None], 2: [None, None], 3: [0.7, 0.7]}),
        record(4, 0, reason="orders: one class only."),
        record(4, 1, metrics={"brier": 0.1}, status="done"),
    ]

    found = board(records)

    groups = [(group.reason, len(group.run_ids), group.days) for group in found.failures]
    assert groups == [
        (REASON, 2, (day(0), day(1))),
        ("The evaluation has no roc_auc.", 1, (day(1),)),
        ("orders: one class only.", 1, (day(0),)),
    ]
    assert [trial.values["max_depth"] for trial in found.trials] == [3]


def test_a_sweep_in_which_everything_failed_has_a_leaderboard_all_the_same():
    found = board(records_of({1: [None], 2: [None]}))

    assert (found.trials, found.importance, len(found.failed)) == ((), None, 2)


@pytest.mark.parametrize("metric", ["base_rate", "roc_auc_low", "secret-hunter2"])
def test_a_metric_that_says_nothing_of_good_or_bad_is_refused_without_an_echo(metric):
    with pytest.raises(
        RefusedError, match=r"\nmetric: cannot rank trials\. Allowed: roc_auc, .*, log_loss, "
    ) as refused:
        board(records_of({1: [0.7]}), metric=metric)

    assert "hunter2" not in str(refused.value)


def test_two_stories_of_one_trial_and_day_are_an_error_and_the_same_story_twice_is_not():
    same = record(4, 0, 0.7, seconds=1.0), record(4, 0, 0.7, seconds=9.0, reused=True)

    assert board(same) == board(same[:1])
    with pytest.raises(ValueError, match=f"{same[0].run_id}, 2025-12-01: two records differ"):
        board([*same, record(4, 0, 0.8)])
    with pytest.raises(ValueError, match="no trial"):
        board([])


def test_an_identity_read_back_from_json_gives_the_same_leaderboard():
    parameters = TrainingParameters(model_version="v2", learning_rate=1.0, calibrate=True)
    own = identity(parameters, of=TrainingParameters)
    back = json.loads(json.dumps(own).replace("1.0", "1").replace("0.0", "0"))

    assert type(back["learning_rate"]) is int
    found = [
        leaderboard([record(trial, 0, 0.7)], metric="roc_auc", varied=["learning_rate", "l2_regularization"])
        for trial in (own, back)
    ]
    assert [repr(b.trials[0].values) for b in found] == [
        "{'learning_rate': 1.0, 'l2_regularization': 0.0}"
    ] * 2


def test_what_an_identity_leaves_out_is_shown_as_what_it_stands_for():
    v1 = identity(TrainingParameters(model_version="v1", C=2.0), of=TrainingParameters)

    values = varied_values(v1, ["model_version", "C", "max_depth", "calibrate"])

    assert values == {"model_version": "v1", "C": 2.0, "max_depth": None, "calibrate": False}


@given(tables())
def test_a_leaderboard_is_json_and_comes_back_equal(table):
    found = board(records_of(table))

    assert type(found).model_validate_json(json.dumps(found.document(), allow_nan=False)) == found


def test_the_notes_say_what_a_reader_could_take_for_more_than_it_is():
    trials = [{"holdout_days": h, "max_depth": d} for h in (14, 28) for d in (2, 4)]
    source = random.Random(1)
    records = [record(trial, n, source.random()) for trial in trials for n in range(3)]

    notes = " ".join(leaderboard(records, metric="roc_auc", varied=["holdout_days", "max_depth"]).notes)

    assert "The first of 4 trials was chosen on the very holdouts" in notes
    assert "Training windows overlap" in notes
    assert "95 % of their holdout days in common" in notes
    assert "corrected for 3 comparisons (Holm)" in notes
    assert "holdout_days varies, so the trials are not measured on the same rows" in notes
    assert "full grid" not in notes
