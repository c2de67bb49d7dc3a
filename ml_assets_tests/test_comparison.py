"""Two models on the same days: laws of the comparison, how often it errs, and what people see of it."""

import datetime as dt
import json
import random
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ml_assets.cli.main import main
from ml_assets.core.artifact import key_of
from ml_assets.core.comparison.compare import compare
from ml_assets.core.comparison.margins import DEFAULT_MARGINS, read_margins
from ml_assets.core.comparison.words import other_rows
from ml_assets.core.leaderboard.direction import LARGER, SMALLER
from ml_assets.core.run_id import run_id
from ml_assets.definitions import defs
from ml_assets.errors import RefusedError
from ml_assets.pipeline.releases import switch
from ml_assets.settings import load_settings
from ml_assets_tests.released import BAD, DAYS, GOOD, LAST, OTHER, copied

FIRST = dt.date(2025, 1, 1)
numbers = st.floats(0.01, 0.99).map(lambda value: round(value, 6))
pairs = st.lists(st.tuples(numbers, numbers), min_size=5, max_size=20)
MARGIN = {"roc_auc": 0.01}


def series(values, metric="roc_auc"):
    return {FIRST + dt.timedelta(days=place): {metric: value} for place, value in enumerate(values)}


def both(pairs, metric="roc_auc", **more):
    first, second = zip(*pairs, strict=True)
    options = {"margins": {metric: 0.01}, "holdout_days": 1, **more}
    return compare(series(first, metric), series(second, metric), **options)


def test_two_days_have_an_interval_and_decide_nothing():
    days = [dt.date(2025, 12, 1), dt.date(2025, 12, 2)]
    better, worse = ({day: {"roc_auc": auc} for day in days} for auc in (0.8, 0.7))
    found = compare(better, worse, margins={"roc_auc": 0.01}, holdout_days=10)

    assert found.verdict == "too few days"
    assert (found.kpis[0].low, found.kpis[0].high) == (-0.1, -0.1)


def test_two_days_that_share_rows_have_a_wider_interval_than_two_that_do_not():
    pairs = [(0.7, 0.6), (0.7, 0.65)]
    alone, sharing = (both(pairs, holdout_days=days).kpis[0] for days in (1, 10))

    assert sharing.high - sharing.low > 1.5 * (alone.high - alone.low) > 0


def test_one_day_and_several_of_other_rows_are_told_in_words():
    days = [dt.date(2025, 12, 1), dt.date(2025, 12, 2), dt.date(2025, 12, 4)]
    rest = "Rows came late or were corrected between the two evaluations: make both again."

    assert other_rows(days[:1]) == (
        f"On {days[0]} the two were measured on other rows, so this day does not count. {rest}"
    )
    assert other_rows(days) == (
        f"On 3 days, {days[0]} to {days[2]}, the two were measured on other rows, so these days do not count. {rest}"
    )


@given(pairs)
def test_exchanged_models_have_the_opposite_harm(pairs):
    one, other = both(pairs), both([(b, a) for a, b in pairs])

    assert one.kpis[0].harm == pytest.approx(-other.kpis[0].harm, abs=1e-9)
    # the draws are the same, mirrored; only the quantile between two of them may differ in rounding
    assert one.kpis[0].low == pytest.approx(-other.kpis[0].high, abs=1e-6)


@given(pairs)
def test_where_smaller_is_better_the_harm_is_the_other_way_round(pairs):
    larger, smaller = both(pairs), both(pairs, "log_loss")

    assert larger.kpis[0].harm == pytest.approx(-smaller.kpis[0].harm, abs=1e-9)


@given(pairs, st.randoms())
def test_the_order_in_which_days_are_given_says_nothing(pairs, draw):
    first, second = zip(*pairs, strict=True)
    items = list(series(first).items())
    draw.shuffle(items)
    usual = compare(series(first), series(second), margins=MARGIN, holdout_days=1)

    assert compare(dict(items), series(second), margins=MARGIN, holdout_days=1) == usual


@given(pairs)
def test_the_mean_lies_in_its_interval_and_shared_holdouts_only_widen_it(pairs):
    apart, sharing = both(pairs).kpis[0], both(pairs, holdout_days=28).kpis[0]

    assert sharing.low <= apart.low <= apart.harm <= apart.high <= sharing.high
    assert apart.passed or not sharing.passed


@given(pairs, st.floats(0.011, 0.5))
def test_a_candidate_that_is_worse_by_more_than_the_margin_every_day_is_never_let_through(pairs, worse):
    found = both([(round(value - worse, 6), value) for value, _ in pairs], holdout_days=28)

    assert found.verdict == "worse"
    assert not found.passed


@given(pairs)
def test_a_model_is_not_worse_than_itself(pairs):
    found = both([(value, value) for value, _ in pairs], holdout_days=28)

    assert found.verdict == "not worse"
    assert (found.kpis[0].low, found.kpis[0].harm, found.kpis[0].high) == (0.0, 0.0, 0.0)


@given(pairs)
def test_a_wider_margin_never_turns_a_candidate_down(pairs):
    narrow, wide = both(pairs), both(pairs, margins={"roc_auc": 0.2})
    assume(narrow.passed)

    assert wide.passed


def test_fewer_than_five_days_decide_nothing():
    assert both([(0.9, 0.1)] * 4).verdict == "too few days"
    assert both([(0.9, 0.1)] * 5).verdict == "better"
    assert compare({}, {}, holdout_days=28).verdict == "too few days"


def test_only_days_on_which_both_have_every_kpi_count():
    first = series([0.7] * 6)
    second = series([0.7] * 6)
    del second[FIRST]
    second[FIRST + dt.timedelta(days=1)] = {"brier": 0.1}

    found = compare(first, second, margins=MARGIN, holdout_days=1)

    assert found.days == tuple(FIRST + dt.timedelta(days=place) for place in range(2, 6))


@pytest.mark.parametrize(("days", "holdout"), [(5, 28), (14, 28), (7, 1)])
def test_a_candidate_exactly_at_the_margin_is_let_through_in_about_one_case_of_twenty(days, holdout):
    draw, cases, passed = random.Random(1), 400, 0
    for _ in range(cases):
        noise = [draw.gauss(0, 0.02) for _ in range(days + holdout)]
        means = [sum(noise[day : day + holdout]) / holdout for day in range(days)]
        passed += both([(0.69 + mean, 0.7) for mean in means], holdout_days=holdout).passed

    assert 0.02 <= passed / cases <= 0.10, passed / cases


def test_margins_are_read_and_what_is_wrong_is_told_without_the_value():
    assert read_margins("") == DEFAULT_MARGINS
    assert read_margins("roc_auc=0.02,brier=0") == {"roc_auc": 0.02, "brier": 0.0}
    assert read_margins("log_loss=100") == {"log_loss": 100.0}
    for text in ("log_loss=100.5", "brier=1=2"):
        with pytest.raises(RefusedError, match=": not a margin"):
            read_margins(text)
    with pytest.raises(RefusedError) as error:
        read_margins("speed=1,brier=x,roc_auc=-1,log_loss=inf,skill=0,skill=1")
    assert error.value.problems == (
        f"margins: an unknown metric. Allowed: {', '.join(LARGER + SMALLER)}.",
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
    switch("orders", to="blue", by="ada", settings=load_settings())
    found.promote(OTHER)
    return found


def test_the_shell_holds_one_slot_against_the_other(place, capsys):
    assert main(["compare", "blue", "green", "--last", "6"]) == 0

    told = capsys.readouterr().out
    assert f"candidate  green: {run_id(OTHER, LAST)} (v1, as_of 2025-12-01)" in told
    assert f"reference  blue: {run_id(GOOD, LAST)} (v1, as_of 2025-12-01)" in told
    assert f"6 days, {DAYS[0]} to {LAST}; two of them share 96% of their holdout days" in told
    assert "Not every day counts" not in told
    assert main(["compare", "live", "idle", "--last", "6", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    store = place.store()
    means = {
        name: sum(store.manifest(key).metrics["roc_auc"] for key in keys(of)) / 6
        for name, of in (("candidate", OTHER), ("reference", GOOD))
    }
    (kpi,) = [kpi for kpi in found["kpis"] if kpi["metric"] == "roc_auc"]
    assert {name: kpi[name] for name in means} == pytest.approx(means)


def keys(parameters):
    return [key_of("evaluation", parameters, day) for day in DAYS]


def test_a_day_whose_evaluation_is_damaged_does_not_count_and_is_named(place, capsys):
    spoiled = Path(place.root) / "staging" / key_of("evaluation", GOOD, DAYS[2]).path / "manifest.json"
    spoiled.write_bytes(b"rotten")

    assert (
        main(["compare", run_id(GOOD, LAST), run_id(OTHER, LAST), "--environment", "staging", "--last", "6"])
        == 0
    )

    told = capsys.readouterr().out
    assert "5 days, " in told
    assert f"ml-assets run --dataset orders --as-of {DAYS[2]} --lookback-days 150" in told


def test_days_that_are_not_evaluated_are_named_by_the_command_that_makes_them(place, capsys):
    assert main(["compare", "live", run_id(BAD, LAST), "--environment", "staging", "--last", "8"]) == 0

    told = capsys.readouterr().out
    missing = "ml-assets backfill --dataset orders --from 2025-11-24 --to 2025-11-25 --lookback-days 150"
    assert told.count(missing) == 2, "of either model"
    assert "--environment staging" in told
    assert "The candidate is worse: a KPI is beyond chance, and not within its margin." in told


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["blue", "bogus"], "candidate: has characters that are not allowed. Allowed: live, idle, blue"),
        (["live", "idle", "--last", "1"], "window_days: too small. Allowed: a whole number from 2 to 366."),
        (["live", "idle", "--to", "2999-01-01"], "--to: not a complete day yet (UTC)."),
        (["live", "idle", "--dataset", "customers"], "live: nothing serves for customers yet."),
        (["live", "idle", "--dataset", "bogus"], "dataset: unknown. Allowed: orders, customers."),
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
        partition_key=str(LAST),
        instance=dg.DagsterInstance.ephemeral(),
        raise_on_error=False,
    )


def test_the_asset_keeps_the_table_the_pictures_and_the_verdict(place):
    done = launch(window_days=6)

    (event,) = done.asset_materializations_for_node("kpi_comparison")
    told = event.metadata
    assert told["verdict"].value in ("better", "not worse", "may be worse")
    assert told["days"].value == 6
    assert told["candidate_run_id"].value == run_id(OTHER, LAST)
    assert "| KPI | candidate | reference |" in told["summary"].value
    assert all("data:image/png;base64," in told[name].value for name in ("harm", "by_day"))
    assert (
        told["sha256"].value
        == launch(window_days=6).asset_materializations_for_node("kpi_comparison")[0].metadata["sha256"].value
    )
    assert str(place.store().uri(place.key("model")))[:20] in told["path"].value


def test_a_comparison_that_cannot_be_made_fails_with_the_reason(place):
    done = launch(candidate="000000000000")

    assert not done.success
    (failure,) = [event for event in done.all_events if event.is_step_failure]
    assert "No model of run 000000000000" in str(failure.step_failure_data.error)
