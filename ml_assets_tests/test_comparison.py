"""Two models on the same rows: laws of the comparison, how often it errs, and what people see of it."""

import datetime as dt
import itertools
import json
from dataclasses import replace

import dagster as dg
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.cli.main import main
from ml_assets.core.comparison.compare import blocks, compare, kpi_verdict, overall
from ml_assets.core.comparison.document import Kpi
from ml_assets.core.comparison.margins import read_margins
from ml_assets.core.comparison.pairing import PairedRows, alone, can_be_scored, digest, same_rows
from ml_assets.core.comparison.sample import Sample, shortage
from ml_assets.core.contract import DatasetContract
from ml_assets.core.run_id import run_id
from ml_assets.core.statistics.paired import Missing
from ml_assets.definitions import defs
from ml_assets.errors import RefusedError
from ml_assets.pipeline.releases import switch
from ml_assets.settings import load_settings
from ml_assets_tests.released import BAD, GOOD, LAST, ORDERS, OTHER, THROUGH, copied
from ml_assets_tests.row_metrics import BINARY, only

FIRST = dt.date(2025, 1, 1)
DAYS, ENTITIES = 84, 200
COLUMNS = ("day", "entity", "outcome", "candidate", "reference")
seeds = st.integers(0, 10_000)


def sigmoid(odds):
    return 1 / (1 + np.exp(-odds))


FACTS = {"train_base_rate": 0.3}


def drawn(seed, *, rows=1200, bias=0.3, noise=0.3, table=None):
    """Rows of entities that come again: outcomes of known odds, the reference's scores, and worse ones of a candidate."""
    random = np.random.default_rng(seed)
    entity = random.integers(0, ENTITIES, rows)
    odds = random.normal(size=rows) + random.normal(size=ENTITIES)[entity] - 1
    return PairedRows(
        table=table,
        day=np.sort(random.integers(0, DAYS, rows)) + FIRST.toordinal(),
        entity=entity,
        outcome=(random.random(rows) < sigmoid(odds)).astype(int),
        candidate=sigmoid(odds + bias + noise * random.normal(size=ENTITIES)[entity]),
        reference=sigmoid(odds),
    )


def kpis(rows, **more):
    return compare(rows, **{"metrics": BINARY, "margins": BINARY.margins, "facts": FACTS, **more})


@given(seeds)
def test_exchanged_models_have_the_opposite_degradation_and_interval(seed):
    rows = drawn(seed)

    for one, other in zip(
        kpis(rows), kpis(replace(rows, candidate=rows.reference, reference=rows.candidate)), strict=True
    ):
        assert (one.degradation, one.low, one.high) == pytest.approx(
            (-other.degradation, -other.high, -other.low), abs=1e-9
        )


@given(seeds)
def test_the_order_of_rows_and_the_names_of_entities_say_nothing(seed):
    rows = drawn(seed)
    order = np.random.default_rng(seed).permutation(len(rows.day))
    mixed = replace(rows, **{name: getattr(rows, name)[order] for name in COLUMNS})

    assert kpis(replace(mixed, entity=7 * mixed.entity + 3)) == kpis(rows)


@given(seeds)
def test_a_model_is_not_worse_than_itself(seed):
    rows = drawn(seed)
    found = kpis(replace(rows, candidate=rows.reference))

    assert overall(found) == "not worse"
    assert {(kpi.low, kpi.degradation, kpi.high) for kpi in found} == {(0.0, 0.0, 0.0)}


@given(seeds, st.floats(0, 0.2))
def test_a_wider_margin_and_a_larger_error_never_turn_a_candidate_down(seed, more):
    rows = drawn(seed)
    for narrow, wide, often in zip(
        kpis(rows),
        kpis(rows, margins={name: margin + more for name, margin in BINARY.margins.items()}),
        kpis(rows, error=0.1),
        strict=True,
    ):
        assert narrow.low <= narrow.degradation <= narrow.high
        assert often.high <= narrow.high
        assert wide.passed or not narrow.passed


@pytest.mark.parametrize(
    ("low", "high", "verdict", "passed"),
    [
        (-0.02, -0.001, "better", True),
        (-0.02, 0.0, "not worse", True),
        (0.0, 0.01, "not worse", True),
        (0.001, 0.01, "worse within margin", True),
        (0.001, 0.011, "worse", False),
        (0.02, 0.03, "worse", False),
        (-0.001, 0.011, "may be worse", False),
    ],
)
def test_each_kpi_has_its_own_verdict(low, high, verdict, passed):
    assert kpi_verdict(low, high, margin=0.01) == verdict
    assert kpi(low, high).passed is passed


def kpi(low, high):
    return Kpi(
        metric="brier",
        margin=0.01,
        candidate=0.1,
        reference=0.1,
        degradation=(low + high) / 2,
        low=low,
        high=high,
        verdict=kpi_verdict(low, high, margin=0.01),
    )


BETTER, SAME, WITHIN, MAYBE, WORSE = (
    kpi(*span) for span in ((-0.02, -0.01), (-0.01, 0.005), (0.001, 0.005), (-0.01, 0.02), (0.001, 0.02))
)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ((BETTER, SAME), "better"),
        ((SAME, SAME), "not worse"),
        ((BETTER, WITHIN), "not worse"),
        ((BETTER, MAYBE), "may be worse"),
        ((MAYBE, WORSE), "worse"),
        ((BETTER, WORSE), "worse"),
    ],
)
def test_better_is_only_what_is_worse_in_nothing(found, verdict):
    assert overall(found) == overall(found[::-1]) == verdict


def test_a_candidate_exactly_at_the_margin_is_let_through_in_one_case_of_twenty_at_most():
    def losses(seed, rows):
        of = drawn(seed, rows=rows)
        return (of.candidate - of.outcome) ** 2, (of.reference - of.outcome) ** 2

    truth = np.mean(
        [np.mean(candidate - reference) for candidate, reference in (losses(n, 20_000) for n in range(100))]
    )
    passed = [kpis(drawn(1000 + n), margins={"brier": truth})[0].passed for n in range(400)]

    assert 0.005 <= np.mean(passed) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_blocks_hold_every_row_once_in_the_order_of_time():
    rows = drawn(1)
    found = blocks(rows, metrics=only("roc_auc", "brier"), facts=FACTS)

    assert sum(block.rows for block in found) == len(rows.day)
    assert len(found) == DAYS // 14
    assert all(a.last < b.first for a, b in itertools.pairwise(found))
    mean = sum(block.rows * block.candidate["brier"] for block in found) / len(rows.day)
    assert mean == pytest.approx(kpis(rows)[2].candidate)
    one_class = blocks(replace(rows, outcome=np.zeros_like(rows.outcome)), metrics=only("brier"), facts=FACTS)
    assert {tuple(block.candidate) for block in one_class} == {()}


def test_rows_are_found_by_all_keys_whatever_the_columns_are_called_and_null_is_like_null():
    left = pl.DataFrame({"row": [1, 1, 2, None], "key_0": ["a", "b", None, "c"]})
    right = pl.DataFrame({"row": [None, 1, 2, 3], "key_0": ["c", "b", None, "a"], "more": [0, 1, 2, 3]})

    found = same_rows(left, right, ["row", "key_0"])

    assert (found.left.tolist(), found.right.tolist()) == ([1, 2, 3], [1, 2, 0])
    assert alone(pl.concat([left, left.tail(1)]), ["row", "key_0"]).tolist() == [True] * 3 + [False] * 2


def test_a_row_with_a_number_beyond_all_measure_cannot_be_scored_and_one_without_can():
    contract = DatasetContract(event_time="t", label="y", label_closes_at="c", features=("x", "k"))
    table = pl.DataFrame({"x": [1.0, None, 1e60, float("inf"), -1e50], "k": ["a", None, "a", "a", "b"]})

    assert can_be_scored(table, contract)["x"].to_list() == [1.0, None, -1e50]


def test_the_digest_of_a_sample_changes_with_any_row_score_and_model():
    table = pl.DataFrame({"day": [FIRST] * 3, "id": ["a", "b", "c"], "y": [0, 1, 0]})
    rows = drawn(1, rows=3, table=table)
    others = [
        digest(rows, "a", "c"),
        digest(replace(rows, candidate=rows.candidate + 1e-6), "a", "b"),
        digest(replace(rows, candidate=rows.reference, reference=rows.candidate), "a", "b"),
        digest(replace(rows, table=table.with_columns(y=1 - pl.col("y"))), "a", "b"),
    ]

    assert digest(replace(rows, candidate=rows.candidate + 1e-13), "a", "b") == digest(rows, "a", "b")
    assert len({digest(rows, "a", "b"), *others}) == len(others) + 1


@pytest.mark.parametrize(
    ("missing", "days", "enough"),
    [
        ([("days", 40, 56)], 40, FIRST + dt.timedelta(39 + 16 + 7)),
        ([("days", 40, 56), ("blocks", 2, 4)], 40, FIRST + dt.timedelta(39 + 16 + 7)),
        ([("blocks", 3, 4)], 70, FIRST + dt.timedelta(69 + 14 + 7)),
        ([("positive_entities", 10, 20)], 60, FIRST + dt.timedelta(59 + 60 + 7)),
        ([("negative_entities", 0, 20)], 60, None),
        ([("positive_entities", 10, 20)], 366, None),
    ],
)
def test_there_are_enough_rows_once_what_is_missing_has_come_and_closed(missing, days, enough):
    last = FIRST + dt.timedelta(days=days - 1)
    sample = Sample(first=FIRST, through=last + dt.timedelta(7), first_day=FIRST, last_day=last)

    found = shortage(
        sample,
        [Missing(what=what, has=has, needs=needs) for what, has, needs in missing],
        window_days=366,
        closing_days=7,
    )

    assert found.enough_from == enough
    assert shortage(sample, [], window_days=366, closing_days=7) is None


def test_margins_are_read_and_what_is_wrong_is_told_without_the_value():
    assert read_margins("", metrics=BINARY) == BINARY.margins
    assert read_margins("roc_auc=0.02,brier=0", metrics=BINARY) == {"roc_auc": 0.02, "brier": 0.0}
    assert read_margins("log_loss=100", metrics=BINARY) == {"log_loss": 100.0}
    for text in ("log_loss=100.5", "brier=1=2"):
        with pytest.raises(RefusedError, match=": not a margin"):
            read_margins(text, metrics=BINARY)
    with pytest.raises(RefusedError) as error:
        read_margins("speed=1,brier=x,roc_auc=-1,log_loss=inf,skill=0,skill=1", metrics=BINARY)
    assert error.value.problems == (
        f"margins: an unknown metric. Allowed: {', '.join(BINARY.ranked)}.",
        "margins: brier: not a margin. Allowed: a number from 0 to 100.",
        "margins: roc_auc: not a margin. Allowed: a number from 0 to 100.",
        "margins: log_loss: not a margin. Allowed: a number from 0 to 100.",
        "margins: skill: given twice. Allowed: one margin for each metric.",
    )


@pytest.fixture
def place(staging, tmp_path, monkeypatch):
    """GOOD serves in blue, and OTHER waits in green."""
    found = copied(staging, tmp_path / "place")
    found.settings(monkeypatch)
    found.promote(GOOD, to="blue")
    switch(ORDERS, to="blue", by="ada", settings=load_settings())
    found.promote(OTHER)
    return found


@pytest.mark.slow
def test_the_shell_compares_one_slot_with_the_other(place, capsys):
    words = ["compare", "live", "idle", "--as-of", THROUGH]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    sample = found["sample"]

    assert main(["compare", "blue", "green", "--as-of", THROUGH]) == 0
    text = capsys.readouterr().out
    assert f"candidate  green: {run_id(OTHER, LAST)} (v1, as_of 2025-12-01)" in text
    assert f"reference  blue: {run_id(GOOD, LAST)} (v1, as_of 2025-12-01)" in text
    assert f"{sample['rows']} rows of {sample['entities']} entities, {sample['first_day']} to " in text
    assert f"The candidate is {found['verdict']}: " in text
    assert [item["metric"] for item in found["kpis"]] == list(BINARY.margins)
    holdout = place.store().manifest(place.key("training_set")).facts["holdout_from"]
    assert sample["first_day"] == holdout


def test_on_its_holdout_alone_a_comparison_has_the_metrics_of_the_evaluation(place, capsys):
    last = place.store().manifest(place.key("evaluation", OTHER))
    day = dt.date.fromisoformat(place.store().manifest(place.key("training_set")).facts["last_day"])
    from ml_assets.pipeline.released import named_model
    from ml_assets.pipelines.tabular.comparison.scored import score_both
    from ml_assets.pipelines.tabular.evaluated.yes_no import metrics

    models = [
        named_model(n, ORDERS, settings=load_settings(), environment="staging") for n in ("green", "blue")
    ]
    scored = score_both(*models, through=LAST, window_days=366, settings=load_settings())

    assert scored.sample.last_day == day
    found = metrics(scored.rows.outcome, scored.rows.candidate, base_rate=0.3, entity=scored.rows.entity)
    for name in BINARY.margins:
        assert found[name] == pytest.approx(last.metrics[name], abs=1e-9)


def test_a_worse_candidate_is_told_as_such_and_few_rows_as_too_few(place, capsys):
    bad = run_id(BAD, LAST)
    assert main(["compare", "live", bad, "--environment", "staging", "--as-of", THROUGH]) == 0
    assert "The candidate is worse: a KPI is worse beyond chance" in capsys.readouterr().out

    assert main(["compare", "live", bad, "--environment", "staging", "--as-of", "2025-11-20"]) == 0
    text = capsys.readouterr().out
    assert "Too few rows to tell: there will be enough at the end of " in text
    assert "roc_auc" not in text


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["blue", "bogus"], "candidate: has characters that are not allowed. Allowed: live, idle, blue"),
        (["live", "idle", "--last", "1"], "window_days: too small. Allowed: a whole number from 56 to 3650."),
        (["live", "idle", "--as-of", "2999-01-01"], "as_of: not a complete day yet (UTC)."),
        (["live", "idle", "--dataset", "customers"], "live: nothing serves for customers yet."),
        (["live", "idle", "--dataset", "bogus"], "live: nothing serves for bogus yet."),
    ],
)
def test_what_cannot_be_compared_is_refused(place, words, line, capsys):
    assert main(["compare", *words]) == 2
    assert line in capsys.readouterr().err


def launch(**own):
    return defs.resolve_job_def("compare").execute_in_process(
        run_config={
            "resources": {
                "params": {"config": {}},
                "options": {"config": {"environment": "staging"}},
            },
            "ops": {"kpi_comparison": {"config": own}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
        partition_key=THROUGH,
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def test_the_asset_keeps_the_table_the_pictures_and_the_verdict(place):
    done = launch()

    (event,) = done.asset_materializations_for_node("kpi_comparison")
    shown = event.metadata
    assert shown["verdict"].value in ("better", "not worse", "may be worse")
    assert shown["days"].value >= 56
    assert shown["dagster/row_count"].value > 0
    assert shown["candidate_run_id"].value == run_id(OTHER, LAST)
    assert "| KPI | candidate | reference |" in shown["summary"].value
    assert all("data:image/png;base64," in shown[name].value for name in ("degradation", "by_block"))
    assert "roc_auc_degradation" in shown
    again = launch().asset_materializations_for_node("kpi_comparison")[0].metadata
    assert shown["sha256"].value == again["sha256"].value
    assert str(place.store().uri(place.key("model")))[:20] in shown["path"].value


def test_a_comparison_that_cannot_be_made_fails_with_the_reason(place):
    done = launch(candidate="000000000000")

    assert not done.success
    (failure,) = [event for event in done.all_events if event.is_step_failure]
    assert "No model of run 000000000000" in str(failure.step_failure_data.error)
