"""The gate `not worse` compares the bytes of two models on rows that neither knows, and counts how often it is asked."""

import datetime as dt
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from ml_assets.core.product import Product
from ml_assets.core.statistics.tries import error_of_try
from ml_assets.core.sweep.sweep_parameters import sweep_identity
from ml_assets.errors import RefusedError
from ml_assets.pipeline.leaderboard import DOCUMENT, leaderboard_draft, leaderboard_key
from ml_assets.pipeline.promotion import evaluate
from ml_assets.pipeline.released import try_log
from ml_assets.pipeline.sweep import Sweep
from ml_assets.pipeline.workspace import Workspace
from ml_assets.pipelines.tabular import tabular
from ml_assets.settings import load_settings
from ml_assets.storage.tries import TryLog
from ml_assets_tests.beside import SweepParameters, check_sweep
from ml_assets_tests.builders import land
from ml_assets_tests.keys import key_of
from ml_assets_tests.released import ORDERS
from ml_assets_tests.renewed import AS_OF, FIRST, LATER, NOW, PARAMETERS, THROUGH, WEAK, World, days, rows_of
from ml_assets_tests.store_value import store_value

OTHER = PARAMETERS.model_copy(update={"C": 0.5})


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A shop whose model was trained; nothing serves yet."""
    world = World(tmp_path_factory.mktemp("opened"))
    world.open()
    world.train()
    world.train(WEAK)
    world.train(OTHER)
    return world


@pytest.fixture
def world(opened, tmp_path, monkeypatch):
    """A copy of it, which a test may spoil."""
    own = World(tmp_path / "world")
    shutil.copytree(opened.place, own.place)
    own.settings(monkeypatch)
    return own


def run_id(parameters=PARAMETERS, as_of=AS_OF):
    return key_of("model", parameters, as_of).run_id


def answer(outcome):
    """What the gate says: whether it passed, the verdict, and the words."""
    gate = outcome.decision.gates[-1]
    comparison = outcome.decision.comparison
    return gate.passed, comparison and comparison.verdict, gate.told


@pytest.mark.slow
def test_a_renewal_that_was_trained_on_broken_rows_is_refused_with_the_numbers_of_both_on_the_same_rows(
    world,
):
    world.serve(run_id())
    broken = days(FIRST, LATER)
    for day in broken:
        land(world.zone, day, rows_of(day).with_columns(size=pl.lit(None, dtype=pl.Float64)))
    renewal = world.train(as_of=LATER)
    for day in broken:
        land(world.zone, day, rows_of(day))

    outcome = world.promote(renewal)

    passed, verdict, text = answer(outcome)
    assert (passed, verdict, outcome.entry) == (False, "worse", None)
    auc = outcome.decision.comparison.kpis[0]
    assert auc.candidate < auc.reference - 0.1
    assert f"roc_auc: {auc.candidate:.4f} against {auc.reference:.4f}, worse by" in text


def test_a_sound_renewal_passes(world):
    world.serve(run_id())

    outcome = world.promote(world.train(as_of=LATER))

    assert answer(outcome)[:2] == (True, "not worse")
    assert outcome.entry is not None


def test_a_candidate_that_is_better_passes_as_better(world):
    world.serve(run_id(WEAK))

    outcome = world.promote(run_id())

    assert answer(outcome)[:2] == (True, "better"), answer(outcome)[2]


def test_the_bytes_that_serve_are_not_worse_than_themselves(world):
    world.serve(run_id())

    assert answer(world.promote(run_id())) == (True, None, "these are the bytes that serve")


def test_rows_count_from_the_later_holdout_on_that_both_models_have(world):
    world.serve(run_id())
    renewal = world.train(as_of=LATER)

    sample = world.promote(renewal).decision.comparison.sample

    table = world.store().manifest(key_of("training_set", PARAMETERS, LATER))
    assert str(sample.first_day) == str(sample.first) == table.facts["holdout_from"]
    assert sample.last_day == THROUGH - dt.timedelta(days=7)


def test_of_a_model_that_was_not_purged_rows_count_after_its_as_of(world):
    world.serve(run_id())
    unpurged = PARAMETERS.model_copy(update={"purged": False})

    sample = world.promote(world.train(unpurged)).decision.comparison.sample

    assert sample.first == AS_OF + dt.timedelta(days=1)


def test_too_few_rows_are_told_with_the_day_from_which_there_are_enough_and_it_is_true(world):
    world.serve(run_id())
    early = dt.date(2025, 7, 20)

    outcome = world.promote(run_id(OTHER), through=early)

    passed, verdict, text = answer(outcome)
    assert (passed, verdict, outcome.decision.try_number) == (False, "too few rows", None)
    enough = outcome.decision.comparison.shortage.enough_from
    assert "Needed: 56 days with rows in 4 of its blocks of 14, 20 entities of either outcome." in text
    assert f"there will be enough at the end of {enough}, if rows go on as they have." in text
    day_before = world.promote(run_id(OTHER), through=enough - dt.timedelta(days=1))
    assert answer(day_before)[1] == "too few rows"
    assert answer(world.promote(run_id(OTHER), through=enough))[1] != "too few rows"


def store_board(world, *parameters, as_of=AS_OF, facts=None):
    """A leaderboard that ranks these parameter sets, as far as the gate reads it."""
    key = leaderboard_key(PARAMETERS, SweepParameters(), as_of, pipeline=tabular)
    ranked = [
        {"parameters": world.store().manifest(key_of("model", of, AS_OF)).parameters} for of in parameters
    ]
    workspace = Workspace(pipeline=tabular, store=world.store(), environment="staging", sources={})
    store_value(
        Product(
            value=pl.DataFrame({"rank": [1]}),
            attachments={DOCUMENT: json.dumps({"trials": ranked}).encode()},
            facts=facts or {},
        ),
        key=key,
        parameters=sweep_identity(PARAMETERS, SweepParameters()),
        format_name="parquet",
        workspace=workspace,
    )
    return key


@pytest.mark.parametrize(
    ("facts", "until"), [({"rows_until": "2025-11-20"}, dt.date(2025, 11, 20)), ({}, AS_OF)]
)
def test_rows_on_which_a_leaderboard_chose_the_candidate_do_not_count(world, facts, until):
    world.serve(run_id())
    key = store_board(world, PARAMETERS, OTHER, facts=facts)

    outcome = world.promote(run_id(OTHER))

    comparison = outcome.decision.comparison
    assert [(board.run_id, board.rows_until) for board in comparison.chosen_on] == [(key.run_id, until)]
    assert comparison.sample.first == until + dt.timedelta(days=1)
    assert (
        f"The leaderboard {key.run_id} of {AS_OF} ranks this parameter set by rows up to {until}"
        in answer(outcome)[2]
    )
    if until > AS_OF:  # a month later there are too few rows yet
        assert answer(outcome)[1] == "too few rows"
        assert comparison.shortage.enough_from == until + dt.timedelta(days=56 + 7)
    else:
        assert outcome.entry is not None


@pytest.mark.slow
def test_the_winner_of_a_sweep_waits_for_rows_that_nobody_has_looked_at(world):
    world.serve(run_id(WEAK))
    sweep = Sweep(
        parameters=PARAMETERS,
        own=check_sweep({"grid": {"C": "0.3,3"}}),
        days=(AS_OF,),
        workspace=world.workspace,
        pipeline=tabular,
    )
    assert len(list(sweep.run())) > 0
    board = leaderboard_draft(sweep, sweep.leaderboard()).commit().manifest
    winner = board.facts["best_run_id"]

    at_once = world.promote(winner, through=AS_OF)
    later = world.promote(winner)

    comparison = at_once.decision.comparison
    assert (at_once.entry, comparison.verdict, comparison.sample.rows) == (None, "too few rows", 0)
    (chosen,) = comparison.chosen_on
    assert chosen.run_id == board.run_id
    enough = comparison.shortage.enough_from
    assert enough == chosen.rows_until + dt.timedelta(days=56 + 7)
    assert f"there will be enough at the end of {enough}, if rows go on as they have." in answer(at_once)[2]
    assert answer(later)[:2] == (True, "better")
    assert later.decision.comparison.sample.first == chosen.rows_until + dt.timedelta(days=1)


def test_a_leaderboard_of_other_parameter_sets_takes_no_rows_and_a_damaged_one_is_told(world):
    world.serve(run_id())
    key = store_board(world, PARAMETERS, facts={"rows_until": "2025-11-20"})
    usual = world.promote(run_id(OTHER)).decision.comparison
    assert usual.chosen_on == ()

    Path(world.store().uri(key, "manifest.json")).write_text("{")
    outcome = world.promote(run_id(OTHER))

    assert outcome.decision.comparison.sample == usual.sample
    assert "A leaderboard that cannot be read does not count." in answer(outcome)[2]


def test_a_source_that_cannot_be_read_fails_the_gate_in_words_and_can_be_overruled(world):
    world.serve(run_id())
    shutil.rmtree(world.zone)

    refused = world.promote(run_id(OTHER))
    forced = world.promote(run_id(OTHER), force=True, reason="the landing zone moves")

    assert answer(refused)[2].startswith("cannot be compared. ")
    assert str(world.zone) in answer(refused)[2]
    assert (refused.entry, forced.decision.verdict) == (None, "forced")


def test_a_column_that_is_gone_fails_the_gate_and_is_named(world):
    world.serve(run_id())
    land(world.zone, THROUGH - dt.timedelta(days=20), rows_of(THROUGH).drop("noise"))

    assert "column `noise` is missing" in answer(world.promote(run_id(OTHER)))[2]


def test_rows_that_nothing_tells_apart_and_rows_that_cannot_be_scored_are_left_out_and_counted(world):
    world.serve(run_id())
    day = THROUGH - dt.timedelta(days=20)
    usual = world.promote(run_id(OTHER)).decision.comparison.sample
    rows = rows_of(day)
    odd = rows.with_columns(size=pl.when(pl.int_range(pl.len()) == 5).then(1e60).otherwise("size"))
    land(world.zone, day, pl.concat([odd, rows.head(2)]))

    outcome = world.promote(run_id(OTHER))

    sample = outcome.decision.comparison.sample
    assert (sample.ambiguous, sample.rows) == (4, usual.rows - 3)
    assert "4 rows left out: day, ids and event time do not tell them apart." in answer(outcome)[2]


def test_the_same_rows_asked_again_are_the_same_try_and_other_rows_are_another(world):
    world.serve(run_id())

    numbers = [
        world.promote(run_id(OTHER), through=through).decision.try_number
        for through in (THROUGH, THROUGH, THROUGH - dt.timedelta(days=1), THROUGH)
    ]

    assert numbers == [1, 1, 2, 1]
    decision = evaluate(world.request(run_id(OTHER), through=THROUGH - dt.timedelta(days=1))).decision
    assert decision.comparison.error == error_of_try(2)
    assert "Try 2 of this parameter set against what serves." in decision.gates[-1].told


def test_a_renewed_candidate_of_the_same_parameters_asks_the_same_question_and_another_one_does_not(world):
    world.serve(run_id())

    first = world.promote(run_id(OTHER)).decision.try_number
    renewed = world.promote(world.train(OTHER, as_of=LATER)).decision.try_number
    another = world.promote(world.train(PARAMETERS.model_copy(update={"C": 0.25}))).decision.try_number

    assert (first, renewed, another) == (1, 2, 1)


def test_a_plan_is_a_look_that_counts_once(world):
    world.serve(run_id())

    planned = evaluate(world.request(run_id(OTHER))).decision
    done = world.promote(run_id(OTHER)).decision

    assert (planned.try_number, done.try_number) == (1, 1)
    assert planned.comparison == done.comparison
    other_rows = world.promote(run_id(OTHER), through=THROUGH - dt.timedelta(days=1)).decision
    assert other_rows.try_number == 2


def test_the_sixtieth_try_has_next_to_no_error_left_and_reads_no_decision(world):
    world.serve(run_id())
    world.promote(run_id(OTHER), through=THROUGH - dt.timedelta(days=100))
    (folder,) = (world.place / "releases/dataset=orders/tries").iterdir()
    log = try_log(load_settings(), ORDERS)
    assert [log.number(folder.name, f"{n:064x}", {}) for n in range(2, 60)] == list(range(2, 60))

    decision = world.promote(run_id(OTHER)).decision

    assert (decision.try_number, decision.comparison.error) == (60, error_of_try(60))
    assert sum(error_of_try(n) for n in range(1, 1000)) < 0.08


def test_those_who_ask_at_once_never_have_the_same_try_for_other_rows(tmp_path):
    logs = [TryLog(str(tmp_path), ORDERS) for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: logs[n % 8].number("pair", f"rows {n // 2}", {}), range(48)))

    assert sorted(numbers[::2]) == sorted(numbers[1::2]) == list(range(1, 25))
    assert numbers[::2] == numbers[1::2]


def test_a_damaged_or_lost_try_counts_all_the_same(tmp_path):
    log = TryLog(str(tmp_path), ORDERS)
    for name in ("a", "b", "c"):
        log.number("pair", name, {})
    (tmp_path / "dataset=orders/tries/pair/000001.json").write_text("rotten")
    (tmp_path / "dataset=orders/tries/pair/000002.json").unlink()
    (tmp_path / "dataset=orders/tries/pair/notes.txt").write_text("by hand")

    assert log.samples("pair") == ["", "", "c"]
    assert (log.number("pair", "c", {}), log.number("pair", "d", {})) == (3, 4)


def test_a_day_before_all_rows_has_none(world):
    world.serve(run_id())

    comparison = world.promote(run_id(OTHER), through=dt.date.min).decision.comparison

    assert (comparison.verdict, comparison.sample.rows) == ("too few rows", 0)


def test_a_day_that_is_not_over_is_refused(world):
    with pytest.raises(
        RefusedError, match=r"through: not a complete day yet \(UTC\)\. Allowed: at most 2026-01-09\."
    ):
        world.promote(run_id(), through=NOW.date())


def test_decisions_of_version_1_stay_as_they_were_written(world, capsys):
    from ml_assets.cli.main import main

    world.serve(run_id())
    earlier = {"schema_version": 1, "verdict": "promoted", "comparison": {"days": [], "kpis": []}}
    digest = world.log.keep_decision(earlier)

    assert world.promote(run_id(OTHER)).decision.try_number == 1
    assert json.loads(world.log.decision(digest)) == earlier
    assert main(["live"]) == 0
    assert run_id() in capsys.readouterr().out
