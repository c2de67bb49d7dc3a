"""The leaderboard as a pure function: what it computes, and what must not change it."""

import datetime as dt
import json
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.leaderboard import text as words
from ml_assets.core.leaderboard.document import Leaderboard, Nested, Rows
from ml_assets.core.leaderboard.ranking import Against, Evidence, leaderboard, with_evidence
from ml_assets.core.leaderboard.text import first
from ml_assets.core.leaderboard.trial import TrialDay, varied_values
from ml_assets.core.parameters import identity
from ml_assets.core.run_id import hash_identity
from ml_assets.errors import RefusedError
from ml_assets.pipelines.tabular import tabular
from ml_assets.pipelines.tabular.metrics import METRICS
from ml_assets.pipelines.tabular.parameters import TrainingParameters

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
    return leaderboard(records, metric=metric, varied=varied, pipeline=tabular)


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


@given(tables(), st.sampled_from(METRICS.ranked))
def test_trials_are_ranked_by_number_of_days_then_mean_then_run_id(table, metric):
    found = board(records_of(table, metric=metric), metric=metric)

    sign = -1 if METRICS.larger_is_better(metric) else 1
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
def test_the_difference_to_the_first_is_the_mean_over_the_days_that_both_have(table):
    found = by_depth(board(records_of(table)))

    first = next(trial for trial in found.values() if trial.rank == 1)
    for depth, trial in found.items():
        differences = np.array(table[depth]) - table[first.values["max_depth"]]
        expected = (
            (None, 0) if trial is first else (pytest.approx(differences.mean(), abs=1e-9), len(differences))
        )
        assert (trial.difference, trial.paired_days) == expected
        assert (trial.difference_low, trial.p_value, trial.distinguishable) == (None, None, None)


def evidence_of(found, against, **rows):
    """What rows would say: by depth, the ends of the interval and the p-value."""
    names = {depth: trial.run_id for depth, trial in by_depth(found).items()}
    told = {"rows": 900, "entities": 800, "first": day(0), "last": day(60), "holdouts": 4, "missing": ()}
    return Evidence(
        rows=Rows(**{**told, **rows}),
        against={
            names[depth]: Against(low=low, high=high, p_value=p) for depth, (low, high, p) in against.items()
        },
    )


FOUR = {4: [0.72, 0.75], 3: [0.71, 0.74], 2: [0.60, 0.64], 1: [0.59, 0.63]}


def test_a_trial_is_worse_where_the_confidence_set_and_its_interval_leave_it_out():
    found = board(records_of(FOUR))
    against = {4: (0.0, 0.0, 1.0), 3: (-0.02, 0.001, 0.01), 2: (-0.2, -0.1, 0.01), 1: (-0.2, -0.1, 0.2)}

    told = by_depth(with_evidence(found, evidence_of(found, against), pipeline=tabular))

    assert {depth: trial.distinguishable for depth, trial in told.items()} == {
        4: None,
        3: False,
        2: True,
        1: False,
    }
    assert (told[4].p_value, told[4].difference_low) == (None, None)
    assert (told[2].difference_low, told[2].difference_high, told[2].p_value) == (-0.2, -0.1, 0.01)


def test_without_interval_no_trial_is_worse():
    found = board(records_of({4: [0.7, 0.8], 2: [0.1, 0.1]}))

    told = with_evidence(
        found, evidence_of(found, {4: (0, 0, 1), 2: (-math.inf, math.inf, 0.001)}), pipeline=tabular
    )

    assert (told.trials[1].difference_low, told.trials[1].distinguishable) == (None, False)


def test_with_one_day_the_evaluation_has_an_interval_of_its_own():
    own = {"roc_auc": 0.7, "roc_auc_low": 0.65, "roc_auc_high": 0.75}
    found = board([record(4, 0, 0.7, metrics=own), record(2, 0, 0.6)])

    first, second = found.trials
    assert (first.low, first.high, first.std) == (0.65, 0.75, None)
    assert (second.low, second.difference_low, second.p_value, second.distinguishable) == (None,) * 4
    assert second.difference == pytest.approx(-0.1)
    assert any("Ranks may be chance" in note for note in found.notes)


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


def test_it_is_said_whether_the_others_are_worse_than_the_first():
    two, found = board(records_of({1: [0.7], 2: [0.6]})), board(records_of(FOUR))
    against = {4: (0, 0, 1), 3: (-0.02, 0.001, 0.6), 2: (-0.2, -0.1, 0.01)}
    missing = ("41 of the 56 days of rows that it takes",)

    assert first(two) == (
        "Whether the other trial is worse than the first cannot be told: there are no stored scores of the same rows."
    )
    assert first(with_evidence(found, evidence_of(found, {}, missing=missing), pipeline=tabular)) == (
        "Whether any of the other 3 trials is worse than the first cannot be told: "
        "there are 41 of the 56 days of rows that it takes."
    )
    assert first(with_evidence(found, evidence_of(found, {}), pipeline=tabular)).endswith(
        "no other trial has the same rows."
    )
    assert first(with_evidence(found, evidence_of(found, against), pipeline=tabular)) == (
        "1 of 3 other trials is not significantly worse than the best; 1 could not be compared."
    )


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
        ("Not measured: roc_auc.", 1, (day(1),)),
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
        leaderboard(
            [record(trial, 0, 0.7)],
            metric="roc_auc",
            varied=["learning_rate", "l2_regularization"],
            pipeline=tabular,
        )
        for trial in (own, back)
    ]
    assert [repr(b.trials[0].values) for b in found] == [
        "{'learning_rate': 1.0, 'l2_regularization': 0.0}"
    ] * 2


def test_what_an_identity_leaves_out_is_shown_as_what_it_stands_for():
    v1 = identity(TrainingParameters(model_version="v1", C=2.0), of=TrainingParameters)

    values = varied_values(
        v1, ["model_version", "C", "max_depth", "calibrate"], parameters=TrainingParameters
    )

    assert values == {"model_version": "v1", "C": 2.0, "max_depth": None, "calibrate": False}


@given(tables())
def test_a_leaderboard_is_json_and_comes_back_equal(table):
    found = board(records_of(table))

    assert type(found).model_validate_json(json.dumps(found.document(), allow_nan=False)) == found


def test_the_notes_say_what_a_reader_could_take_for_more_than_it_is():
    trials = [{"holdout_days": h, "max_depth": d} for h in (14, 28) for d in (2, 4)]
    source = random.Random(1)
    records = [record(trial, n, source.random()) for trial in trials for n in range(3)]
    found = leaderboard(records, metric="roc_auc", varied=["holdout_days", "max_depth"], pipeline=tabular)
    last = found.trials[-1].run_id

    alone = " ".join(found.notes)
    rows = evidence_of(board(records_of(FOUR)), {}, holdouts=2).rows
    told = with_evidence(
        found,
        Evidence(rows=rows, against={last: Against(low=-0.1, high=-0.05, p_value=0.01)}, nested=NESTED),
        pipeline=tabular,
    )

    assert "The first of 4 trials was chosen on the very holdouts that measure it" in alone
    assert "Measure it on later days" in alone
    assert "Ranks may be chance: there are no stored scores of the same rows." in alone
    assert "holdout_days varies, so trials may be trained or measured on other rows" in alone
    assert "full grid" not in alone
    notes = " ".join(told.notes)
    assert "Rely on what such a choice has on rows that chose nothing: 0.7100 (0.6900 to 0.7300)." in notes
    assert "compared on 900 rows of 800 entities, with events from 2025-12-01 to 2026-01-30" in notes
    assert "the holdouts of 3 days overlap, and only 2 of them differ" in notes
    assert "2 trials cannot be compared by rows" in notes


NESTED = Nested(
    run_id="0" * 12,
    trials=4,
    chosen=0.75,
    chosen_first=day(0),
    chosen_last=day(27),
    value=0.71,
    low=0.69,
    high=0.73,
    first=day(28),
    last=day(55),
    rows=1200,
)


def test_a_choice_by_earlier_rows_is_told_in_one_sentence():
    found = board(records_of(FOUR))

    assert words.nested(found) == ""
    assert words.nested(with_evidence(found, Evidence(nested=NESTED), pipeline=tabular)) == (
        "The best of 4 trials on the events from 2025-12-01 to 2025-12-28 is 000000000000, with roc_auc 0.7500; on the "
        "1,200 rows from 2025-12-29 to 2026-01-25, which chose nothing, it has 0.7100 (0.6900 to 0.7300)."
    )


def test_a_leaderboard_of_an_earlier_version_is_still_read():
    document = board(records_of(FOUR)).document()
    del document["rows"], document["nested"]
    document["shared_holdout"] = 0.9
    for trial in document["trials"]:
        trial |= {"independent_low": -0.1, "independent_high": 0.1}

    assert Leaderboard.model_validate_json(json.dumps(document)) == board(records_of(FOUR))
