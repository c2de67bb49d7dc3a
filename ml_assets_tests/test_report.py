"""The report as a pure function: what it computes, and what must not change it."""

import datetime as dt
import itertools
import json
import random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ml_assets.core.command import retry_commands, spans
from ml_assets.core.parameters import TrainingParameters, identity
from ml_assets.core.report import words
from ml_assets.core.report.coverage import Cell, coverage, label
from ml_assets.core.report.document import build_report
from ml_assets.core.report.drift import Drift, drift
from ml_assets.core.report.markdown import markdown
from ml_assets.core.report.parameters import METRICS, ReportParameters, check_report, report_identity
from ml_assets.core.report.pictures import coverage_png, days_png
from ml_assets.core.report.record import DayRecord
from ml_assets.core.report.summary import Trend, summarise
from ml_assets.core.run_id import hash_identity
from ml_assets.errors import RefusedError

FIRST = dt.date(2025, 12, 1)
PARAMETERS = TrainingParameters(lookback_days=120)
numbers = st.integers(-1000, 1000).map(lambda n: n / 10)


def day(n):
    return FIRST + dt.timedelta(days=n)


def by_day(values):
    return {day(n): value for n, value in enumerate(values)}


def made(n, auc=0.7, *, rows=1000, rate=0.15, status="made"):
    return DayRecord(
        as_of=day(n),
        status=status,
        run_id=f"{n:012d}",
        metrics={"roc_auc": auc, "base_rate": rate},
        facts={"rows": rows, "base_rate": rate, "holdout_rows": rows / 5},
        seconds=1.5,
    )


def undone(n, status="failed", reason="orders: no rows."):
    return DayRecord(as_of=day(n), status=status, run_id=f"{n:012d}", reason=reason)


def report(records, **more):
    return build_report(records, parameters=PARAMETERS, environment="dev", **more)


@st.composite
def windows(draw):
    """Records of at most 20 days, of every status."""
    kinds = draw(st.lists(st.sampled_from(["made", "reused", "failed", "missing"]), min_size=1, max_size=20))
    auc = st.floats(0, 1)
    return [
        made(n, draw(auc), rows=draw(st.integers(0, 9999)), rate=draw(auc), status=kind)
        if kind in ("made", "reused")
        else undone(n, kind, draw(st.sampled_from(["", "a", "b"])) if kind == "failed" else "")
        for n, kind in enumerate(kinds)
    ]


@given(windows(), st.randoms(use_true_random=False))
def test_the_order_in_which_days_come_changes_nothing(records, shuffler):
    shuffled = list(records)
    shuffler.shuffle(shuffled)

    assert report(shuffled) == report(records)
    assert markdown(report(shuffled)) == markdown(report(records))


@given(windows())
def test_every_day_has_one_status_and_every_undone_day_is_in_a_retry(records):
    found = report(records)

    assert sum(found.counts.values()) == found.asked == len(records)
    assert found.done == found.counts["made"] + found.counts["reused"]
    assert found.success_rate == pytest.approx(found.done / found.asked)
    retried = set()
    for command in found.retry:
        words = command.split()
        flags = ("--from", "--to") if words[1] == "backfill" else ("--as-of", "--as-of")
        a, b = (dt.date.fromisoformat(words[words.index(flag) + 1]) for flag in flags)
        retried |= {a + dt.timedelta(days=n) for n in range((b - a).days + 1)}
    assert retried == {record.as_of for record in records if not record.done}


@given(windows())
def test_a_report_is_json_and_comes_back_equal(records):
    found = report(records)

    assert type(found).model_validate_json(json.dumps(found.document(), allow_nan=False)) == found


@given(st.floats(-10, 10), st.floats(-5, 5), st.integers(3, 40))
def test_the_trend_of_a_straight_line_is_its_slope(start, slope, count):
    trend = summarise(by_day([start + slope * n for n in range(count)])).trend

    assert trend.slope == pytest.approx(slope, abs=1e-8)
    assert trend.low == pytest.approx(slope, abs=1e-7)
    assert trend.high == pytest.approx(slope, abs=1e-7)


@given(st.lists(numbers, min_size=3, max_size=30).filter(lambda values: len(set(values)) > 1))
def test_mean_spread_and_trend_are_those_of_numpy_and_scipy(values):
    found = summarise(by_day(values))
    line = scipy.stats.linregress(range(len(values)), values)
    margin = scipy.stats.t.ppf(0.975, len(values) - 2) * line.stderr

    assert found.mean == pytest.approx(np.mean(values), abs=1e-8)
    assert found.std == pytest.approx(np.std(values, ddof=1), abs=1e-6)
    assert (found.min, found.max) == pytest.approx((min(values), max(values)), abs=1e-9)
    assert found.trend.slope == pytest.approx(line.slope, abs=1e-6)
    assert found.trend.high - found.trend.slope == pytest.approx(margin, rel=1e-4, abs=1e-3)


def test_days_that_are_left_out_count_in_the_trend():
    trend = summarise({day(0): 0.0, day(1): 1.0, day(9): 9.0}).trend

    assert trend.slope == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        ([1, 2, 3, 4.1], "rising"),
        ([4, 3, 2, 1.1], "falling"),
        ([1, 2, 1, 2, 1, 2], "no clear trend"),
        ([0.3] * 6, "no clear trend"),
    ],
)
def test_a_trend_has_a_direction_only_where_its_interval_leaves_out_zero(values, direction):
    trend = summarise(by_day(values)).trend

    assert trend.direction == direction
    assert (trend.low <= 0 <= trend.high) is (direction == "no clear trend")


def test_one_day_has_neither_spread_nor_trend():
    found = summarise(by_day([0.7]))

    assert (found.std, found.trend, found.outliers) == (None, None, ())


@given(st.lists(st.floats(0.6, 0.7), min_size=5, max_size=30), st.integers(0, 29))
def test_a_day_far_from_all_others_is_an_outlier(values, where):
    where %= len(values)
    values[where] = 50.0

    assert day(where) in [item.as_of for item in summarise(by_day(values)).outliers]


def test_equal_days_have_no_outlier_and_one_that_differs_among_equal_ones_is_one():
    assert summarise(by_day([0.7] * 14)).outliers == ()
    assert [item.as_of for item in summarise(by_day([0.7] * 13 + [0.5])).outliers] == [day(13)]


def test_one_outlier_does_not_hide_another():
    values = [0.70, 0.71, 0.69, 0.70, 0.72, 0.71, 0.2, 0.1]

    assert [item.as_of for item in summarise(by_day(values)).outliers] == [day(6), day(7)]


def test_the_score_of_an_outlier_is_the_modified_z_score():
    values = [1.0, 2.0, 3.0, 4.0, 100.0]

    (outlier,) = summarise(by_day(values)).outliers

    assert outlier.score == pytest.approx(0.6745 * (100 - 3) / 1.0, abs=0.01)


def test_drift_compares_the_later_half_with_the_earlier_and_leaves_out_the_middle():
    found = drift(by_day([100, 100, 999, 120, 140]), window_days=30)

    assert (found.earlier, found.later, found.change) == (100, 130, 30)
    assert found.relative == pytest.approx(0.3)
    assert found.flagged
    assert found.days_apart == 3
    assert found.shared == pytest.approx(0.9)


@pytest.mark.parametrize(("later", "flagged"), [(109, False), (110, True), (90, True), (91, False)])
def test_drift_is_flagged_from_ten_percent_on(later, flagged):
    assert drift(by_day([100, 100, later, later]), window_days=10).flagged is flagged


def test_from_next_to_nothing_there_is_no_relative_change():
    found = drift(by_day([2e-313, 0.0, 0.0, 1.0]), window_days=10)

    assert (found.earlier, found.later, found.relative, found.flagged) == (0.0, 0.5, None, True)


def test_windows_further_apart_than_they_are_long_share_nothing():
    assert drift(by_day([1.0] * 40), window_days=5).shared == 0
    assert drift(by_day([1.0, 1.0, 1.0]), window_days=5) is None


@given(st.sets(st.integers(0, 60)))
def test_spans_cover_just_the_days_and_never_touch(places):
    found = list(spans(day(n) for n in places))

    covered = [a + dt.timedelta(days=n) for a, b in found for n in range((b - a).days + 1)]
    assert covered == sorted(day(n) for n in places)
    assert all((b[0] - a[1]).days > 1 for a, b in itertools.pairwise(found))


def test_what_a_report_says_of_few_days_that_can_be_counted_by_hand():
    seconds = (0.12345, 1.0, None)
    done = [made(n).model_copy(update={"seconds": took}) for n, took in enumerate(seconds)]
    found = report([*done, undone(3, reason=""), undone(4), undone(5)])

    assert found.success_rate == 0.5
    assert found.seconds == 1.123
    assert [(item.reason, item.days) for item in found.errors] == [
        ("orders: no rows.", (day(4), day(5))),
        ("the reason is not known", (day(3),)),
    ]
    assert all(word not in found.retry[0] for word in ("--environment", "dev"))
    assert report([undone(3)], named_environment=True).retry[0].endswith(" --environment dev")


def test_the_base_rate_of_a_training_set_is_not_that_of_its_holdout():
    days = [
        made(n, rate=0.3).model_copy(update={"facts": {"base_rate": 0.1 if n < 7 else 0.2, "rows": 9}})
        for n in range(14)
    ]
    found = report(days).drift

    assert (found["base_rate"].earlier, found["base_rate"].later) == (0.1, 0.2)
    assert found["holdout_base_rate"].change == 0


def test_where_most_days_are_equal_an_outlier_is_told_by_the_mean_distance():
    found = summarise(by_day([0.5] * 9 + [0.6]))

    assert [(item.as_of, item.score) for item in found.outliers] == [(day(9), round(10 / 1.2533141373, 2))]


def test_a_retry_names_every_parameter_and_the_environment_where_it_must():
    parameters = TrainingParameters(dataset="customers", model_version="v2", max_depth=6, calibrate=True)

    commands = retry_commands(parameters, [day(0), day(1), day(4)], environment="blue")

    flags = "--model-version v2 --max-depth 6 --calibrate --environment blue"
    assert commands == [
        f"ml-assets backfill --dataset customers --from 2025-12-01 --to 2025-12-02 {flags}",
        f"ml-assets run --dataset customers --as-of 2025-12-05 {flags}",
    ]


@pytest.mark.parametrize("days", [[0], [0, 1]])
def test_the_retry_commands_are_understood_by_the_command_line(days):
    from ml_assets.cli.parser import build_parser

    parameters = TrainingParameters(model_version="v2", max_depth=6)
    (command,) = retry_commands(parameters, map(day, days), environment="blue")
    args, unknown = build_parser().parse_known_args(command.split()[1:])

    assert unknown == []
    assert (args.environment, args.max_depth, args.model_version) == ("blue", "6", "v2")


def test_errors_with_the_same_text_are_one_group_the_most_frequent_first():
    found = report([undone(0, reason="a"), undone(1, reason="b"), made(2), undone(3, reason="b")])

    assert [(group.reason, group.days) for group in found.errors] == [
        ("b", (day(1), day(3))),
        ("a", (day(0),)),
    ]


def test_a_report_without_any_metric_says_so():
    found = report([undone(0), undone(1, "missing", "")])

    assert found.metrics == {}
    assert "0 of 2 days done (0.0%)" in markdown(found)
    assert "there are no metrics" in markdown(found)
    assert days_png(found).startswith(b"\x89PNG")


def test_markdown_tells_counts_metrics_drift_errors_and_retry():
    aucs = random.Random(1)
    records = [made(n, aucs.uniform(0.69, 0.71), rows=1000 + 100 * n) for n in range(10)]
    text = markdown(report([*records, made(10, 0.3), undone(11, reason="a|b <script>\n# c")]))

    assert "11 of 12 days done (91.7%) in environment `dev`: 11 made, 0 reused, 1 failed, 0 missing." in text
    assert "| **roc_auc** |" in text
    assert "- roc_auc 2025-12-11: 0.3000 (z " in text
    assert "FLAGGED; the halves share about 95 % of their days" in text
    assert r"- 1 day (2025-12-12): a\|b \<script\> # c" in text
    assert "ml-assets run --dataset orders --as-of 2025-12-12 --lookback-days 120" in text
    assert "| 2025-12-12 | **failed** | - | - | - | `000000000011` |" in text


@pytest.mark.parametrize("count", [1, 2, 62])
def test_equal_reports_give_equal_pictures_of_the_size_that_is_promised(count):
    from io import BytesIO

    from PIL import Image

    found = report([made(n, 0.7 + 0.001 * n) for n in range(count)])

    assert days_png(found) == days_png(found)
    assert Image.open(BytesIO(days_png(found))).size == (1000, 560)


def cells():
    own, other = ({"dataset": "orders", "model_version": v, "C": c} for v, c in (("v1", 1), ("v2", 1)))
    return own, [
        Cell(parameters=own, as_of=day(1), value=0.7),
        Cell(parameters=other, as_of=day(0), value=0.6),
        Cell(parameters=other, as_of=day(2), value=0.5),
    ]


def test_coverage_has_a_row_a_parameter_set_its_own_first_and_ignores_order():
    own, found = cells()
    days = [day(n) for n in range(3)]
    covered = coverage({**own, "C": 1.0}, days, found, metric="roc_auc")  # a manifest gives 1.0 back as 1

    assert covered == coverage(own, days[::-1], found[::-1], metric="roc_auc")
    assert [(item.label, item.values) for item in covered.sets] == [
        ("v1", {day(1): 0.7}),
        ("v2", {day(0): 0.6, day(2): 0.5}),
    ]
    assert coverage_png(covered) == coverage_png(covered)


def test_other_sets_come_by_the_days_that_they_cover_and_then_by_name():
    many = [
        Cell(parameters={"seed": seed}, as_of=day(n), value=0.5)
        for seed, days in ((1, 1), (2, 3), (3, 2), (4, 3))
        for n in range(days)
    ]
    covered = coverage({"seed": 3}, [day(0)], many, metric="roc_auc")

    assert [item.parameters["seed"] for item in covered.sets] == [3, 2, 4, 1]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"dataset": "customers", "model_version": "v2", "max_depth": 6, "seed": 0}, "v2 max_depth=6"),
        ({"dataset": "orders", "model_version": "v1"}, "v1"),
        ({"seed": 1, "window": 7}, "seed=1 window=7"),
        ({}, ""),
    ],
)
def test_a_set_is_called_by_its_version_and_by_what_is_not_at_its_default(parameters, told):
    assert label(parameters) == told


def test_small_words_of_a_report():
    assert [words.number(value) for value in (None, 99.99, 100, -100.4, 12345)] == [
        "-",
        "99.9900",
        "100",
        "-100",
        "12,345",
    ]
    steep = Trend(slope=-1234.5, low=-999.94, high=1000.0, direction="falling")
    drifted = Drift(
        earlier=0.5, later=0.25, change=-0.25, relative=None, flagged=True, days_apart=3, shared=0.5
    )

    assert words.trend(None) == "too few days"
    assert words.trend(steep) == "falling, -1,234 a day (-1e+03 to +1,000)"
    assert words.drift(drifted) == (
        "0.5000 to 0.2500, -0.2500, FLAGGED; the halves share about 50 % of their days"
    )
    still = drifted.model_copy(update={"change": 0.0, "relative": 0.0, "flagged": False})
    assert ", +0.0000 (+0.0 %); the" in words.drift(still)


def test_coverage_is_bounded_and_tells_what_it_leaves_out():
    many = [Cell(parameters={"seed": n}, as_of=day(0), value=0.5) for n in range(40)]
    covered = coverage({"seed": -1}, [day(0)], many, metric="roc_auc")

    assert (len(covered.sets), covered.left_out) == (30, 11)
    assert coverage_png(covered).startswith(b"\x89PNG")


def test_coverage_of_nothing_is_a_picture_all_the_same():
    assert coverage_png(coverage({"seed": 1}, [day(0)], [], metric="roc_auc")).startswith(b"\x89PNG")


def test_what_is_sound_is_taken_and_identified_by_its_names():
    own = check_report({"window_days": 7, "metric": "brier"})

    assert own == ReportParameters(window_days=7, metric="brier")
    assert report_identity(PARAMETERS, own) == {
        **identity(PARAMETERS, of=TrainingParameters),
        "window_days": 7,
        "metric": "brier",
    }


@given(st.integers(1, 366), st.integers(1, 366), st.sampled_from(METRICS), st.sampled_from(METRICS))
def test_two_reports_share_an_identity_only_if_window_and_metric_are_equal(a, b, one, other):
    ids = [
        hash_identity(report_identity(PARAMETERS, ReportParameters(window_days=n, metric=metric)), FIRST)
        for n, metric in ((a, one), (b, other))
    ]

    assert (ids[0] == ids[1]) is ((a, one) == (b, other))


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"window_days": 0}, "window_days: too small. Allowed: a whole number from 1 to 366."),
        ({"window_days": 367}, "window_days: too large. Allowed: a whole number from 1 to 366."),
        ({"window_days": "12"}, "window_days: not a whole number. Allowed: a whole number from 1 to 366."),
        ({"metric": "auc"}, f"metric: unknown. Allowed: {', '.join(METRICS)}."),
        ({"window_day": 3}, "window_day: unknown parameter. Did you mean window_days?"),
        (
            {"metric": "AKIAIOSFODNN7EXAMPLE"},
            "metric: looks like a credential. Give secrets by reference only, never as a parameter.",
        ),
    ],
)
def test_a_bad_parameter_of_the_report_is_refused_in_the_usual_words(values, line):
    with pytest.raises(RefusedError) as refusal:
        check_report(values)

    assert refusal.value.problems == (line,)


def test_all_problems_of_a_report_are_told_at_once():
    with pytest.raises(RefusedError) as refusal:
        check_report({"window_days": 0, "metric": "auc", "windows": 1})

    assert len(refusal.value.problems) == 3
